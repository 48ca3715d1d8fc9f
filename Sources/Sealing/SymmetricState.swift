import Wire

/// Noise's SymmetricState (section 5.2) with SHA-256 and ChaCha20-Poly1305: what both sides know so far, hashed, and
/// the key that follows from it.
final class SymmetricState {
    /// h: the hash of everything that passed.
    private(set) var hash: Bytes32
    /// ck: what later keys are made from.
    private var chainingKey: SecretBytes
    /// k and n; none before the first key is mixed in.
    private var cipher: LinkCipher?

    /// InitializeSymmetric for a protocol name longer than 32 bytes, which is therefore hashed.
    init(protocolName: StaticString) {
        var hasher = SHA256()
        hasher.update(protocolName)
        hash = hasher.finish()
        chainingKey = hash.withUnsafeBytes { SecretBytes(copying: $0) }
    }

    func mixHash(_ bytes: UnsafeRawBufferPointer) { hash = hashed(with: bytes) }

    func mixKey(_ material: UnsafeRawBufferPointer) throws(SealingError) {
        let keys = try derive(material, count: 2)
        chainingKey = try keys.part(0..<32)
        cipher = try LinkCipher(key: keys.part(32..<64))
    }

    func mixKey(_ material: SecretBytes) throws(SealingError) {
        try material.withUnsafeBytes { bytes throws(SealingError) in try mixKey(bytes) }
    }

    func mixKeyAndHash(_ material: SecretBytes) throws(SealingError) {
        let keys = try material.withUnsafeBytes { bytes throws(SealingError) in try derive(bytes, count: 3) }
        chainingKey = try keys.part(0..<32)
        try keys.part(32..<64).withUnsafeBytes { mixHash($0) }
        cipher = try LinkCipher(key: keys.part(64..<96))
    }

    /// EncryptAndHash: writes ciphertext ‖ tag to `output` and returns their length. Throws `outOfOrder` before the
    /// first key, where Noise would send plaintext: with a pre-shared key no pattern does.
    func seal(
        _ plaintext: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard let cipher else { throw .outOfOrder }
        let length = try hash.withUnsafeBytes { hash throws(SealingError) in
            try cipher.seal(associatedData: hash, plaintext: plaintext, into: output)
        }
        mixHash(UnsafeRawBufferPointer(rebasing: output.prefix(length)))
        return length
    }

    /// DecryptAndHash: writes the plaintext to `output` and returns its length.
    func open(
        _ sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard let cipher else { throw .outOfOrder }
        // Hashed first, as opening in place overwrites the ciphertext.
        let next = hashed(with: sealed)
        let length = try hash.withUnsafeBytes { hash throws(SealingError) in
            try cipher.open(associatedData: hash, sealed: sealed, into: output)
        }
        hash = next
        return length
    }

    /// Split: the ciphers of the initiator's and of the responder's direction.
    func split() throws(SealingError) -> (initiator: LinkCipher, responder: LinkCipher) {
        let nothing = UnsafeRawBufferPointer(start: nil, count: 0)
        let keys = try derive(nothing, count: 2)
        return (try LinkCipher(key: keys.part(0..<32)), try LinkCipher(key: keys.part(32..<64)))
    }

    private func hashed(with bytes: UnsafeRawBufferPointer) -> Bytes32 {
        var hasher = SHA256()
        hasher.update(hash)
        hasher.update(bytes)
        return hasher.finish()
    }

    /// Noise's HKDF (section 4.3): RFC 5869 with the chaining key as salt and no info. `count` keys of 32 bytes.
    private func derive(_ material: UnsafeRawBufferPointer, count: Int) throws(SealingError) -> SecretBytes {
        let key = chainingKey.withUnsafeBytes { KeyDerivation.extract(salt: $0, keyMaterial: material) }
        return try KeyDerivation.expand(key, label: [], length: 32 &* count)
    }
}
