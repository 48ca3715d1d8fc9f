/// Writes fields one after the other into a caller's buffer. Throws `noRoom` where the buffer ends too early.
@frozen public struct ByteWriter {
    @usableFromInline let target: UnsafeMutableRawBufferPointer
    @usableFromInline var offset: Int = 0

    @inlinable public init(_ target: UnsafeMutableRawBufferPointer) { self.target = target }

    /// Bytes written so far.
    @inlinable public var count: Int { offset }

    @inlinable mutating func room(_ count: Int) throws(WireError) -> UnsafeMutableRawBufferPointer {
        guard count <= target.count &- offset else { throw .noRoom }
        let start = offset
        offset = start &+ count
        return UnsafeMutableRawBufferPointer(rebasing: target[start..<offset])
    }

    /// Writes an integer, little endian.
    @inlinable public mutating func integer<Value: FixedWidthInteger & BitwiseCopyable>(
        _ value: Value
    ) throws(WireError) {
        try room(MemoryLayout<Value>.size).storeBytes(of: value.littleEndian, as: Value.self)
    }

    @inlinable public mutating func fixed<Value: FixedBytes>(_ value: Value) throws(WireError) {
        value.write(into: try room(Value.count))
    }

    @inlinable public mutating func bytes(_ source: UnsafeRawBufferPointer) throws(WireError) {
        try room(source.count).copyMemory(from: source)
    }

    @inlinable public mutating func zeros(_ count: Int) throws(WireError) {
        guard count >= 0 else { throw .noRoom }
        try room(count).initializeMemory(as: UInt8.self, repeating: 0)
    }
}
