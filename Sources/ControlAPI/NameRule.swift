/// What a name may be: short, visible, and safe to print on a terminal and to put in a topic.
public struct NameRule: Sendable {
    public let bytesMax: Int

    /// Of an own device: known only to this bridge and its broker.
    public static let device = NameRule(bytesMax: 64)
    /// Of a member or a network: carried in records.
    public static let member = NameRule(bytesMax: 32)

    /// What is wrong with `name`, in words; nil if nothing is.
    public func problem(with name: String) -> String? {
        if name.isEmpty { return "must not be empty" }
        if name.utf8.count > bytesMax { return "is longer than \(bytesMax) bytes" }
        if name.first?.isWhitespace == true || name.last?.isWhitespace == true {
            return "must not begin or end with a space"
        }
        return name.unicodeScalars.contains(where: Self.isInvisible) ? "holds a control character" : nil
    }

    /// `text` with a question mark for everything that could play tricks on a terminal. Keeps line breaks.
    public static func printable(_ text: String) -> String {
        guard text.unicodeScalars.contains(where: { isInvisible($0) && $0 != "\n" }) else { return text }
        var printable = String.UnicodeScalarView()
        for scalar in text.unicodeScalars { printable.append(isInvisible(scalar) && scalar != "\n" ? "?" : scalar) }
        return String(printable)
    }

    private static func isInvisible(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.properties.generalCategory {
        case .control, .format, .surrogate, .privateUse, .unassigned, .lineSeparator, .paragraphSeparator: true
        default: false
        }
    }
}
