import CCrypto
import Wire

/// AES-128-CMAC (RFC 4493) under a kept key: relay tags, event ids, tokens, recognition values.
///
/// Every packet costs at least one of these, so the context is kept (909 bytes a key; keying one afresh costs four
/// times a tag) and nothing is allocated after `init`. It works inside that context, even though that does not show:
/// one thread at a time, hence not Sendable.
public final class KeyedHash {
    /// The length of a key in bytes.
    public static let keyLength = 16

    private let context: OpaquePointer

    /// A key of 16 bytes, else `invalidKey`.
    public init(key: SecretBytes) throws(SealingError) {
        guard key.count == Self.keyLength else { throw .invalidKey }
        guard let context = key.withUnsafeBytes({ Library.cmacContext(key: $0) }) else { throw .libraryFailure }
        self.context = context
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// The 16-byte tag over `bytes`.
    public func tag16(over bytes: UnsafeRawBufferPointer) -> Bytes16 {
        add(bytes)
        return finish()
    }

    /// The 16-byte tag over `first` ‖ `second`.
    public func tag16(over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bytes16 {
        add(first)
        add(second)
        return finish()
    }

    /// The 16-byte tag over `first` ‖ `second` ‖ `third`.
    public func tag16(
        over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> Bytes16 {
        add(first)
        add(second)
        add(third)
        return finish()
    }

    /// The first 8 bytes of the tag over `bytes`, as a number read least significant byte first.
    public func tag8(over bytes: UnsafeRawBufferPointer) -> UInt64 {
        Self.short(tag16(over: bytes))
    }

    /// The first 8 bytes of the tag over `first` ‖ `second`, as a number read least significant byte first.
    public func tag8(over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> UInt64 {
        Self.short(tag16(over: first, second))
    }

    /// The first 8 bytes of the tag over `first` ‖ `second` ‖ `third`, read least significant byte first.
    public func tag8(
        over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> UInt64 {
        Self.short(tag16(over: first, second, third))
    }

    /// Whether `tag` is `tag8` over `bytes`, in constant time.
    public func verify8(_ tag: UInt64, over bytes: UnsafeRawBufferPointer) -> Bool {
        Self.same(tag, tag8(over: bytes))
    }

    /// Whether `tag` is `tag8` over `first` ‖ `second`, in constant time.
    public func verify8(
        _ tag: UInt64, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Bool {
        Self.same(tag, tag8(over: first, second))
    }

    /// Whether `tag` is `tag8` over `first` ‖ `second` ‖ `third`, in constant time.
    public func verify8(
        _ tag: UInt64, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        _ third: UnsafeRawBufferPointer
    ) -> Bool {
        Self.same(tag, tag8(over: first, second, third))
    }

    /// Whether `tag` is `tag16` over `bytes`, in constant time.
    public func verify16(_ tag: Bytes16, over bytes: UnsafeRawBufferPointer) -> Bool {
        Self.isEqual(tag, tag16(over: bytes))
    }

    /// As above, over two buffers as if they were one.
    public func verify16(
        _ tag: Bytes16, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Bool {
        Self.isEqual(tag, tag16(over: first, second))
    }

    private static func isEqual(_ tag: Bytes16, _ expected: Bytes16) -> Bool {
        tag.withUnsafeBytes { left in
            expected.withUnsafeBytes { right in CRYPTO_memcmp(left.baseAddress, right.baseAddress, 16) == 0 }
        }
    }

    @inline(__always)
    private func add(_ bytes: UnsafeRawBufferPointer) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Library.require(EVP_MAC_update(context, start, bytes.count) == 1)
    }

    /// The tag over what was added; then the context is made ready for the next, under the key it holds.
    @inline(__always)
    private func finish() -> Bytes16 {
        var tag = Bytes16()
        var length = 0
        tag.withUnsafeMutableBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            Library.require(EVP_MAC_final(context, start, &length, 16) == 1 && length == 16)
        }
        Library.require(EVP_MAC_init(context, nil, 0, nil) == 1)
        return tag
    }

    @inline(__always)
    private static func short(_ tag: Bytes16) -> UInt64 {
        tag.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    @inline(__always)
    private static func same(_ left: UInt64, _ right: UInt64) -> Bool {
        withUnsafeBytes(of: left) { a in
            withUnsafeBytes(of: right) { b in CRYPTO_memcmp(a.baseAddress, b.baseAddress, 8) == 0 }
        }
    }
}
