/// Reads fields one after the other from borrowed bytes. Every step is checked; nothing is copied but what is returned.
@frozen public struct ByteReader {
    @usableFromInline let bytes: UnsafeRawBufferPointer
    @usableFromInline var position: Int = 0

    @inlinable public init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    @inlinable public var remaining: Int { bytes.count &- position }
    /// Bytes read so far.
    @inlinable public var offset: Int { position }

    /// The next `count` bytes in place. Throws `wrongLength` if fewer are left.
    @inlinable public mutating func bytes(_ count: Int) throws(WireError) -> UnsafeRawBufferPointer {
        guard count >= 0, count <= remaining else { throw .wrongLength }
        let start = position
        position = start &+ count
        return UnsafeRawBufferPointer(rebasing: bytes[start..<position])
    }

    /// The next little-endian integer. Throws `wrongLength` if too few bytes are left.
    @inlinable public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ type: Value.Type = Value.self
    ) throws(WireError) -> Value {
        Value(littleEndian: try bytes(MemoryLayout<Value>.size).loadUnaligned(as: Value.self))
    }

    /// The next value of fixed size. Throws `wrongLength` if too few bytes are left.
    @inlinable public mutating func fixed<Value: FixedBytes>(_ type: Value.Type = Value.self) throws(WireError) -> Value
    {
        guard let value = Value(try bytes(Value.count)) else { throw .wrongLength }
        return value
    }

    /// Throws `wrongLength` unless every byte has been read.
    @inlinable public func finish() throws(WireError) {
        guard remaining == 0 else { throw .wrongLength }
    }
}
