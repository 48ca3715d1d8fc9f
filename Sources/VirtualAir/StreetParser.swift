/// Reads a street file. Takes any bytes.
struct StreetParser {
    private let path: String
    private let bytes: UnsafeRawBufferPointer
    private var offset = 0
    private var line = 1
    private var lineStart = 0
    private var paths: [Street.Pair: AirPath] = [:]
    private var lines: [Street.Pair: Int] = [:]

    /// - Throws: at the first thing that is wrong.
    static func parse(_ bytes: UnsafeRawBufferPointer, path: String) throws(StreetError) -> Street {
        var parser = StreetParser(path: path, bytes: bytes)
        guard bytes.count <= Street.fileBytesMax else {
            throw parser.error(at: 0, .tooLong(bytesMax: Street.fileBytesMax))
        }
        while parser.offset < bytes.count { try parser.parseLine() }
        return Street(paths: parser.paths)
    }

    private init(path: String, bytes: UnsafeRawBufferPointer) {
        self.path = path
        self.bytes = bytes
    }

    private mutating func parseLine() throws(StreetError) {
        let start = nextWord()
        if !start.isEmpty {
            let from = try name(start)
            let arrow = nextWord()
            let bothWays = text(arrow) == "<->"
            guard bothWays || text(arrow) == "->" else { throw error(at: arrow, .arrowExpected(found: text(arrow))) }
            let end = nextWord()
            let to = try name(end)
            guard from != to else { throw error(at: end, .hearsItself(to.text)) }
            let airPath = try options()
            try add(Street.Pair(from: from, to: to), airPath, at: start)
            if bothWays { try add(Street.Pair(from: to, to: from), airPath, at: start) }
        }
        endLine()
    }

    private mutating func add(_ pair: Street.Pair, _ path: AirPath, at word: Range<Int>) throws(StreetError) {
        if let firstLine = lines[pair] {
            throw error(at: word, .pathRepeated(from: pair.from.text, to: pair.to.text, firstLine: firstLine))
        }
        guard paths.count < Street.pathsMax else { throw error(at: word, .tooManyPaths(pathsMax: Street.pathsMax)) }
        paths[pair] = path
        lines[pair] = line
    }

    private mutating func options() throws(StreetError) -> AirPath {
        var loss: Int?
        var signal: Int?
        var delay: Int?
        while true {
            let option = nextWord()
            if option.isEmpty { break }
            switch text(option) {
            case "loss": loss = try number(after: option, was: loss, 0, 100)
            case "signal": signal = try number(after: option, was: signal, -127, 20)
            case "delay": delay = try number(after: option, was: delay, 0, 10_000)
            default: throw error(at: option, .optionUnknown(found: text(option)))
            }
        }
        return AirPath(
            lossPercent: UInt8(clamping: loss ?? 0), signalDBm: signal.map { Int8(clamping: $0) },
            delayMilliseconds: UInt16(clamping: delay ?? 0))
    }

    private mutating func number(
        after option: Range<Int>, was: Int?, _ low: Int, _ high: Int
    ) throws(StreetError) -> Int {
        guard was == nil else { throw error(at: option, .optionRepeated(text(option))) }
        let word = nextWord()
        guard let value = Int(text(word)), value >= low, value <= high else {
            throw error(
                at: word, .numberExpected(option: text(option), found: text(word), low: low, high: high))
        }
        return value
    }

    private func name(_ word: Range<Int>) throws(StreetError) -> AirName {
        guard let name = AirName(bytes: UnsafeRawBufferPointer(rebasing: bytes[word])) else {
            throw error(at: word, .nameExpected(found: text(word)))
        }
        return name
    }

    /// The next word of this line; empty, at the line's end, if there is none.
    private mutating func nextWord() -> Range<Int> {
        while offset < bytes.count, isBlank(bytes[offset]) { offset &+= 1 }
        if offset < bytes.count, bytes[offset] == UInt8(ascii: "#") {
            while offset < bytes.count, bytes[offset] != UInt8(ascii: "\n") { offset &+= 1 }
        }
        let start = offset
        while offset < bytes.count, !isBlank(bytes[offset]), bytes[offset] != UInt8(ascii: "\n"),
            bytes[offset] != UInt8(ascii: "#")
        {
            offset &+= 1
        }
        return start..<offset
    }

    private mutating func endLine() {
        if offset < bytes.count { offset &+= 1 }
        line &+= 1
        lineStart = offset
    }

    private func isBlank(_ byte: UInt8) -> Bool { byte == 0x20 || byte == 0x09 || byte == 0x0d }

    /// A word for comparing and for messages: cut at 40 bytes, and what is no printable ASCII replaced.
    private func text(_ word: Range<Int>) -> String {
        let bytes = bytes[word].prefix(40).map { $0 >= 0x20 && $0 < 0x7f ? $0 : UInt8(ascii: "?") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func error(at word: Range<Int>, _ problem: StreetError.Problem) -> StreetError {
        error(at: word.lowerBound &- lineStart, problem)
    }
    private func error(at column: Int, _ problem: StreetError.Problem) -> StreetError {
        StreetError(path: path, line: line, column: column &+ 1, problem: problem)
    }
}
