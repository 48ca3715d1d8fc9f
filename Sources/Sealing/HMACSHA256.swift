import CCrypto
import Wire

/// HMAC-SHA256 (RFC 2104) under a kept key, in parts and over and over with one context.
///
/// It is put together from SHA-256 itself: libcrypto's own HMAC looks its hash up by name for every context, which costs
/// more than a short code does.
///
/// Belongs to one thread at a time. What it returns may be a key: whoever keeps it puts it into `SecretBytes`.
public struct HMACSHA256: ~Copyable {
    private static let blockLength = 64
    private static let innerPad: UInt64 = 0x3636_3636_3636_3636
    private static let outerPad: UInt64 = 0x5c5c_5c5c_5c5c_5c5c

    private let context: OpaquePointer
    /// The key, filled up to a block with zeros and combined with the inner pad.
    private let block: UnsafeMutableRawBufferPointer

    /// Whether the context holds the beginning of a code.
    private var isBegun = false

    /// A key of any length.
    public init(key: UnsafeRawBufferPointer) {
        (context, block) = Self.made(key)
    }

    /// A key of any length.
    public init(key: SecretBytes) {
        (context, block) = key.withUnsafeBytes { Self.made($0) }
    }

    private static func made(_ key: UnsafeRawBufferPointer) -> (OpaquePointer, UnsafeMutableRawBufferPointer) {
        let context = Library.require(EVP_MD_CTX_new())
        let block = UnsafeMutableRawBufferPointer.allocate(byteCount: blockLength, alignment: 8)
        block.initializeMemory(as: UInt8.self, repeating: 0)
        if key.count <= blockLength {
            block.copyMemory(from: key)
        } else {
            begin(context)
            add(key, context)
            end(context, into: block)
        }
        combine(block, innerPad)
        return (context, block)
    }

    deinit {
        EVP_MD_CTX_free(context)
        OPENSSL_cleanse(block.baseAddress, block.count)
        block.deallocate()
    }

    /// Adds `bytes` to what is authenticated.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > 0 else { return }
        beginInner()
        Self.add(bytes, context)
    }

    /// Adds the UTF-8 of `text`, without a length or end mark.
    public mutating func update(_ text: StaticString) {
        text.withUTF8Buffer { update(UnsafeRawBufferPointer($0)) }
    }

    /// Writes the authentication code of everything added since the last call to `code`, which holds 32 bytes;
    /// afterwards nothing is added.
    mutating func finish(into code: UnsafeMutableRawBufferPointer) {
        beginInner()
        Self.end(context, into: code)
        Self.combine(block, Self.innerPad ^ Self.outerPad)
        Self.begin(context)
        Self.add(UnsafeRawBufferPointer(block), context)
        Self.add(UnsafeRawBufferPointer(rebasing: code[..<32]), context)
        Self.end(context, into: code)
        Self.combine(block, Self.innerPad ^ Self.outerPad)
        isBegun = false
    }

    /// The authentication code of everything added since the last call; afterwards nothing is added.
    public mutating func finish() -> Bytes32 {
        var code = Bytes32()
        code.withUnsafeMutableBytes { finish(into: $0) }
        return code
    }

    /// The authentication code of `message` under `key`.
    public static func code(key: SecretBytes, over message: [UInt8]) -> Bytes32 {
        var code = HMACSHA256(key: key)
        message.withUnsafeBytes { code.update($0) }
        return code.finish()
    }

    // MARK: The hash

    private mutating func beginInner() {
        guard !isBegun else { return }
        Self.begin(context)
        Self.add(UnsafeRawBufferPointer(block), context)
        isBegun = true
    }

    private static func begin(_ context: OpaquePointer) {
        Library.require(EVP_DigestInit_ex2(context, Library.sha256, nil) == 1)
    }

    private static func add(_ bytes: UnsafeRawBufferPointer, _ context: OpaquePointer) {
        Library.require(EVP_DigestUpdate(context, bytes.baseAddress, bytes.count) == 1)
    }

    /// Ends a hash; its 32 bytes go to the start of `hash`.
    private static func end(_ context: OpaquePointer, into hash: UnsafeMutableRawBufferPointer) {
        Library.require(hash.count >= 32)
        let start = hash.baseAddress?.assumingMemoryBound(to: UInt8.self)
        Library.require(EVP_DigestFinal_ex(context, start, nil) == 1)
    }

    private static func combine(_ block: UnsafeMutableRawBufferPointer, _ pad: UInt64) {
        for place in stride(from: 0, to: blockLength, by: 8) {
            let word = block.load(fromByteOffset: place, as: UInt64.self)
            block.storeBytes(of: word ^ pad, toByteOffset: place, as: UInt64.self)
        }
    }
}
