import CCrypto
import Wire

/// HMAC-SHA256 (RFC 2104) under a kept key, in parts and over and over with one context.
///
/// Belongs to one thread at a time. What it returns may be a key: whoever keeps it puts it into `SecretBytes`.
public struct HMACSHA256: ~Copyable {
    private let context: OpaquePointer

    /// A key of any length.
    public init(key: UnsafeRawBufferPointer) {
        context = Library.require(Library.hmacContext(key: key))
    }

    /// A key of any length.
    public init(key: SecretBytes) {
        context = Library.require(key.withUnsafeBytes { Library.hmacContext(key: $0) })
    }

    deinit { EVP_MAC_CTX_free(context) }

    /// Adds `bytes` to what is authenticated.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        Library.require(
            EVP_MAC_update(context, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count) == 1)
    }

    /// Adds the UTF-8 of `text`, without a length or end mark.
    public mutating func update(_ text: StaticString) {
        text.withUTF8Buffer { update(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the authentication code of everything added since the last call to `code`, which holds 32 bytes;
    /// afterwards nothing is added.
    mutating func finish(into code: UnsafeMutableRawBufferPointer) {
        var length = 0
        let start = code.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Library.require(EVP_MAC_final(context, start, &length, code.count) == 1 && length == 32)
        Library.require(EVP_MAC_init(context, nil, 0, nil) == 1)
    }

    /// The authentication code of everything added since the last call; afterwards nothing is added.
    public mutating func finish() -> Bytes32 {
        var code = Bytes32()
        code.withUnsafeMutableBytes { finish(into: $0) }
        return code
    }

    /// The authentication code of `message` under `key`.
    public static func code(key: SecretBytes, over message: [UInt8]) -> Bytes32 {
        var code = HMACSHA256(key: key)
        message.withUnsafeBytes { code.update($0) }
        return code.finish()
    }
}
