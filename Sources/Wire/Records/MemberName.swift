/// The name of a member or of a network: at most 32 bytes of UTF-8 that are safe to show in a terminal, so without control characters
/// (U+0000 to U+001F, U+007F to U+009F), line and paragraph separators (U+2028, U+2029) and characters that
/// reorder their surroundings (U+202A to U+202E, U+2066 to U+2069).
public struct MemberName: Hashable, Sendable {
    public static let bytesMax = 32

    public let text: String

    /// The empty name.
    public init() { text = "" }

    /// Throws `badText`.
    public init(_ text: String) throws(WireError) {
        guard text.utf8.count <= Self.bytesMax, text.unicodeScalars.allSatisfy(Self.isAllowed) else { throw .badText }
        self.text = text
    }

    /// Throws `badText`.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self) else { throw .badText }
        try self.init(text)
    }

    public var byteCount: Int { text.utf8.count }

    // By bytes: String's own equality takes different spellings of one character for the same.
    public static func == (left: MemberName, right: MemberName) -> Bool {
        left.text.utf8.elementsEqual(right.text.utf8)
    }

    public func hash(into hasher: inout Hasher) {
        for byte in text.utf8 { hasher.combine(byte) }
    }

    static func isAllowed(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x2028...0x202e, 0x2066...0x2069: false
        default: true
        }
    }
}

extension ByteWriter {
    /// A name behind its length byte.
    mutating func name(_ name: MemberName) throws(WireError) {
        try integer(UInt8(truncatingIfNeeded: name.byteCount))
        for byte in name.text.utf8 { try integer(byte) }
    }
}

extension ByteReader {
    /// A name behind its length byte.
    mutating func name() throws(WireError) -> MemberName {
        let length = Int(try integer(UInt8.self))
        guard length <= MemberName.bytesMax else { throw .badText }
        return try MemberName(try bytes(length))
    }
}
