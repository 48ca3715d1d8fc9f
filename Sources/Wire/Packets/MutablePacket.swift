/// A packet that is being made, in a buffer.
@frozen public struct MutablePacket {
    /// The whole packet.
    public let bytes: UnsafeMutableRawBufferPointer

    /// Starts a packet at the start of `target`: header and hop limit are written, relay tag and sealed part zeroed.
    /// `plaintextBytes` is 40 or 145. Throws `noRoom`, or `valueOutOfRange` for another size or a hop limit not in 1...15.
    @inlinable public init(
        starting header: PacketHeader, hopLimit: UInt8, plaintextBytes: Int,
        in target: UnsafeMutableRawBufferPointer
    ) throws(WireError) {
        guard let count = PacketLayout.bytesPacket(plaintextBytes: plaintextBytes) else { throw .valueOutOfRange }
        guard hopLimit >= 1, hopLimit <= PacketLayout.hopLimitMax else { throw .valueOutOfRange }
        guard target.count >= count else { throw .noRoom }
        bytes = UnsafeMutableRawBufferPointer(rebasing: target[..<count])
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        try header.write(into: bytes)
        bytes[PacketLayout.offsetHopLimit] = hopLimit
    }

    @inlinable public var view: PacketView { PacketView(checked: UnsafeRawBufferPointer(bytes)) }

    /// Where encapsulated key, ciphertext and tag are to be written.
    @inlinable public var sealed: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[PacketLayout.offsetSealed...])
    }

    @inlinable public func setRelayTag(_ tag: UInt64) {
        bytes.storeBytes(of: tag.littleEndian, toByteOffset: PacketLayout.offsetRelayTag, as: UInt64.self)
    }
}
