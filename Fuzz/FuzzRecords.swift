import Wire

/// Any bytes as a record: what is read must write itself the same.
func fuzzRecords(_ bytes: UnsafeRawBufferPointer) {
    withUnsafeTemporaryAllocation(byteCount: RegistryRecord.bytesMax, alignment: 8) { target in
        do throws(WireError) {
            let record = try RegistryRecord(bytes)
            let written = try record.write(into: target)
            guard written == record.byteCount, bytes.elementsEqual(target[..<written]) else { fatalError() }
        } catch {}
    }
}
