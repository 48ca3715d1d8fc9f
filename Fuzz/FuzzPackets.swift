import Wire

/// Any bytes as a packet and as a plaintext: what is read must write itself the same.
func fuzzPackets(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: 600, alignment: 8) { target in
        do throws(WireError) {
            let view = try PacketView(bytes)
            try PacketHeader(view).write(into: target)
            guard view.immutableHeader.elementsEqual(target[..<26]), view.sealed.count >= 88 else { fatalError() }
        } catch {}
        do throws(WireError) {
            let event = try HeardEvent(bytes)
            let written = try event.write(into: target)
            guard bytes.elementsEqual(target[..<written]) else { fatalError() }
        } catch {}
    }
}
