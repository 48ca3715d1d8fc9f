import CCrypto

/// Secret bytes of a fixed length: wiped when the last reference goes, compared in constant time, never printed.
///
/// Immutable, so that it may be shared between threads. What it was copied from is the caller's to wipe (`wipe`).
public final class SecretBytes: Sendable {
    /// The number of bytes.
    public let count: Int
    /// Written by the initialisers only; one byte longer than needed if empty, so that there always is an address.
    nonisolated(unsafe) private let storage: UnsafeMutableRawBufferPointer

    /// `count` bytes that `fill` writes in place. They are zero before. Throws what `fill` throws.
    public init<Failure: Error>(
        count: Int, fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Void
    ) throws(Failure) {
        self.count = max(0, count)
        storage = .allocate(byteCount: max(1, count), alignment: 8)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        try fill(UnsafeMutableRawBufferPointer(rebasing: storage.prefix(self.count)))
    }

    /// A copy of `bytes`.
    public convenience init(copying bytes: UnsafeRawBufferPointer) {
        self.init(count: bytes.count) { $0.copyMemory(from: bytes) }
    }

    /// A copy of `bytes`.
    public convenience init(_ bytes: [UInt8]) {
        self.init(count: bytes.count) { $0.copyBytes(from: bytes) }
    }

    deinit {
        Self.wipe(storage)
        storage.deallocate()
    }

    /// Calls `body` with the bytes in place. They must not be kept beyond it.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(rebasing: storage.prefix(count)))
    }

    /// The bytes `range` as a secret of their own, or `wrongLength` if there are not so many.
    public func part(_ range: Range<Int>) throws(SealingError) -> SecretBytes {
        guard range.lowerBound >= 0, range.upperBound <= count else { throw .wrongLength }
        return withUnsafeBytes { SecretBytes(copying: UnsafeRawBufferPointer(rebasing: $0[range])) }
    }

    /// Overwrites `bytes` with zeros in a way that no optimiser removes.
    public static func wipe(_ bytes: UnsafeMutableRawBufferPointer) {
        OPENSSL_cleanse(bytes.baseAddress, bytes.count)
    }
}

extension SecretBytes: Equatable {
    /// Whether both hold the same bytes, in a time that depends on their number only.
    public static func == (left: SecretBytes, right: SecretBytes) -> Bool {
        guard left.count == right.count else { return false }
        return left.withUnsafeBytes { a in
            right.withUnsafeBytes { b in CRYPTO_memcmp(a.baseAddress, b.baseAddress, a.count) == 0 }
        }
    }
}
