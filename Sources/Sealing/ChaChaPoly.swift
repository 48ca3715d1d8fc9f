import CCrypto
import CPrefetch

/// ChaCha20-Poly1305 (RFC 8439) under a kept key, the nonce given with every message. The context serves both
/// directions. Not Sendable: it works inside the context.
final class ChaChaPoly {
    static let keyLength = 32
    static let tagLength = 16

    /// 12 bytes, in the order of the fields.
    struct Nonce: BitwiseCopyable {
        var first: UInt32
        var second: UInt32
        var third: UInt32

        /// Noise, section 12.3: 4 zero bytes ‖ `counter`, least significant byte first.
        @inline(__always)
        init(counter: UInt64) {
            first = 0
            second = UInt32(truncatingIfNeeded: counter).littleEndian
            third = UInt32(truncatingIfNeeded: counter >> 32).littleEndian
        }

        /// The bytes as they stand; nil unless there are 12.
        init?(_ bytes: UnsafeRawBufferPointer) {
            guard bytes.count == 12 else { return nil }
            first = bytes.loadUnaligned(fromByteOffset: 0, as: UInt32.self)
            second = bytes.loadUnaligned(fromByteOffset: 4, as: UInt32.self)
            third = bytes.loadUnaligned(fromByteOffset: 8, as: UInt32.self)
        }
    }

    private let context: OpaquePointer
    /// Where libcrypto finds or leaves a tag: an array of one and its end, kept since `EVP_CIPHER_CTX_ctrl` makes one for
    /// each message.
    private let tagPlace: UnsafeMutablePointer<OSSL_PARAM>
    private static let tagName: StaticString = "tag"

    /// A key of 32 bytes, else `invalidKey`.
    init(key: SecretBytes) throws(SealingError) {
        guard key.count == Self.keyLength else { throw .invalidKey }
        guard let algorithm = Library.chaChaPoly, let context = EVP_CIPHER_CTX_new() else { throw .libraryFailure }
        let done = key.withUnsafeBytes { bytes in
            let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
            return EVP_CipherInit_ex2(context, algorithm, start, nil, 1, nil)
        }
        guard done == 1 else {
            EVP_CIPHER_CTX_free(context)
            throw .libraryFailure
        }
        self.context = context
        tagPlace = .allocate(capacity: 2)
        let name = UnsafeRawPointer(Self.tagName.utf8Start).assumingMemoryBound(to: CChar.self)
        tagPlace.initialize(to: OSSL_PARAM_construct_octet_string(name, nil, Self.tagLength))
        (tagPlace + 1).initialize(to: OSSL_PARAM_construct_end())
    }

    deinit {
        EVP_CIPHER_CTX_free(context)
        tagPlace.deallocate()
    }

    /// The context, and what it points to: that was allocated right after it, if memory was in one piece.
    func fetchContext() {
        let start = UnsafeRawPointer(context)
        for line in 0..<Self.contextLines { cache_prefetch(start + line * 64) }
        cache_prefetch(tagPlace)
    }
    private static let contextLines = 16

    /// Writes ciphertext ‖ 16-byte tag to `output`. Returns their length.
    func seal(
        nonce: Nonce, associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let length = plaintext.count
        guard length < Int(Int32.max) - Self.tagLength else { throw .wrongLength }
        guard let target = output.baseAddress, output.count >= length &+ Self.tagLength else { throw .bufferTooSmall }
        try begin(nonce, sealing: 1, nil)
        try add(associatedData)
        try run(plaintext, into: target)
        tagPlace.pointee.data = target + length
        guard final(target + length) == 1, EVP_CIPHER_CTX_get_params(context, tagPlace) == 1 else {
            throw .libraryFailure
        }
        return length &+ Self.tagLength
    }

    /// Writes the plaintext of `sealed` = ciphertext ‖ 16-byte tag to `output`, where zeros stand if it is no good.
    /// Returns its length.
    func open(
        nonce: Nonce, associatedData: UnsafeRawBufferPointer, sealed: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let length = sealed.count &- Self.tagLength
        guard let source = sealed.baseAddress, length >= 0, sealed.count < Int(Int32.max) else { throw .wrongLength }
        guard output.count >= length else { throw .bufferTooSmall }
        tagPlace.pointee.data = UnsafeMutableRawPointer(mutating: source + length)
        try begin(nonce, sealing: 0, tagPlace)
        try add(associatedData)
        if let target = output.baseAddress {
            try run(UnsafeRawBufferPointer(start: source, count: length), into: target)
        }
        var nothing: UInt64 = 0
        guard final(&nothing) == 1 else {
            OPENSSL_cleanse(output.baseAddress, length)
            throw .authenticationFailed
        }
        return length
    }

    @inline(__always)
    private func begin(
        _ nonce: Nonce, sealing: Int32, _ parameters: UnsafePointer<OSSL_PARAM>?
    ) throws(SealingError) {
        let done = withUnsafeBytes(of: nonce) { bytes in
            EVP_CipherInit_ex2(
                context, nil, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self), sealing, parameters)
        }
        guard done == 1 else { throw .libraryFailure }
    }

    /// Empty input must not reach libcrypto here, which takes a null address for the end of the message.
    @inline(__always)
    private func add(_ associatedData: UnsafeRawBufferPointer) throws(SealingError) {
        guard associatedData.count > 0 else { return }
        guard let count = Int32(exactly: associatedData.count) else { throw .wrongLength }
        var written: Int32 = 0
        let start = associatedData.baseAddress?.assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherUpdate(context, nil, &written, start, count) == 1 else { throw .libraryFailure }
    }

    @inline(__always)
    private func run(_ input: UnsafeRawBufferPointer, into target: UnsafeMutableRawPointer) throws(SealingError) {
        guard input.count > 0 else { return }
        var written: Int32 = 0
        let start = input.baseAddress?.assumingMemoryBound(to: UInt8.self)
        let output = target.assumingMemoryBound(to: UInt8.self)
        guard EVP_CipherUpdate(context, output, &written, start, Int32(input.count)) == 1,
            Int(written) == input.count
        else { throw .libraryFailure }
    }

    @inline(__always)
    private func final(_ target: UnsafeMutableRawPointer) -> Int32 {
        var written: Int32 = 0
        return EVP_CipherFinal_ex(context, target.assumingMemoryBound(to: UInt8.self), &written)
    }
}
