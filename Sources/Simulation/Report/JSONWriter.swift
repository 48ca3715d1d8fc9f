/// Writes JSON (RFC 8259), byte for byte the same for the same calls. Whoever calls it keeps keys apart and brackets in
/// pairs.
struct JSONWriter {
    private(set) var bytes: [UInt8] = []
    private var needsComma = false

    var text: String { String(decoding: bytes, as: UTF8.self) }

    // MARK: Containers

    mutating func object(_ key: StaticString? = nil, _ members: (inout JSONWriter) -> Void) {
        open(key, "{")
        members(&self)
        close("}")
    }

    mutating func array(_ key: StaticString? = nil, _ elements: (inout JSONWriter) -> Void) {
        open(key, "[")
        elements(&self)
        close("]")
    }

    mutating func array<Element>(
        _ key: StaticString? = nil, of values: some Sequence<Element>, _ each: (inout JSONWriter, Element) -> Void
    ) {
        array(key) { json in for value in values { each(&json, value) } }
    }

    private mutating func open(_ key: StaticString?, _ bracket: Unicode.Scalar) {
        begin(key)
        bytes.append(UInt8(ascii: bracket))
        needsComma = false
    }

    private mutating func close(_ bracket: Unicode.Scalar) {
        bytes.append(UInt8(ascii: bracket))
        needsComma = true
    }

    // MARK: Values

    mutating func integer(_ key: StaticString? = nil, _ value: (some BinaryInteger)?) {
        begin(key)
        bytes += (value.map { String($0) } ?? "null").utf8
    }

    /// As `integer`, under a key that is not known before.
    mutating func integer(named key: String, _ value: some BinaryInteger) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        quote(key.utf8)
        bytes += ":\(value)".utf8
    }

    /// The shortest digits that read back as the same number; null if it is not finite.
    mutating func number(_ key: StaticString? = nil, _ value: Double) {
        begin(key)
        bytes += (value.isFinite ? value.description : "null").utf8
    }

    mutating func flag(_ key: StaticString? = nil, _ value: Bool?) {
        begin(key)
        bytes += (value.map { $0 ? "true" : "false" } ?? "null").utf8
    }

    mutating func string(_ key: StaticString? = nil, _ value: String?) {
        begin(key)
        guard let value else {
            bytes += "null".utf8
            return
        }
        quote(value.utf8)
    }

    // MARK: Bytes

    private mutating func begin(_ key: StaticString?) {
        if needsComma { bytes.append(UInt8(ascii: ",")) }
        needsComma = true
        guard let key else { return }
        key.withUTF8Buffer { quote($0) }
        bytes.append(UInt8(ascii: ":"))
    }

    /// `<`, `>` and `&` are escaped as well, so that the text may stand in a `script` element; and DEL and what JavaScript
    /// once took for ends of lines.
    private mutating func quote(_ characters: some Sequence<UInt8>) {
        bytes.append(UInt8(ascii: "\""))
        for scalar in String(decoding: Array(characters), as: UTF8.self).unicodeScalars {
            switch scalar.value {
            case 0x22, 0x5c: bytes += [0x5c, UInt8(scalar.value)]
            case 0..<0x20, 0x26, 0x3c, 0x3e, 0x7f, 0x2028, 0x2029:
                let digits = String(scalar.value, radix: 16)
                bytes += ("\\u" + String(repeating: "0", count: 4 - digits.count) + digits).utf8
            default: bytes += String(scalar).utf8
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
