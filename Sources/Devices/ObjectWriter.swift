import Wire

/// Writes objects as a device would send them.
public enum ObjectWriter {
    /// Most bytes of objects that one frame holds: the service data less info byte, counter and MIC.
    public static let bytesMax = BTHomeAdvertisement.serviceDataBytesMax - 9
    /// Most arguments of a command: what five bits count.
    static let commandArgumentsMax = 31

    /// The objects of words such as `opening=1 button=press temperature=25.06`, sorted by object id as BTHome asks.
    /// Objects of one name keep their order, so that the second `button=` is button 2.
    ///
    /// Values: numbers exactly; 0 or 1, off or on, or the two meanings for binary sensors; event names for buttons and
    /// commands (`command=toggle` or, with arguments, `command=toggle:0a0b`); `dimmer=rotate_left:3`; text as it is; raw
    /// as hexadecimal digits; `firmware=4.2.1.0`. Of several object ids of one name the lowest that holds the
    /// value exactly is taken.
    ///
    /// Throws `unusableWord`, or `tooLong` if it is more than a frame holds.
    public static func bytes(words: [String]) throws(BTHomeError) -> [UInt8] {
        var objects: [(order: Int, bytes: [UInt8])] = []
        for (order, word) in words.enumerated() { objects.append((order, try object(word))) }
        objects.sort { ($0.bytes[0], $0.order) < ($1.bytes[0], $1.order) }
        let bytes = objects.flatMap(\.bytes)
        guard bytes.count <= bytesMax else { throw .tooLong }
        return bytes
    }

    /// One object: its id, then its value.
    private static func object(_ word: String) throws(BTHomeError) -> [UInt8] {
        guard let separator = word.firstIndex(of: "=") else { throw .unusableWord(word) }
        let text = String(word[word.index(after: separator)...])
        for kind in ObjectTable.kinds(named: String(word[..<separator])) {
            if let value = value(text, kind: kind), let field = field(value, form: kind.form) {
                return [kind.id] + field
            }
        }
        throw .unusableWord(word)
    }

    /// The value that `text` stands for in an object of that kind, or nil.
    private static func value(_ text: String, kind: ObjectKind) -> MeasurementValue? {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        let rest = parts.count > 1 ? parts[1] : ""
        switch kind.form {
        case .number: return ScaledDecimal(text).map { .number($0) }
        case .binary(let off, let on):
            if text == "1" || text == "on" || text == on { return .binary(true) }
            return text == "0" || text == "off" || text == off ? .binary(false) : nil
        case .button: return ButtonEvent(name: text).map { .button($0) }
        case .dimmer:
            guard let direction = DimmerDirection(name: String(parts[0])), let steps = UInt8(rest) else { return nil }
            return .dimmer(direction, steps: steps)
        case .command:
            guard let event = CommandEvent(name: String(parts[0])), let arguments = Hexadecimal.bytes(rest) else {
                return nil
            }
            return .command(event, arguments: arguments)
        case .timestamp: return UInt32(text).map { .timestamp($0) }
        case .text: return .text(text)
        case .raw: return Hexadecimal.bytes(text[...]).map { .raw($0) }
        case .deviceType: return UInt16(text).map { .deviceType($0) }
        case .firmware:
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map { UInt8($0) }
            return parts.contains(nil) ? nil : .firmware(parts.compactMap { $0 })
        }
    }

    /// The bytes behind the object id, or nil if the form cannot hold the value exactly.
    static func field(_ value: MeasurementValue, form: ObjectForm) -> [UInt8]? {
        switch (form, value) {
        case (.number(let bytes, let isSigned, let multiplier, let places), .number(let number)):
            guard let units = number.units(atDecimalPlaces: places), units % multiplier == 0 else { return nil }
            return integerBytes(units / multiplier, count: bytes, isSigned: isSigned)
        case (.binary, .binary(let isOn)): return [isOn ? 1 : 0]
        case (.button, .button(let event)): return [event.rawValue]
        case (.dimmer, .dimmer(let direction, let steps)): return [direction.rawValue, steps]
        case (.command, .command(let event, let arguments)):
            guard arguments.count <= commandArgumentsMax else { return nil }
            return [UInt8(arguments.count), event.rawValue] + arguments
        case (.timestamp, .timestamp(let seconds)): return integerBytes(Int64(seconds), count: 4, isSigned: false)
        case (.text, .text(let text)): return lengthAndBytes(Array(text.utf8))
        case (.raw, .raw(let bytes)): return lengthAndBytes(bytes)
        case (.deviceType, .deviceType(let number)): return integerBytes(Int64(number), count: 2, isSigned: false)
        case (.firmware(let count), .firmware(let parts)): return parts.count == count ? parts.reversed() : nil
        default: return nil
        }
    }

    private static func lengthAndBytes(_ bytes: [UInt8]) -> [UInt8]? {
        bytes.count <= bytesMax ? [UInt8(bytes.count)] + bytes : nil
    }

    /// `value` in `count` bytes, little endian, or nil if it is out of range.
    private static func integerBytes(_ value: Int64, count: Int, isSigned: Bool) -> [UInt8]? {
        let bits = 8 * count - (isSigned ? 1 : 0)
        let limit = Int64(1) << Int64(bits)
        guard value < limit, value >= (isSigned ? -limit : 0) else { return nil }
        return (0..<count).map { UInt8(truncatingIfNeeded: value >> Int64(8 * $0)) }
    }
}
