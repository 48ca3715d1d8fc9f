/// 10 bytes: a beacon value, an invitation's code. Ordered byte by byte from the first.
@frozen
public struct Bytes10: FixedBytes {
    public static var count: Int { @inlinable get { 10 } }

    @usableFromInline var first: UInt64 = 0
    @usableFromInline var second: UInt16 = 0

    @inlinable
    public init() {}

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first.bigEndian < right.first.bigEndian }
        return left.second.bigEndian < right.second.bigEndian
    }
}
