import CCrypto

/// PBES2-HS512+A256KW (RFC 7518, section 4.8): a key from a passphrase, by PBKDF2 with HMAC-SHA-512 (RFC 8018), and
/// AES-256 Key Wrap (RFC 3394) under it.
public enum PassphraseKey {
    public static let algorithm: StaticString = "PBES2-HS512+A256KW"
    static let keyLength = 32
    static let wrappedLength = 40

    /// PBKDF2 over the passphrase's bytes, with the salt "PBES2-HS512+A256KW" ‖ 0 ‖ `salt`. `wrongLength` for a count
    /// below 1 or an empty passphrase.
    public static func derive(
        _ passphrase: SecretBytes, salt: [UInt8], count: Int
    ) throws(SealingError) -> SecretBytes {
        guard count >= 1, let rounds = Int32(exactly: count), passphrase.count > 0, salt.count <= 1024 else {
            throw .wrongLength
        }
        let whole = algorithm.withUTF8Buffer { Array($0) } + [0] + salt
        var isDone = false
        let key = SecretBytes(count: keyLength) { target in
            isDone = passphrase.withUnsafeBytes { bytes in
                PKCS5_PBKDF2_HMAC(
                    bytes.baseAddress?.assumingMemoryBound(to: CChar.self), Int32(bytes.count), whole,
                    Int32(whole.count), rounds, Library.sha512, Int32(keyLength),
                    target.baseAddress?.assumingMemoryBound(to: UInt8.self)) == 1
            }
        }
        guard isDone else { throw .libraryFailure }
        return key
    }

    /// 40 bytes that hold `secret`, 32 bytes, under `key`.
    static func wrap(_ secret: SecretBytes, under key: SecretBytes) throws(SealingError) -> [UInt8] {
        guard key.count == keyLength, secret.count == keyLength else { throw .invalidKey }
        var wrapped = [UInt8](repeating: 0, count: wrappedLength + 8)
        let length = secret.withUnsafeBytes { bytes in
            wrapped.withUnsafeMutableBytes { run(key, sealing: 1, bytes, into: $0) }
        }
        guard length == wrappedLength else { throw .libraryFailure }
        return Array(wrapped.prefix(wrappedLength))
    }

    /// What `wrap` was given. `authenticationFailed` if it was another key, `wrongLength` for other than 40 bytes.
    static func unwrap(_ wrapped: [UInt8], under key: SecretBytes) throws(SealingError) -> SecretBytes {
        guard key.count == keyLength else { throw .invalidKey }
        guard wrapped.count == wrappedLength else { throw .wrongLength }
        var length: Int?
        // libcrypto may write eight bytes more than there are.
        let room = SecretBytes(count: wrappedLength + 8) { target in
            length = wrapped.withUnsafeBytes { run(key, sealing: 0, $0, into: target) }
        }
        guard length == keyLength else { throw .authenticationFailed }
        return try room.part(0..<keyLength)
    }

    private static func run(
        _ key: SecretBytes, sealing: Int32, _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) -> Int? {
        guard let algorithm = Library.aesWrap, let context = EVP_CIPHER_CTX_new() else { return nil }
        defer { EVP_CIPHER_CTX_free(context) }
        EVP_CIPHER_CTX_set_flags(context, Int32(EVP_CIPHER_CTX_FLAG_WRAP_ALLOW))
        let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var (written, last): (Int32, Int32) = (0, 0)
        let done = key.withUnsafeBytes { bytes in
            EVP_CipherInit_ex2(
                context, algorithm, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, sealing, nil) == 1
        }
        guard done,
            EVP_CipherUpdate(
                context, start, &written, input.baseAddress?.assumingMemoryBound(to: UInt8.self), Int32(input.count))
                == 1,
            EVP_CipherFinal_ex(context, start?.advanced(by: Int(written)), &last) == 1
        else { return nil }
        return Int(written) + Int(last)
    }
}

/// AES-256-GCM with a nonce of 12 bytes and a tag of 16 (NIST SP 800-38D; RFC 7518, section 5.3), for files.
enum AES256GCM {
    static let keyLength = 32
    static let nonceLength = 12
    static let tagLength = 16

    /// Ciphertext and tag.
    static func seal(
        key: SecretBytes, nonce: [UInt8], associatedData: [UInt8], plaintext: UnsafeRawBufferPointer
    ) throws(SealingError) -> (ciphertext: [UInt8], tag: [UInt8]) {
        var ciphertext = [UInt8](repeating: 0, count: plaintext.count)
        var tag = [UInt8](repeating: 0, count: tagLength)
        let done = ciphertext.withUnsafeMutableBytes { target in
            tag.withUnsafeMutableBytes { run(key, nonce, associatedData, plaintext, into: target, tag: $0, sealing: 1) }
        }
        guard done else { throw .libraryFailure }
        return (ciphertext, tag)
    }

    /// The plaintext, or `authenticationFailed`; `wrongLength` for a nonce or tag of another length.
    static func open(
        key: SecretBytes, nonce: [UInt8], associatedData: [UInt8], ciphertext: [UInt8], tag: [UInt8]
    ) throws(SealingError) -> SecretBytes {
        guard nonce.count == nonceLength, tag.count == tagLength else { throw .wrongLength }
        var isDone = false
        var tag = tag
        let plaintext = SecretBytes(count: ciphertext.count) { target in
            isDone = ciphertext.withUnsafeBytes { source in
                tag.withUnsafeMutableBytes {
                    run(key, nonce, associatedData, source, into: target, tag: $0, sealing: 0)
                }
            }
        }
        guard isDone else { throw .authenticationFailed }
        return plaintext
    }

    private static func run(
        _ key: SecretBytes, _ nonce: [UInt8], _ associatedData: [UInt8], _ input: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer, tag: UnsafeMutableRawBufferPointer, sealing: Int32
    ) -> Bool {
        guard key.count == keyLength, nonce.count == nonceLength, let length = Int32(exactly: input.count),
            let algorithm = Library.aesGCM, let context = EVP_CIPHER_CTX_new()
        else { return false }
        defer { EVP_CIPHER_CTX_free(context) }
        var written: Int32 = 0
        let started = key.withUnsafeBytes { bytes in
            EVP_CipherInit_ex2(
                context, algorithm, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nonce, sealing, nil) == 1
        }
        guard started, EVP_CipherUpdate(context, nil, &written, associatedData, Int32(associatedData.count)) == 1
        else { return false }
        let start = output.baseAddress?.assumingMemoryBound(to: UInt8.self)
        if length > 0 {
            guard
                EVP_CipherUpdate(
                    context, start, &written, input.baseAddress?.assumingMemoryBound(to: UInt8.self), length) == 1
            else { return false }
        }
        if sealing == 0,
            EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), tag.baseAddress) != 1
        {
            return false
        }
        var rest: [UInt8] = Array(repeating: 0, count: 16)
        guard EVP_CipherFinal_ex(context, &rest, &written) == 1 else { return false }
        return sealing == 0
            || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), tag.baseAddress) == 1
    }
}
