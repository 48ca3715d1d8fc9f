import CCrypto
import Synchronization
import Wire

/// A private X25519 key (RFC 7748): a bridge's static or ephemeral key in a handshake, a grant's sealing key.
///
/// Immutable; may be shared between threads. libcrypto wipes it when the last reference goes.
public final class AgreementKey: Sendable {
    /// The public key that belongs to it.
    public let publicKey: Bytes32
    /// One agreement at a time: they share a context.
    private let agreement: Mutex<Agreement>

    /// Any 32 bytes (RFC 7748, section 5, clamps them), else `invalidKey`.
    public init(_ secret: SecretBytes) throws(SealingError) {
        guard secret.count == 32 else { throw .invalidKey }
        guard let agreement = Agreement(secret), let publicKey = Library.publicKey(of: agreement.own) else {
            throw .libraryFailure
        }
        self.publicKey = publicKey
        self.agreement = Mutex(agreement)
    }

    /// The 32-byte secret shared with the holder of `peer`. It is not evenly random: put it through
    /// `KeyDerivation.extract`.
    ///
    /// Throws `invalidKey` if it is all zeros, as with a public key of small order (RFC 7748, section 6.1).
    public func sharedSecret(with peer: Bytes32) throws(SealingError) -> SecretBytes {
        // libcrypto itself fails on all zeros; a version that did not must not pass either.
        var derived: Bool?
        let shared = SecretBytes(count: 32) { output in
            derived = agreement.withLock {
                $0.derive(with: peer, naming: !Agreement.contextsFollowPeers, into: output)
            }
        }
        guard let derived else { throw .libraryFailure }
        guard derived, shared != SecretBytes(count: 32, fill: { _ in }) else { throw .invalidKey }
        return shared
    }
}

/// libcrypto's part of a private key: the key, what it agrees in, and the place where each peer's public key is put. A
/// public key of its own for each peer would take as long to make as the agreement, most of it looking names up.
///
/// `@unchecked`: whoever has it has it alone.
struct Agreement: ~Copyable, @unchecked Sendable {
    let own: OpaquePointer
    private let context: OpaquePointer
    private let peer: OpaquePointer

    /// Nil if libcrypto fails.
    init?(_ secret: SecretBytes) {
        let own = secret.withUnsafeBytes { bytes in
            EVP_PKEY_new_raw_private_key_ex(
                nil, "X25519", nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard let own else { return nil }
        let peer = Library.agreementPeer.flatMap { EVP_PKEY_dup($0) }
        let context = EVP_PKEY_CTX_new_from_pkey(nil, own, nil)
        // Unchecked: any 32 bytes are a public key (RFC 7748, section 5).
        guard let peer, let context, EVP_PKEY_derive_init(context) == 1,
            EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1
        else {
            EVP_PKEY_CTX_free(context)
            EVP_PKEY_free(peer)
            EVP_PKEY_free(own)
            return nil
        }
        (self.own, self.context, self.peer) = (own, context, peer)
    }

    deinit {
        EVP_PKEY_CTX_free(context)
        EVP_PKEY_free(peer)
        EVP_PKEY_free(own)
    }

    /// Whether a context sees that the peer's key was set anew without being told. That it refers to it, and not to a copy,
    /// is so in OpenSSL 3.0 and promised nowhere; a copy would be of the template, with which nobody agrees.
    static let contextsFollowPeers: Bool = {
        guard let peer = Bytes32([UInt8](repeating: 0x5a, count: 32)) else { return false }
        func derived(naming: Bool) -> [UInt8]? {
            guard let agreement = Agreement(SecretBytes([UInt8](repeating: 0x77, count: 32))) else { return nil }
            var output = [UInt8](repeating: 0, count: 32)
            let isDerived = output.withUnsafeMutableBytes { agreement.derive(with: peer, naming: naming, into: $0) }
            return isDerived == true ? output : nil
        }
        guard let followed = derived(naming: false) else { return false }
        return followed == derived(naming: true)
    }()

    /// Writes the secret shared with the holder of `key`, 32 bytes. False if there is none; nil if libcrypto fails.
    /// - Parameter naming: tells the context of the peer's key, as needs be unless `contextsFollowPeers`.
    func derive(with key: Bytes32, naming: Bool, into output: UnsafeMutableRawBufferPointer) -> Bool? {
        let isSet = key.withUnsafeBytes { bytes in
            EVP_PKEY_set1_encoded_public_key(
                peer, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), bytes.count)
        }
        guard isSet == 1, !naming || EVP_PKEY_derive_set_peer_ex(context, peer, 0) == 1 else { return nil }
        var length = output.count
        let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        return EVP_PKEY_derive(context, start, &length) == 1 && length == 32
    }
}

extension Library {
    /// What peers' public keys are copied from, to be set anew. Nobody agrees with it: its secrets are all zeros.
    nonisolated(unsafe) fileprivate static let agreementPeer: OpaquePointer? = {
        let zeros = [UInt8](repeating: 0, count: 32)
        return EVP_PKEY_new_raw_public_key_ex(nil, "X25519", nil, zeros, zeros.count)
    }()

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
