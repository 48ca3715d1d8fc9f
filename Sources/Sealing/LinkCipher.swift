import CPrefetch

/// One direction of a link: Noise's CipherState (section 5.1) with ChaCha20-Poly1305 (section 12.3). The nonce is
/// 4 zero bytes ‖ the 64-bit number of the message, least significant byte first, so frames must arrive in order and
/// complete, as L2CAP channels deliver them.
///
/// Nothing is allocated after `init`. Both operations may work in place (output starting where input starts);
/// otherwise output and input must not overlap. Not Sendable: it works inside its context and counts.
public final class LinkCipher {
    /// How much longer sealed bytes are than what they hold.
    public static let tagLength = ChaChaPoly.tagLength
    /// The length of a key in bytes.
    public static let keyLength = ChaChaPoly.keyLength

    /// How many messages were sealed or opened under this key.
    @inlinable public var counter: UInt64 { count.pointee }

    private let cipher: ChaChaPoly
    /// Behind a pointer, since a class's own variable costs an exclusivity check each time it is touched.
    @usableFromInline let count: UnsafeMutablePointer<UInt64>

    /// A key of 32 bytes, else `invalidKey`.
    public convenience init(key: SecretBytes) throws(SealingError) {
        try self.init(key: key, counter: 0)
    }

    init(key: SecretBytes, counter: UInt64) throws(SealingError) {
        cipher = try ChaChaPoly(key: key)
        count = .allocate(capacity: 1)
        count.initialize(to: counter)
    }

    deinit { count.deallocate() }

    // What a message will touch is fetched in two steps, one pointer each: a hint that changes nothing.
    package func fetchCipher() {
        cache_prefetch(Unmanaged.passUnretained(cipher).toOpaque())
        cache_prefetch(count)
    }
    package func fetchContext() { cipher.fetchContext() }

    /// Writes ciphertext ‖ tag, `plaintext.count` + 16 bytes, to the start of `output`. Returns their number.
    ///
    /// Throws `bufferTooSmall`, or `nonceExhausted` after 2^64 - 1 messages.
    public func seal(
        associatedData: UnsafeRawBufferPointer, plaintext: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let number = count.pointee
        guard number < .max else { throw .nonceExhausted }
        let length = try cipher.seal(
            nonce: ChaChaPoly.Nonce(counter: number), associatedData: associatedData, plaintext: plaintext,
            into: output)
        count.pointee = number &+ 1
        return length
    }

    /// Writes the plaintext of the next message to the start of `output`. Returns its length, 16 less than `sealed`.
    ///
    /// Throws `authenticationFailed`, having zeroed what it wrote and without moving on to the next message,
    /// `wrongLength` for less than a tag, `bufferTooSmall`, or `nonceExhausted` after 2^64 - 1 messages.
    public func open(
        associatedData: UnsafeRawBufferPointer, sealed: UnsafeRawBufferPointer,
        into output: UnsafeMutableRawBufferPointer
    ) throws(SealingError) -> Int {
        let number = count.pointee
        guard number < .max else { throw .nonceExhausted }
        let length = try cipher.open(
            nonce: ChaChaPoly.Nonce(counter: number), associatedData: associatedData, sealed: sealed, into: output)
        count.pointee = number &+ 1
        return length
    }
}
