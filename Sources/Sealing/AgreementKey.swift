import CCrypto
import Wire

/// A private X25519 key (RFC 7748): a bridge's static or ephemeral key in a handshake, a grant's sealing key.
///
/// Immutable; may be shared between threads. libcrypto wipes it when the last reference goes.
public final class AgreementKey: Sendable {
    /// The public key that belongs to it.
    public let publicKey: Bytes32
    /// libcrypto counts references to keys atomically and only reads them here (openssl-threads(7)).
    nonisolated(unsafe) private let key: OpaquePointer

    /// Any 32 bytes (RFC 7748, section 5, clamps them), else `invalidKey`.
    public init(_ secret: SecretBytes) throws(SealingError) {
        guard secret.count == 32 else { throw .invalidKey }
        let made = secret.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_private_key_ex(
                nil, "X25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
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

    /// The 32-byte secret shared with the holder of `peer`. It is not evenly random: put it through
    /// `KeyDerivation.extract`.
    ///
    /// Throws `invalidKey` if it is all zeros, as with a public key of small order (RFC 7748, section 6.1).
    public func sharedSecret(with peer: Bytes32) throws(SealingError) -> SecretBytes {
        let other = peer.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_public_key_ex(
                nil, "X25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard let other else { throw .libraryFailure }
        defer { EVP_PKEY_free(other) }
        guard let context = EVP_PKEY_CTX_new_from_pkey(nil, key, nil) else { throw .libraryFailure }
        defer { EVP_PKEY_CTX_free(context) }
        guard EVP_PKEY_derive_init(context) == 1, EVP_PKEY_derive_set_peer(context, other) == 1 else {
            throw .libraryFailure
        }
        // libcrypto itself fails on all zeros; a version that did not must not pass either.
        var derived = false
        let shared = SecretBytes(count: 32) { output in
            var length = output.count
            let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
            derived = EVP_PKEY_derive(context, start, &length) == 1 && length == 32
        }
        guard derived, shared != SecretBytes(count: 32, fill: { _ in }) else { throw .invalidKey }
        return shared
    }
}

extension Library {
    /// The 32-byte public key of an X25519 or Ed25519 key.
    static func publicKey(of key: OpaquePointer) -> Bytes32? {
        var publicKey = Bytes32()
        let done = publicKey.withUnsafeMutableBytes { bytes in
            var length = bytes.count
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return EVP_PKEY_get_raw_public_key(key, start, &length) == 1 && length == 32
        }
        return done ? publicKey : nil
    }
}
