/// What the text of a setting may be.
enum TextRule: Sendable {
    case bridgeName
    case absolutePath(bytesMaximum: Int)
    case radioName
    case adapterName
    case hostName
    case word(bytesMaximum: Int)
    case topicPrefix

    /// What is wrong with `text`, as the end of a sentence that begins with the key; nil: nothing.
    func fault(in text: String) -> String? {
        if text.isEmpty { return "is empty" }
        if text.unicodeScalars.contains(where: Self.isControl) { return "contains a control character" }
        if text.utf8.count > bytesMaximum {
            return "is \(text.utf8.count) bytes long, more than the \(bytesMaximum) allowed"
        }
        switch self {
        case .bridgeName:
            let outer = [text.first, text.last]
            return outer.contains(" ") ? "begins or ends with a space" : nil
        case .absolutePath:
            return text.hasPrefix("/") ? nil : "is not an absolute path"
        case .radioName:
            if text.hasPrefix(".") || text.hasPrefix("-") { return "begins with a dot or hyphen" }
            return text.unicodeScalars.allSatisfy(Self.isPlain)
                ? nil : "has a character that a radio's name may not have"
        case .adapterName:
            return Self.isAdapter(text) ? nil : "has `\(text)`, which is no adapter"
        case .hostName:
            let allowed = text.unicodeScalars.allSatisfy { Self.isPlain($0) || $0 == ":" || $0 == "%" }
            return allowed ? nil : "is not a host name or address"
        case .word:
            return nil
        case .topicPrefix:
            return topicFault(in: text)
        }
    }

    /// What the rule asks for, for documents and remedies.
    var summary: String {
        switch self {
        case .bridgeName: "1 to \(bytesMaximum) bytes, no control characters"
        case .absolutePath: "an absolute path of at most \(bytesMaximum) bytes"
        case .radioName: "1 to \(bytesMaximum) of letters, digits, `.`, `-` and `_`"
        case .adapterName: "`hci0` to `hci255` or an adapter's address as `\"00:1B:DC:06:F2:9A\"`"
        case .hostName: "a host name or address, without scheme and port"
        case .word: "at most \(bytesMaximum) bytes, no control characters"
        case .topicPrefix: "a topic of at most \(bytesMaximum) bytes without `+` and `#`, no `/` at either end"
        }
    }

    var bytesMaximum: Int {
        switch self {
        case .bridgeName, .radioName: 32
        case .absolutePath(let bytesMaximum), .word(let bytesMaximum): bytesMaximum
        case .adapterName: 17
        case .hostName: 253
        case .topicPrefix: 64
        }
    }

    private static func isAdapter(_ text: String) -> Bool {
        if text.hasPrefix("hci") { return UInt8(text.dropFirst(3)).map { "hci\($0)" == text } ?? false }
        let groups = text.split(separator: ":", omittingEmptySubsequences: false)
        return groups.count == 6 && groups.allSatisfy { $0.utf8.count == 2 && $0.allSatisfy(\.isHexDigit) }
    }

    private func topicFault(in text: String) -> String? {
        if text.contains("+") || text.contains("#") { return "contains a wildcard" }
        if text.hasPrefix("/") || text.hasSuffix("/") { return "begins or ends with `/`" }
        if text.hasPrefix("$") { return "begins with `$`, which brokers keep for themselves" }
        return nil
    }

    static func isControl(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .lineSeparator, .paragraphSeparator, .format: true
        default: false
        }
    }

    private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", ".", "-", "_": true
        default: false
        }
    }

    /// A valid bridge name made of any text: control characters left out, cut to 32 bytes between characters.
    static func bridgeName(from text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars.prefix(256) where !isControl(scalar) {
            if name.isEmpty && scalar == " " { continue }
            if name.utf8.count + UTF8.width(scalar) > TextRule.bridgeName.bytesMaximum { break }
            name.unicodeScalars.append(scalar)
        }
        while name.hasSuffix(" ") { name.removeLast() }
        return TextRule.bridgeName.fault(in: name) == nil ? name : "bridge"
    }

    /// A valid radio name made of any text: what may not stand in one becomes a hyphen.
    static func radioName(from text: String) -> String {
        var name = ""
        for scalar in text.unicodeScalars.prefix(TextRule.radioName.bytesMaximum) {
            name.unicodeScalars.append(isPlain(scalar) ? scalar : "-")
        }
        while name.hasPrefix(".") || name.hasPrefix("-") { name.removeFirst() }
        return name.isEmpty ? "bridge" : name
    }
}
