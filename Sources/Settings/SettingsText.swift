/// One file's text: valid UTF-8, cut into lines as YAML cuts them.
struct SettingsText {
    let text: String
    /// The lines without their breaks.
    let lines: [[Unicode.Scalar]]

    /// Reads `bytes`. Throws where they are too many or no text, with the place of the first that is not.
    init(bytes: [UInt8]) throws(SettingsFault) {
        if bytes.count > TextGuard.Limit.bytes {
            throw SettingsFault(
                kind: .tooLarge, position: SettingsPosition(line: 1, column: 1),
                what: "The file is larger than \(TextGuard.Limit.bytes / 1_024) kB",
                remedy: "A few are enough: see whether this is the right file")
        }
        // Some editors begin a file with a byte order mark, which says nothing in UTF-8.
        let bytes = bytes.starts(with: [0xEF, 0xBB, 0xBF]) ? Array(bytes.dropFirst(3)) : bytes
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw SettingsFault(
                kind: .notText, position: Self.positionOfInvalidText(bytes), what: "This line is not UTF-8 text",
                remedy: "Save the file as UTF-8")
        }
        self.text = text
        lines = Self.lines(of: text)
        for (index, line) in lines.enumerated() {
            if let column = line.firstIndex(where: Self.isRefused) {
                throw SettingsFault(
                    kind: .notText, position: SettingsPosition(line: index + 1, column: column + 1),
                    what: "This line has a control character", remedy: "Take it away")
            }
        }
    }

    private static func lines(of text: String) -> [[Unicode.Scalar]] {
        var lines: [[Unicode.Scalar]] = [[]]
        var previous: Unicode.Scalar?
        for scalar in text.unicodeScalars {
            if scalar == "\n" && previous == "\r" {
                previous = scalar
                continue
            }
            if isBreak(scalar) { lines.append([]) } else { lines[lines.count - 1].append(scalar) }
            previous = scalar
        }
        return lines
    }

    private static func isBreak(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar {
        case "\n", "\r", "\u{85}", "\u{2028}", "\u{2029}": true
        default: false
        }
    }

    /// What YAML forbids in a stream: it must be found here, for the YAML library gives it no place.
    private static func isRefused(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x09, 0x20...0x7E, 0xA0...0xD7FF, 0xE000...0xFFFD, 0x1_0000...0x10_FFFF: false
        default: true
        }
    }

    private static func positionOfInvalidText(_ bytes: [UInt8]) -> SettingsPosition {
        var line = 1
        for piece in bytes.split(separator: 0x0A, omittingEmptySubsequences: false) {
            guard let valid = String(validating: piece, as: UTF8.self) else {
                let repaired = String(decoding: piece, as: UTF8.self)
                let column = repaired.unicodeScalars.prefix { $0 != "\u{FFFD}" }.count
                return SettingsPosition(line: line, column: column + 1)
            }
            line += max(1, lines(of: valid).count)
        }
        return SettingsPosition(line: 1, column: 1)
    }
}
