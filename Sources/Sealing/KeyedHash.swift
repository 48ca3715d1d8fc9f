import CCrypto
import Wire

/// AES-128-CMAC (RFC 4493) under a kept key: relay tags, event ids, tokens, recognition values.
///
/// Every packet costs at least one of these. libcrypto's own CMAC spends more on its parameters than on AES, so this is
/// its AES-128-CBC, in one call for a packet, with the subkeys of RFC 4493, section 2.3. Nothing is allocated after
/// `init`; keying a hash afresh costs more than a tag. It works inside its context, even though that does not show: one
/// thread at a time, hence not Sendable.
public final class KeyedHash {
    /// The length of a key in bytes.
    public static let keyLength = 16

    /// What goes through the cipher in one call.
    private static let chunkLength = 256
    private static let blockLength = 16

    private let context: OpaquePointer
    /// What is combined with the last block where it is whole; with one that is not; and what the cipher will combine
    /// with the next first block: the last tag, which is undone, since setting it back costs more than a tag.
    private let masks: UnsafeMutablePointer<(whole: Block, padded: Block, chained: Block)>

    /// A block as two numbers in the machine's order: for combining only.
    private struct Block: BitwiseCopyable {
        var first: UInt64 = 0
        var second: UInt64 = 0

        @inline(__always)
        func combine(into bytes: UnsafeMutableRawPointer) {
            let second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self) ^ second
            let first = bytes.loadUnaligned(as: UInt64.self) ^ first
            bytes.storeBytes(of: first, as: UInt64.self)
            bytes.storeBytes(of: second, toByteOffset: 8, as: UInt64.self)
        }

