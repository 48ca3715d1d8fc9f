import Simulation

/// Files of links beside a scenario: a line a link, as `0-1 70 dB`; empty lines and what follows a `#` do not count.
public struct LinkFiles: Sendable {
    /// What is wrong with a file, as the end of a sentence that begins with the key.
    struct Fault: Error {
        let what: String
        let remedy: String
    }

    static let bytesMax = 4_000_000
    /// Lines that are named.
    private static let wrongMax = 8

    /// The bytes of the file of that name; nil: it cannot be read.
    let read: @Sendable (_ name: String) -> [UInt8]?

    /// - Parameter read: gives the bytes of the file of a name, which is as the scenario has it; nil if it cannot be read.
    public init(read: @escaping @Sendable (_ name: String) -> [UInt8]?) { self.read = read }

    /// No file can be read.
    public static let none = LinkFiles { _ in nil }

    func links(inFile name: String) -> Result<[RadioLink], Fault> {
        guard let bytes = read(name) else {
            return .failure(Fault(what: "names a file that cannot be read", remedy: "Name one beside the scenario"))
        }
        guard bytes.count <= Self.bytesMax, let text = String(validating: bytes, as: UTF8.self) else {
            return .failure(
                Fault(what: "names a file that is no text or has more than 4 MB", remedy: "Name a list of links"))
        }
        var links: [RadioLink] = []
        var wrong: [String] = []
        // A byte order mark may stand before the first line.
        let lines = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
        for (number, line) in lines.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let line = String(line.prefix { $0 != "#" }).trimmed
            if line.isEmpty { continue }
            if let link = RadioLink(text: line), links.count < 100_000 {
                links.append(link)
            } else {
                wrong.append(String(number + 1))
                if wrong.count > Self.wrongMax { break }
            }
        }
        guard !wrong.isEmpty else { return .success(links) }
        let named =
            wrong.prefix(Self.wrongMax).joined(separator: ", ") + (wrong.count > Self.wrongMax ? " and others" : "")
        return .failure(
            Fault(
                what: wrong.count == 1
                    ? "names a file whose line \(named) is no link"
                    : "names a file whose lines \(named) are no links",
                remedy: "Write two houses and the path's loss, such as `0-1 70 dB`; at most 100000 lines"))
    }
}
