/// Buffers that are used within one input and hold nothing between inputs.
final class Scratch {
    /// A message opened from a link, or heard.
    let incoming = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    /// A message before it is sealed for a link.
    let outgoing = UnsafeMutableRawBufferPointer.allocate(byteCount: 1024, alignment: 16)
    /// What HPKE opens or seals.
    let plaintext = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 16)
    /// A packet that is being sealed.
    let packet = UnsafeMutableRawBufferPointer.allocate(byteCount: 256, alignment: 16)

    init() {
        for buffer in [incoming, outgoing, plaintext, packet] { buffer.initializeMemory(as: UInt8.self, repeating: 0) }
    }

    deinit {
        for buffer in [incoming, outgoing, plaintext, packet] {
            buffer.initializeMemory(as: UInt8.self, repeating: 0)
            buffer.deallocate()
        }
    }
}
