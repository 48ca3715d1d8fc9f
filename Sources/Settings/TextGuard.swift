/// Refuses, before the YAML library sees a file, the forms of YAML that settings have no use for and that cost
/// unbounded time or stack to compose: anchors and aliases, tags, deep nesting; and with them block text, text in
/// quotes over several lines, explicit keys and directives, so that one pass by lines knows what is quoted.
///
/// The pass may misread a text that is invalid anyway. The raw limits hold whatever it makes of a file: so few
/// asterisks cannot blow up, so few brackets cannot overflow the stack.
struct TextGuard {
    /// The limits of one file.
    enum Limit {
        static let bytes = 256 * 1_024
        static let nesting = 16
        static let brackets = 256
        static let asterisks = 24
        static let indentation = 64
        static let faults = 20
    }

    private(set) var faults: [SettingsFault] = []
    private var bracketDepth = 0
    private var bracketCount = 0
    private var asteriskCount = 0
    private var lineNumber = 0

    /// Every refused form in `lines`, the first `Limit.faults` of them.
    static func faults(in lines: [[Unicode.Scalar]]) -> [SettingsFault] {
        var textGuard = TextGuard()
        for line in lines {
            textGuard.lineNumber += 1
            textGuard.countRaw(line)
            textGuard.scan(line)
            if textGuard.faults.count >= Limit.faults { break }
        }
        return textGuard.faults
    }

    private mutating func refuse(_ column: Int, _ what: String, _ remedy: String) {
        faults.append(
            SettingsFault(
                kind: .refusedForm, position: SettingsPosition(line: lineNumber, column: column + 1), what: what,
                remedy: remedy))
    }

    private mutating func countRaw(_ line: [Unicode.Scalar]) {
        let indentation = line.prefix { " \t-?:".unicodeScalars.contains($0) }.count
        if indentation > Limit.indentation && indentation < line.count {
            refuse(indentation, "This line begins beyond column \(Limit.indentation)", "Indent by two spaces a level")
        }
        for (column, scalar) in line.enumerated() {
            if scalar == "[" || scalar == "{" {
                bracketCount += 1
                if bracketCount == Limit.brackets + 1 {
                    refuse(
                        column, "The file has more than \(Limit.brackets) opening brackets",
                        "Take brackets away: a list of one needs none, and entries can stand in lines")
                }
            }
            if scalar == "*", column + 1 < line.count, Self.isNameScalar(line[column + 1]) {
                asteriskCount += 1
                if asteriskCount == Limit.asterisks + 1 {
                    refuse(
                        column, "The file has more than \(Limit.asterisks) words that begin with an asterisk",
                        "Take asterisks away, in comments too")
                }
            }
        }
    }

    /// Walks one line token by token. Quotes end on their line, so nothing but `bracketDepth` is carried over.
    private mutating func scan(_ line: [Unicode.Scalar]) {
        var column = 0
        var isTokenStart = true
        if line.first == "%" { refuse(0, "A line that begins with `%` is a YAML directive", "Take the line away") }
        while column < line.count {
            let scalar = line[column]
            let isSpaceBefore = column == 0 || Self.isBlank(line[column - 1])
            if scalar == "#" && isSpaceBefore { return }
            if Self.isBlank(scalar) {
                column += 1
            } else if isTokenStart {
                guard let next = scanToken(line, column, &isTokenStart) else { return }
                column = next
            } else {
                isTokenStart = endsPlain(line, column)
                if isTokenStart { countBracket(scalar, column) }
                column += 1
            }
        }
    }

    /// Reads what may begin a token at `column`. Returns the column to go on at; nil: the line's rest is of no use.
    private mutating func scanToken(_ line: [Unicode.Scalar], _ column: Int, _ isTokenStart: inout Bool) -> Int? {
        let scalar = line[column]
        let next = column + 1 < line.count ? line[column + 1] : nil
        switch scalar {
        case "\"", "'":
            guard let end = Self.endOfQuote(line, column) else {
                refuse(
                    column, "A quotation does not end on its line",
                    "Close it on this line; a text that only begins with a quote needs quotes around it")
                return nil
            }
            return end + 1
        case "[", "{", "]", "}", ",":
            countBracket(scalar, column)
            return column + 1
        case "-" where next.map(Self.isBlank) ?? true, ":" where endsPlain(line, column):
            return column + 1
        case "?" where next.map(Self.isBlank) ?? true:
            refuse(column, "A key of its own line (`?`) is not allowed here", "Write `key: value`")
        case "&" where next.map(Self.isNameScalar) ?? false, "*" where next.map(Self.isNameScalar) ?? false:
            refuse(
                column, "Anchors and aliases are not allowed here",
                "Write the value out; put a text that begins with `\(scalar)` in quotes")
        case "!":
            refuse(column, "Tags are not allowed here", "Put a text that begins with `!` in quotes")
        case "|" where bracketDepth == 0, ">" where bracketDepth == 0:
            refuse(column, "Text of several lines is not allowed here", "Write the value on one line")
            return nil
        default:
            break
        }
        isTokenStart = false
        return column + 1
    }

    private mutating func countBracket(_ scalar: Unicode.Scalar, _ column: Int) {
        if scalar == "[" || scalar == "{" { bracketDepth += 1 }
        if scalar == "]" || scalar == "}" { bracketDepth = max(0, bracketDepth - 1) }
        if bracketDepth == Limit.nesting + 1 {
            refuse(
                column, "Brackets are nested deeper than \(Limit.nesting)", "Nothing here needs that: take them away")
        }
    }

    /// Whether the scalar at `column` ends a bare text, so that a new token may begin after it.
    private func endsPlain(_ line: [Unicode.Scalar], _ column: Int) -> Bool {
        let next = column + 1 < line.count ? line[column + 1] : nil
        switch line[column] {
        case ":": return bracketDepth > 0 || (next.map(Self.isBlank) ?? true)
        case ",", "[", "]", "{", "}": return bracketDepth > 0
        default: return false
        }
    }

    private static func endOfQuote(_ line: [Unicode.Scalar], _ start: Int) -> Int? {
        let quote = line[start]
        var column = start + 1
        while column < line.count {
            if quote == "\"" && line[column] == "\\" {
                column += 2
            } else if line[column] != quote {
                column += 1
            } else if quote == "'" && column + 1 < line.count && line[column + 1] == "'" {
                column += 2
            } else {
                return column
            }
        }
        return nil
    }

    private static func isBlank(_ scalar: Unicode.Scalar) -> Bool {
        scalar == " " || scalar == "\t"
    }

    private static func isNameScalar(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "a"..."z", "A"..."Z", "0"..."9", "_", "-": true
        default: false
        }
    }
}
