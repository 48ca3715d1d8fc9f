import CCrypto

/// libcrypto's algorithms, each looked up once for the life of the process: a look-up costs more than most operations.
///
/// `nonisolated(unsafe)`: fetched algorithms are immutable and reference-counted atomically (openssl-threads(7)).
enum Library {
    nonisolated(unsafe) static let sha256 = EVP_MD_fetch(nil, "SHA256", nil)
    nonisolated(unsafe) static let chaChaPoly = EVP_CIPHER_fetch(nil, "ChaCha20-Poly1305", nil)
    nonisolated(unsafe) static let sha512 = EVP_MD_fetch(nil, "SHA512", nil)
    nonisolated(unsafe) static let aesWrap = EVP_CIPHER_fetch(nil, "AES-256-WRAP", nil)
    nonisolated(unsafe) static let aesGCM = EVP_CIPHER_fetch(nil, "AES-256-GCM", nil)
    nonisolated(unsafe) static let aesCCM = EVP_CIPHER_fetch(nil, "AES-128-CCM", nil)
    nonisolated(unsafe) private static let aesCBC = EVP_CIPHER_fetch(nil, "AES-128-CBC", nil)

    /// Ends the process if libcrypto reports a failure where no input can cause one: it has no memory left, or is no
    /// libcrypto that Sidegate can run on. Going on with a made-up hash or tag would be worse.
    @inline(__always)
    static func require(_ condition: Bool) {
        if !condition { fatalError("libcrypto failed at an operation that no input can make fail") }
    }

    /// `context`, on the same terms.
    static func require(_ context: OpaquePointer?) -> OpaquePointer {
        guard let context else { fatalError("libcrypto has no memory or no algorithm for a context") }
        return context
    }

    /// A context that encrypts with AES-128-CBC under `key`, 16 bytes, from a zero initial vector.
    static func aesContext(key: UnsafeRawBufferPointer) -> OpaquePointer? {
        guard let aesCBC, let context = EVP_CIPHER_CTX_new() else { return nil }
        let zero = [UInt8](repeating: 0, count: 16)
        let done = EVP_EncryptInit_ex2(
            context, aesCBC, key.baseAddress?.assumingMemoryBound(to: UInt8.self), zero, nil)
        guard done == 1 else {
            EVP_CIPHER_CTX_free(context)
            return nil
        }
        return context
    }

    /// Calls `body` with the address of `bytes`, or for empty bytes with that of a byte that is not read: libcrypto
    /// takes a null address for "no change" and not for "nothing".
    static func withPresent<Result>(
        _ bytes: UnsafeRawBufferPointer, _ body: (UnsafePointer<UInt8>) -> Result
    ) -> Result {
        if let start = bytes.baseAddress { return body(start.assumingMemoryBound(to: UInt8.self)) }
        var nothing: UInt8 = 0
        return body(&nothing)
    }
}
