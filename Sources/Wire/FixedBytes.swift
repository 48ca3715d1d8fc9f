/// A public value of a fixed number of bytes that is hashed, compared and copied without allocating: keys, hashes,
/// tokens, identifiers. The bytes lie in the value in the order in which they stand on the wire.
///
/// Equality takes no constant time: secrets belong in `SecretBytes`, tags are verified by `KeyedHash`.
public protocol FixedBytes: Hashable, Comparable, Sendable, BitwiseCopyable {
    /// All bytes zero.
    init()
    /// The number of bytes. Conforming types hold exactly so many, without padding between them.
    static var count: Int { get }
}

extension FixedBytes {
    /// The value of exactly `count` bytes, or nil for any other length.
    @inlinable
    public init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == Self.count else { return nil }
        self.init()
        withUnsafeMutableBytes { $0.copyMemory(from: bytes) }
    }

    /// The value of exactly `count` bytes, or nil for any other length.
    @inlinable
    public init?(_ bytes: RawSpan) {
        guard bytes.byteCount == Self.count else { return nil }
        self.init()
        bytes.withUnsafeBytes { source in withUnsafeMutableBytes { $0.copyMemory(from: source) } }
    }

    /// The value of exactly `count` bytes, or nil for any other length.
    @inlinable
    public init?(_ bytes: [UInt8]) {
        guard let value = bytes.withUnsafeBytes({ Self($0) }) else { return nil }
        self = value
    }

    /// The value of exactly twice `count` hexadecimal digits of either case, or nil for anything else.
    public init?(hexadecimal: String) {
        guard let bytes = Hexadecimal.bytes(hexadecimal) else { return nil }
        self.init(bytes)
    }

    /// The bytes as lower-case hexadecimal digits.
    public var hexadecimal: String { withUnsafeBytes { Hexadecimal.text($0) } }

    /// The bytes as an array.
    @inlinable
    public var array: [UInt8] { withUnsafeBytes { Array($0) } }

    /// The byte at `index`, which must lie in `0..<count`.
    @inlinable
    public subscript(index: Int) -> UInt8 {
        get { withUnsafeBytes { $0[index] } }
        set { withUnsafeMutableBytes { $0[index] = newValue } }
    }

    /// Calls `body` with the bytes in place.
    @inlinable
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeBytes(of: self, body)
    }

    /// Calls `body` with the bytes in place, to be written.
    @inlinable
    public mutating func withUnsafeMutableBytes<Result, Failure: Error>(
        _ body: (UnsafeMutableRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try Swift.withUnsafeMutableBytes(of: &self, body)
    }

    /// Writes the bytes to the start of `target`. Returns their number, or 0, having written nothing, if it is too short.
    @inlinable @discardableResult
    public func write(into target: UnsafeMutableRawBufferPointer) -> Int {
        guard target.count >= Self.count else { return 0 }
        withUnsafeBytes { target.copyMemory(from: $0) }
        return Self.count
    }
}

/// 16 bytes. Ordered byte by byte from the first.
@frozen
public struct Bytes16: FixedBytes {
    public static var count: Int { @inlinable get { 16 } }

    @usableFromInline var first: UInt64 = 0
    @usableFromInline var second: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first.bigEndian < right.first.bigEndian }
        return left.second.bigEndian < right.second.bigEndian
    }
}

/// 20 bytes. Ordered byte by byte from the first.
@frozen
public struct Bytes20: FixedBytes {
    public static var count: Int { @inlinable get { 20 } }

    @usableFromInline var first: UInt64 = 0
    @usableFromInline var second: UInt64 = 0
    @usableFromInline var third: UInt32 = 0

    @inlinable
    public init() {}

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first.bigEndian < right.first.bigEndian }
        if left.second != right.second { return left.second.bigEndian < right.second.bigEndian }
        return left.third.bigEndian < right.third.bigEndian
    }
}

/// 32 bytes. Ordered byte by byte from the first.
@frozen
public struct Bytes32: FixedBytes {
    public static var count: Int { @inlinable get { 32 } }

    @usableFromInline var first: UInt64 = 0
    @usableFromInline var second: UInt64 = 0
    @usableFromInline var third: UInt64 = 0
    @usableFromInline var fourth: UInt64 = 0

    @inlinable
    public init() {}

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        if left.first != right.first { return left.first.bigEndian < right.first.bigEndian }
        if left.second != right.second { return left.second.bigEndian < right.second.bigEndian }
        if left.third != right.third { return left.third.bigEndian < right.third.bigEndian }
        return left.fourth.bigEndian < right.fourth.bigEndian
    }
}

/// 64 bytes: an Ed25519 signature. Ordered byte by byte from the first.
@frozen
public struct Bytes64: FixedBytes {
    public static var count: Int { @inlinable get { 64 } }

    @usableFromInline var first = Bytes32()
    @usableFromInline var second = Bytes32()

    @inlinable
    public init() {}

    @inlinable
    public static func < (left: Self, right: Self) -> Bool {
        left.first != right.first ? left.first < right.first : left.second < right.second
    }
}
