import Wire

/// Hybrid public key encryption (RFC 9180), single-shot, base mode: DHKEM(X25519, HKDF-SHA256) 0x0020, HKDF-SHA256
/// 0x0001, ChaCha20-Poly1305 0x0003. What the first bridge seals an event with, and only the home opens.
///
///     sealed = enc, the ephemeral public key (32) ‖ ciphertext (as long as the plaintext) ‖ tag (16)
///
/// Base mode proves nothing about who sealed. One ephemeral key must seal one plaintext only.
public enum HPKE {
    /// How much longer sealed bytes are than what they hold.
    public static let overhead = 32 + ChaChaPoly.tagLength

    /// DeriveKeyPair (RFC 9180, section 7.1.3): the private key that follows from `keyMaterial`, which must be at
    /// least 32 bytes, else `invalidKey`.
    public static func deriveKey(_ keyMaterial: SecretBytes) throws(SealingError) -> AgreementKey {
        guard keyMaterial.count >= 32 else { throw .invalidKey }
        let key = keyMaterial.withUnsafeBytes { bytes in
            extract(.agreement, salt: nil, label: "dkp_prk") { $0.update(bytes) }
        }
        return try AgreementKey(expand(.agreement, key, label: "sk", length: 32) { _ in })
    }

    /// Seals `plaintext` so that only the holder of `recipient`'s private key can open it, and only with the same
    /// `info` and `associatedData`. Writes `plaintext.count` + 48 bytes to the start of `output`, which must not overlap
    /// the inputs; returns their number.
    ///
    /// Throws `invalidKey` for a recipient's key that agrees on nothing, or `bufferTooSmall`.
    public static func seal(
        to recipient: Bytes32, ephemeralKey: AgreementKey, info: UnsafeRawBufferPointer,
        associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard plaintext.count < Int(Int32.max) &- overhead else { throw .wrongLength }
        guard output.count >= plaintext.count &+ overhead else { throw .bufferTooSmall }
        let enc = ephemeralKey.publicKey
        let secret = try ephemeralKey.sharedSecret(with: recipient)
        let schedule = try Schedule(sharedSecret: shared(secret, enc: enc, recipient: recipient), info: info)
        enc.write(into: output)
        let rest = UnsafeMutableRawBufferPointer(rebasing: output.dropFirst(32))
        return try 32
            &+ schedule.cipher.seal(
                nonce: schedule.nonce, associatedData: associatedData, plaintext: plaintext, into: rest)
    }

    /// Opens `sealed` = enc ‖ ciphertext ‖ tag. Writes the plaintext, 48 bytes shorter, to the start of `output`;
    /// returns its length.
    ///
    /// Throws `wrongLength` for less than 48 bytes, `bufferTooSmall`, `invalidKey` for an enc that agrees on nothing,
    /// or `authenticationFailed`, having zeroed what it wrote.
    public static func open(
        privateKey: AgreementKey, info: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer,
        sealed: UnsafeRawBufferPointer, into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        guard sealed.count >= overhead, sealed.count < Int(Int32.max),
            let enc = Bytes32(UnsafeRawBufferPointer(rebasing: sealed.prefix(32)))
        else { throw .wrongLength }
        guard output.count >= sealed.count &- overhead else { throw .bufferTooSmall }
        let secret = try privateKey.sharedSecret(with: enc)
        let schedule = try Schedule(
            sharedSecret: shared(secret, enc: enc, recipient: privateKey.publicKey), info: info)
        return try schedule.cipher.open(
            nonce: schedule.nonce, associatedData: associatedData,
            sealed: UnsafeRawBufferPointer(rebasing: sealed.dropFirst(32)), into: output)
    }
}

extension HPKE {
    /// suite_id: of the KEM (section 4.1), or of the whole (section 5.1).
    enum Suite {
        case agreement
        case whole

        func add(to code: inout HMACSHA256) {
            switch self {
            case .agreement: code.update("KEM\u{00}\u{20}")
            case .whole: code.update("HPKE\u{00}\u{20}\u{00}\u{01}\u{00}\u{03}")
            }
        }
    }

    /// KeySchedule (section 5.1) in base mode: the key and nonce of sequence number 0.
    struct Schedule {
        let secret: SecretBytes
        /// mode ‖ psk_id_hash ‖ info_hash
        let context: [UInt8]
        let cipher: ChaChaPoly
        let nonce: ChaChaPoly.Nonce

        /// The same for all: base mode knows no psk_id.
        private static let modeAndIdentityHash: [UInt8] =
            [0] + extract(.whole, salt: nil, label: "psk_id_hash") { _ in }.withUnsafeBytes { Array($0) }

        init(sharedSecret: SecretBytes, info: UnsafeRawBufferPointer) throws(SealingError) {
            let infoHash = extract(.whole, salt: nil, label: "info_hash") { $0.update(info) }
            let context = Self.modeAndIdentityHash + infoHash.withUnsafeBytes { Array($0) }
            secret = extract(.whole, salt: sharedSecret, label: "secret") { _ in }
            self.context = context
            cipher = try ChaChaPoly(key: Self.expand(secret, context, label: "key", length: 32))
            let base = try Self.expand(secret, context, label: "base_nonce", length: 12)
            guard let nonce = base.withUnsafeBytes({ ChaChaPoly.Nonce($0) }) else { throw .libraryFailure }
            self.nonce = nonce
        }

        static func expand(
            _ secret: SecretBytes, _ context: [UInt8], label: StaticString, length: Int
        ) throws(SealingError) -> SecretBytes {
            try HPKE.expand(.whole, secret, label: label, length: length) { code in
                context.withUnsafeBytes { code.update($0) }
            }
        }
    }

    /// ExtractAndExpand (section 4.1) of the agreed secret, with kem_context = enc ‖ recipient.
    static func shared(_ secret: SecretBytes, enc: Bytes32, recipient: Bytes32) throws(SealingError) -> SecretBytes {
        let key = secret.withUnsafeBytes { bytes in
            extract(.agreement, salt: nil, label: "eae_prk") { $0.update(bytes) }
        }
        return try expand(.agreement, key, label: "shared_secret", length: 32) { code in
            enc.withUnsafeBytes { code.update($0) }
            recipient.withUnsafeBytes { code.update($0) }
        }
    }

    /// LabeledExtract (section 4).
    private static func extract(
        _ suite: Suite, salt: SecretBytes?, label: StaticString, material: (inout HMACSHA256) -> Void
    ) -> SecretBytes {
        func add(to code: inout HMACSHA256) {
            code.update("HPKE-v1")
            suite.add(to: &code)
            code.update(label)
            material(&code)
        }
        guard let salt else {
            return KeyDerivation.extract(salt: UnsafeRawBufferPointer(start: nil, count: 0), material: add(to:))
        }
        return salt.withUnsafeBytes { KeyDerivation.extract(salt: $0, material: add(to:)) }
    }

    /// LabeledExpand (section 4).
    static func expand(
        _ suite: Suite, _ key: SecretBytes, label: StaticString, length: Int, info: (inout HMACSHA256) -> Void
    ) throws(SealingError) -> SecretBytes {
        try KeyDerivation.expand(key, length: length) { code in
            withUnsafeBytes(of: UInt16(truncatingIfNeeded: length).bigEndian) { code.update($0) }
            code.update("HPKE-v1")
            suite.add(to: &code)
            code.update(label)
            info(&code)
        }
    }
}
