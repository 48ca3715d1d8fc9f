import CCrypto
import Wire

/// SHA-256 (FIPS 180-4), in parts and over and over with one context.
///
/// Belongs to one thread at a time. For a single hash use `SHA256.hash`. libcrypto 3.0 allocates once for every hash,
/// context kept or not, so per packet use `KeyedHash`.
public struct SHA256: ~Copyable {
    private let context: OpaquePointer

    public init() {
        context = Library.require(EVP_MD_CTX_new())
        restart()
    }

    deinit { EVP_MD_CTX_free(context) }

    /// Adds `bytes` to what is hashed.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        Library.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    /// Adds the UTF-8 of `text`, without a length or end mark.
    public mutating func update(_ text: StaticString) {
        text.withUTF8Buffer { update(UnsafeRawBufferPointer($0)) }
    }

    /// Adds `value` to what is hashed.
    public mutating func update(_ value: some FixedBytes) {
        value.withUnsafeBytes { update($0) }
    }

    /// Adds `value`, least significant byte first.
    public mutating func update(littleEndian value: some FixedWidthInteger) {
        withUnsafeBytes(of: value.littleEndian) { update($0) }
    }

    /// The hash of everything added since the last call; afterwards nothing is added.
    public mutating func finish() -> Bytes32 {
        var hash = Bytes32()
        hash.withUnsafeMutableBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            Library.require(EVP_DigestFinal_ex(context, start, nil) == 1)
        }
        restart()
        return hash
    }

    /// The first 20 bytes of the hash of everything added since the last call; afterwards nothing is added.
    public mutating func finish20() -> Bytes20 {
        var short = Bytes20()
        finish().withUnsafeBytes { source in
            short.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(rebasing: source.prefix(20))) }
        }
        return short
    }

    private mutating func restart() {
        Library.require(EVP_DigestInit_ex2(context, Library.sha256, nil) == 1)
    }

    /// The hash of `parts`, one after the other.
    public static func hash(_ parts: UnsafeRawBufferPointer...) -> Bytes32 {
        var hasher = SHA256()
        for part in parts { hasher.update(part) }
        return hasher.finish()
    }

    /// The hash of `bytes`.
    public static func hash(_ bytes: [UInt8]) -> Bytes32 {
        bytes.withUnsafeBytes { hash($0) }
    }
}
