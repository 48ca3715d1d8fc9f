import CCrypto

/// AES-128-CCM (RFC 3610, NIST SP 800-38C) with a 13-byte nonce and one length of tag, as BTHome and Bluetooth use it.
///
/// The contexts are kept, so nothing is allocated after `init`. Both operations may work in place (output starting
/// where input starts); otherwise output and input must not overlap. Not Sendable: it works inside its contexts.
public final class AESCCM {
    /// The length of a key in bytes.
    public static let keyLength = 16
    /// The length of a nonce in bytes; it leaves two bytes for the length of the message.
    public static let nonceLength = 13
    /// The most bytes of a message.
    public static let messageLengthMax = 65_535

    /// How much longer sealed bytes are than what they hold.
    public let tagLength: Int
    // One each: libcrypto binds a context's direction to its key.
    private let sealing: OpaquePointer
    private let opening: OpaquePointer

    /// A key of 16 bytes, else `invalidKey`; a tag of 4, 6, 8, 10, 12, 14 or 16 bytes, else `wrongLength`.
    public init(key: SecretBytes, tagLength: Int) throws(SealingError) {
        guard key.count == Self.keyLength else { throw .invalidKey }
        guard tagLength >= 4, tagLength <= 16, tagLength % 2 == 0 else { throw .wrongLength }
        self.tagLength = tagLength
        guard let sealing = Self.context(key, tagLength: tagLength, sealing: 1) else { throw .libraryFailure }
        guard let opening = Self.context(key, tagLength: tagLength, sealing: 0) else {
            EVP_CIPHER_CTX_free(sealing)
            throw .libraryFailure
        }
        self.sealing = sealing
        self.opening = opening
    }

    deinit {
        EVP_CIPHER_CTX_free(sealing)
        EVP_CIPHER_CTX_free(opening)
    }

    /// Writes ciphertext ‖ tag to the start of `output`. Returns their length, `plaintext.count` + `tagLength`.
    ///
    /// Throws `wrongLength` for a nonce that has not 13 bytes or a plaintext over 65,535, or `bufferTooSmall`.
    public func seal(
        nonce: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let length = plaintext.count
        guard nonce.count == Self.nonceLength, length <= Self.messageLengthMax else { throw .wrongLength }
        guard let target = output.baseAddress, output.count >= length &+ tagLength else { throw .bufferTooSmall }
        try begin(sealing, nonce, sealing: 1, associatedData, messageLength: length)
        guard run(sealing, plaintext, into: target),
            EVP_CIPHER_CTX_ctrl(sealing, EVP_CTRL_AEAD_GET_TAG, Int32(tagLength), target + length) == 1
        else { throw .libraryFailure }
        return length &+ tagLength
    }

    /// Writes the plaintext of `sealed` = ciphertext ‖ tag to the start of `output`. Returns its length.
    ///
    /// Throws `wrongLength` for a nonce that has not 13 bytes, for less than a tag and for a message over 65,535
    /// bytes, `bufferTooSmall`, or `authenticationFailed`, having zeroed what it wrote.
    public func open(
        nonce: UnsafeRawBufferPointer, associatedData: UnsafeRawBufferPointer, sealed: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let length = sealed.count &- tagLength
        guard nonce.count == Self.nonceLength, length >= 0, length <= Self.messageLengthMax,
            let source = sealed.baseAddress
        else { throw .wrongLength }
        guard output.count >= length else { throw .bufferTooSmall }
        let tag = UnsafeMutableRawPointer(mutating: source + length)
        try begin(opening, nonce, sealing: 0, tag: tag, associatedData, messageLength: length)
        var nothing: UInt8 = 0
        let target = output.baseAddress
        let opened = withUnsafeMutablePointer(to: &nothing) { spare in
            run(opening, UnsafeRawBufferPointer(rebasing: sealed.prefix(length)), into: target ?? .init(spare))
        }
        guard opened else {
            OPENSSL_cleanse(target, length)
            throw .authenticationFailed
        }
        return length
    }

    /// libcrypto fixes the lengths of nonce and tag when it takes the key, so they come first.
    private static func context(_ key: SecretBytes, tagLength: Int, sealing: Int32) -> OpaquePointer? {
        guard let algorithm = Library.aesCCM, let context = EVP_CIPHER_CTX_new() else { return nil }
        let done = key.withUnsafeBytes { bytes in
            EVP_CipherInit_ex2(context, algorithm, nil, nil, sealing, nil) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_IVLEN, Int32(nonceLength), nil) == 1
                && EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), nil) == 1
                && EVP_CipherInit_ex2(
                    context, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), nil, sealing, nil) == 1
        }
        guard done else {
            EVP_CIPHER_CTX_free(context)
            return nil
        }
        return context
    }

    /// CCM authenticates the message's length first, so it has to be told before the associated data.
    private func begin(
        _ context: OpaquePointer, _ nonce: UnsafeRawBufferPointer, sealing: Int32, tag: UnsafeMutableRawPointer? = nil,
        _ associatedData: UnsafeRawBufferPointer, messageLength: Int
    ) throws(SealingError) {
        let start = nonce.baseAddress?.assumingMemoryBound(to: UInt8.self)
        var written: Int32 = 0
        guard EVP_CipherInit_ex2(context, nil, nil, start, sealing, nil) == 1,
            tag == nil || EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, Int32(tagLength), tag) == 1,
            EVP_CipherUpdate(context, nil, &written, nil, Int32(messageLength)) == 1
        else { throw .libraryFailure }
        guard associatedData.count > 0 else { return }
        guard let count = Int32(exactly: associatedData.count) else { throw .wrongLength }
        let data = associatedData.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherUpdate(context, nil, &written, data, count) == 1 else { throw .libraryFailure }
    }

    /// The whole message in one call, also when it is empty: that call makes or checks the tag.
    private func run(
        _ context: OpaquePointer, _ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer
    ) -> Bool {
        var written: Int32 = 0
        return Library.withPresent(input) { start in
            let output = target.assumingMemoryBound(to: UInt8.self)
            return EVP_CipherUpdate(context, output, &written, start, Int32(input.count)) == 1
                && Int(written) == input.count
        }
    }
}