        /// RFC 4493, section 2.3: shifted by one bit, and reduced.
        var doubled: Block {
            let (high, low) = (UInt64(bigEndian: first), UInt64(bigEndian: second))
            let reduction: UInt64 = high >> 63 == 1 ? 0x87 : 0
            return Block(first: (high << 1 | low >> 63).bigEndian, second: (low << 1 ^ reduction).bigEndian)
        }
    }

    /// A key of 16 bytes, else `invalidKey`.
    public init(key: SecretBytes) throws(SealingError) {
        guard key.count == Self.keyLength else { throw .invalidKey }
        guard let context = key.withUnsafeBytes({ Library.aesContext(key: $0) }) else { throw .libraryFailure }
        self.context = context
        masks = .allocate(capacity: 1)
        masks.initialize(to: (Block(), Block(), Block()))
        deriveMasks()
    }

    /// Takes another key: less than half of what a hash made anew costs. For keys that are used once.
    public func rekey(_ key: Bytes16) {
        key.withUnsafeBytes { bytes in
            withUnsafeBytes(of: Block()) { zero in
                let done = EVP_EncryptInit_ex2(
                    context, nil, bytes.baseAddress?.assumingMemoryBound(to: UInt8.self),
                    zero.baseAddress?.assumingMemoryBound(to: UInt8.self), nil)
                Library.require(done == 1)
            }
        }
        deriveMasks()
    }

    /// RFC 4493, section 2.3, with the context as it is right after its key.
    private func deriveMasks() {
        var block = Block()
        withUnsafeMutableBytes(of: &block) { encrypt($0, Self.blockLength) }
        masks.pointee = (block.doubled, block.doubled.doubled, block)
    }

    deinit {
        OPENSSL_cleanse(masks, MemoryLayout<(Block, Block, Block)>.size)
        masks.deallocate()
        EVP_CIPHER_CTX_free(context)
    }

    /// The 16-byte tag over `bytes`.
    public func tag16(over bytes: UnsafeRawBufferPointer) -> Bytes16 {
        tag(bytes, Self.nothing, Self.nothing)
    }

    /// The 16-byte tag over `first` ‖ `second`.
    public func tag16(over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> Bytes16 {
        tag(first, second, Self.nothing)
    }

    /// The 16-byte tag over `first` ‖ `second` ‖ `third`.
    public func tag16(
        over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> Bytes16 {
        tag(first, second, third)
    }

    /// The first 8 bytes of the tag over `bytes`, as a number read least significant byte first.
    public func tag8(over bytes: UnsafeRawBufferPointer) -> UInt64 {
        Self.short(tag16(over: bytes))
    }

    /// The first 8 bytes of the tag over `first` ‖ `second`, as a number read least significant byte first.
    public func tag8(over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer) -> UInt64 {
        Self.short(tag16(over: first, second))
    }

    /// The first 8 bytes of the tag over `first` ‖ `second` ‖ `third`, read least significant byte first.
    public func tag8(
        over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> UInt64 {
        Self.short(tag16(over: first, second, third))
    }

    /// Whether `tag` is `tag8` over `bytes`, in constant time.
    public func verify8(_ tag: UInt64, over bytes: UnsafeRawBufferPointer) -> Bool {
        Self.same(tag, tag8(over: bytes))
    }

    /// Whether `tag` is `tag8` over `first` ‖ `second`, in constant time.
    public func verify8(
        _ tag: UInt64, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Bool {
        Self.same(tag, tag8(over: first, second))
    }

    /// Whether `tag` is `tag8` over `first` ‖ `second` ‖ `third`, in constant time.
    public func verify8(
        _ tag: UInt64, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer,
        _ third: UnsafeRawBufferPointer
    ) -> Bool {
        Self.same(tag, tag8(over: first, second, third))
    }

    /// Whether `tag` is `tag16` over `bytes`, in constant time.
    public func verify16(_ tag: Bytes16, over bytes: UnsafeRawBufferPointer) -> Bool {
        Self.isEqual(tag, tag16(over: bytes))
    }

    /// As above, over two buffers as if they were one.
    public func verify16(
        _ tag: Bytes16, over first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer
    ) -> Bool {
        Self.isEqual(tag, tag16(over: first, second))
    }

    private static func isEqual(_ tag: Bytes16, _ expected: Bytes16) -> Bool {
        tag.withUnsafeBytes { left in
            expected.withUnsafeBytes { right in CRYPTO_memcmp(left.baseAddress, right.baseAddress, 16) == 0 }
        }
    }

    private static var nothing: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: nil, count: 0) }

    private func tag(
        _ first: UnsafeRawBufferPointer, _ second: UnsafeRawBufferPointer, _ third: UnsafeRawBufferPointer
    ) -> Bytes16 {
        withUnsafeTemporaryAllocation(byteCount: Self.chunkLength, alignment: Self.blockLength) { chunk in
            var filled = 0
            var isFirst = true
            append(first, to: chunk, &filled, &isFirst)
            append(second, to: chunk, &filled, &isFirst)
            append(third, to: chunk, &filled, &isFirst)
            return finish(chunk, filled, isFirst)
        }
    }

    /// Adds `bytes` to the chunk, which goes through the cipher whenever it is full and more follows: the last block is
    /// `finish`'s.
    @inline(__always)
    private func append(
        _ bytes: UnsafeRawBufferPointer, to chunk: UnsafeMutableRawBufferPointer, _ filled: inout Int,
        _ isFirst: inout Bool
    ) {
        guard var source = bytes.baseAddress, let target = chunk.baseAddress else { return }
        var left = bytes.count
        while left > 0 {
            if filled == chunk.count {
                begin(chunk, isFirst)
                encrypt(chunk, filled)
                isFirst = false
                filled = 0
            }
            let count = min(left, chunk.count &- filled)
            (target + filled).copyMemory(from: source, byteCount: count)
            filled &+= count
            source += count
            left &-= count
        }
    }

    /// Undoes what the cipher will combine with the first block of a message.
    @inline(__always)
    private func begin(_ chunk: UnsafeMutableRawBufferPointer, _ isFirst: Bool) {
        if isFirst, let start = chunk.baseAddress { masks.pointee.chained.combine(into: start) }
    }

    /// RFC 4493, section 2.4: a last block that is not whole is padded with a one and zeros, and either is combined with
    /// its subkey.
    @inline(__always)
    private func finish(_ chunk: UnsafeMutableRawBufferPointer, _ filled: Int, _ isFirst: Bool) -> Bytes16 {
        guard let start = chunk.baseAddress else { return Bytes16() }
        let end = max((filled &+ Self.blockLength &- 1) & ~(Self.blockLength &- 1), Self.blockLength)
        let last = start + (end &- Self.blockLength)
        if filled == end {
            masks.pointee.whole.combine(into: last)
        } else {
            chunk[filled] = 0x80
            for place in (filled &+ 1)..<end { chunk[place] = 0 }
            masks.pointee.padded.combine(into: last)
        }
        begin(chunk, isFirst)
        encrypt(chunk, end)
        var tag = Bytes16()
        tag.withUnsafeMutableBytes { $0.copyMemory(from: UnsafeRawBufferPointer(start: last, count: Self.blockLength)) }
        masks.pointee.chained = Block(
            first: last.loadUnaligned(as: UInt64.self), second: last.loadUnaligned(fromByteOffset: 8, as: UInt64.self))
        return tag
    }

    /// `count` bytes in place, whole blocks; what comes next is chained to the last of them.
    @inline(__always)
    private func encrypt(_ bytes: UnsafeMutableRawBufferPointer, _ count: Int) {
        let start = bytes.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Library.require(EVP_Cipher(context, start, start, UInt32(count)) > 0)
    }

    @inline(__always)
    private static func short(_ tag: Bytes16) -> UInt64 {
        tag.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }

    @inline(__always)
    private static func same(_ left: UInt64, _ right: UInt64) -> Bool {
        withUnsafeBytes(of: left) { a in
            withUnsafeBytes(of: right) { b in CRYPTO_memcmp(a.baseAddress, b.baseAddress, 8) == 0 }
        }
    }
}
