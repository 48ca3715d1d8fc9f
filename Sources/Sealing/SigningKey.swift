import CCrypto
import Wire

/// A private Ed25519 key (RFC 8032): signs member records, grants and noes.
///
/// Immutable; may be shared between threads. libcrypto wipes it when the last reference goes.
public final class SigningKey: Sendable {
    /// The public key that belongs to it.
    public let publicKey: Bytes32
    /// libcrypto counts references to keys atomically and only reads them here (openssl-threads(7)).
    nonisolated(unsafe) private let key: OpaquePointer

    /// The 32-byte seed that RFC 8032, section 5.1.5, calls the private key, else `invalidKey`.
    public init(seed: SecretBytes) throws(SealingError) {
        guard seed.count == 32 else { throw .invalidKey }
        let made = seed.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_private_key_ex(
                nil, "ED25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard let made else { throw .libraryFailure }
        guard let publicKey = Library.publicKey(of: made) else {
            EVP_PKEY_free(made)
            throw .libraryFailure
        }
        self.key = made
        self.publicKey = publicKey
    }

    deinit { EVP_PKEY_free(key) }

    /// The signature of `message` (RFC 8032, section 5.1.6): the same each time. Throws `libraryFailure`.
    public func sign(_ message: UnsafeRawBufferPointer) throws(SealingError) -> Bytes64 {
        guard let context = EVP_MD_CTX_new() else { throw .libraryFailure }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestSignInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else { throw .libraryFailure }
        var signature = Bytes64()
        let done = signature.withUnsafeMutableBytes { output in
            Library.withPresent(message) { start in
                var length = output.count
                let target = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return EVP_DigestSign(context, target, &length, start, message.count) == 1 && length == 64
            }
        }
        guard done else { throw .libraryFailure }
        return signature
    }

    /// The signature of `message`. Throws `libraryFailure`.
    public func sign(_ message: [UInt8]) throws(SealingError) -> Bytes64 {
        try message.withRawBytes { bytes throws(SealingError) in try sign(bytes) }
    }

    /// Whether the holder of `publicKey` signed `message` (RFC 8032, section 5.1.7). Anything malformed is a no, and so
    /// is a key of small order.
    public static func verify(
        _ signature: Bytes64, message: UnsafeRawBufferPointer, publicKey: Bytes32
    ) -> Bool {
        guard !hasSmallOrder(publicKey) else { return false }
        let key = publicKey.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_public_key_ex(
                nil, "ED25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard let key else { return false }
        defer { EVP_PKEY_free(key) }
        guard let context = EVP_MD_CTX_new() else { return false }
        defer { EVP_MD_CTX_free(context) }
        guard EVP_DigestVerifyInit_ex(context, nil, nil, nil, nil, key, nil) == 1 else { return false }
        return signature.withUnsafeBytes { signed in
            Library.withPresent(message) { start in
                let signature = signed.baseAddress?.assumingMemoryBound(to: UInt8.self)
                return EVP_DigestVerify(context, signature, signed.count, start, message.count) == 1
            }
        }
    }

    /// Whether the holder of `publicKey` signed `message`. Anything malformed is a no.
    public static func verify(_ signature: Bytes64, message: [UInt8], publicKey: Bytes32) -> Bool {
        message.withUnsafeBytes { verify(signature, message: $0, publicKey: publicKey) }
    }

    /// Whether `publicKey` is a point of small order, in any encoding. RFC 8032 lets them pass, but under such a key
    /// anyone can make signatures that verify, so that a member who claimed one could disown all it signs and would
    /// open the network to whoever names it as inviter.
    private static func hasSmallOrder(_ publicKey: Bytes32) -> Bool {
        var point = publicKey
        point[31] &= 0x7f
        return pointsOfSmallOrder.contains(point)
    }

    /// All y-coordinates of points of order 1, 2, 4 and 8 without the sign of x, and those below 2^255 that reduce to
    /// them.
    private static let pointsOfSmallOrder: [Bytes32] = [
        "0000000000000000000000000000000000000000000000000000000000000000",
        "0100000000000000000000000000000000000000000000000000000000000000",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ].compactMap { Bytes32(hexadecimal: $0) }
}
