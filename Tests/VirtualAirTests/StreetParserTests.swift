import Testing

@testable import VirtualAir

private func parse(_ text: String) throws(StreetError) -> Street { try parse(Array(text.utf8)) }
private func parse(_ bytes: [UInt8]) throws(StreetError) -> Street {
    let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
    defer { copy.deallocate() }
    copy.copyBytes(from: bytes)
    return try StreetParser.parse(UnsafeRawBufferPointer(copy), path: "street")
}
private func name(_ text: String) throws -> AirName { try #require(AirName(text)) }

struct BadStreet: Sendable {
    var text: String
    var line: Int
    var column: Int
    var problem: StreetError.Problem
}

private let badStreets: [BadStreet] = [
    BadStreet(text: "left <-> mid.dle\n", line: 1, column: 10, problem: .nameExpected(found: "mid.dle")),
    BadStreet(text: "# fine\n\nleft <->\n", line: 3, column: 9, problem: .nameExpected(found: "")),
    BadStreet(text: "left", line: 1, column: 5, problem: .arrowExpected(found: "")),
    BadStreet(text: "left right\n", line: 1, column: 6, problem: .arrowExpected(found: "right")),
    BadStreet(text: "a -> b\n  b <- a\n", line: 2, column: 5, problem: .arrowExpected(found: "<-")),
    BadStreet(text: "a -> b los 10\n", line: 1, column: 8, problem: .optionUnknown(found: "los")),
    BadStreet(
        text: "a -> b loss ten\n", line: 1, column: 13,
        problem: .numberExpected(option: "loss", found: "ten", low: 0, high: 100)),
    BadStreet(
        text: "a -> b loss 101\n", line: 1, column: 13,
        problem: .numberExpected(option: "loss", found: "101", low: 0, high: 100)),
    BadStreet(
        text: "a -> b loss\n", line: 1, column: 12,
        problem: .numberExpected(option: "loss", found: "", low: 0, high: 100)),
    BadStreet(
        text: "a -> b signal -128 # low\n", line: 1, column: 15,
        problem: .numberExpected(option: "signal", found: "-128", low: -127, high: 20)),
    BadStreet(
        text: "a -> b delay 99999999999999999999\n", line: 1, column: 14,
        problem: .numberExpected(option: "delay", found: "99999999999999999999", low: 0, high: 10_000)),
    BadStreet(text: "a -> b loss 1 loss 2\n", line: 1, column: 15, problem: .optionRepeated("loss")),
    BadStreet(text: "a -> b\r\nc -> c\r\n", line: 2, column: 6, problem: .hearsItself("c")),
    BadStreet(
        text: "a <-> b\nb -> a\n", line: 2, column: 1, problem: .pathRepeated(from: "b", to: "a", firstLine: 1)),
    BadStreet(
        text: "a -> \(String(repeating: "b", count: 33))\n", line: 1, column: 6,
        problem: .nameExpected(found: String(repeating: "b", count: 33))),
    BadStreet(text: "a -> b\0c\n", line: 1, column: 6, problem: .nameExpected(found: "b?c")),
]

@Suite struct StreetParserTests {
    @Test func streetSaysWhoHearsWhom() throws {
        let street = try parse(
            """
            # who hears whom; <-> both ways, -> one way; loss in percent, signal in dBm, delay in ms
            left <-> middle
            \tmiddle <-> right loss 10 signal -70 # behind the hedge
            sensor -> left delay 20 loss 5
            far -> left loss 100
            """)
        let (left, middle, right) = (try name("left"), try name("middle"), try name("right"))
        let (sensor, far) = (try name("sensor"), try name("far"))
        #expect(street.path(from: left, to: middle) == AirPath())
        #expect(street.path(from: middle, to: left) == AirPath())
        #expect(street.path(from: right, to: middle) == AirPath(lossPercent: 10, signalDBm: -70))
        #expect(street.path(from: middle, to: right) == AirPath(lossPercent: 10, signalDBm: -70))
        #expect(street.path(from: sensor, to: left) == AirPath(lossPercent: 5, delayMilliseconds: 20))
        #expect(street.path(from: left, to: sensor) == nil)
        #expect(street.path(from: left, to: right) == nil)
        #expect(street.path(from: far, to: left) == nil)
        #expect(street.path(from: left, to: left) == nil)
    }

    @Test func withoutFileEveryoneHearsEveryoneAndWithEmptyOneNobodyDoes() throws {
        let (left, right) = (try name("left"), try name("right"))
        #expect(Street.open.path(from: left, to: right) == AirPath())
        #expect(Street.open.path(from: left, to: left) == nil)
        #expect(try parse("").path(from: left, to: right) == nil)
        #expect(try parse("\n# nobody").path(from: left, to: right) == nil)
    }

    @Test(arguments: badStreets) func badStreetIsRefusedWithItsPlace(_ bad: BadStreet) {
        let error = #expect(throws: StreetError.self) { try parse(bad.text) }
        #expect(error == StreetError(path: "street", line: bad.line, column: bad.column, problem: bad.problem))
        #expect(error?.description.hasPrefix("street:\(bad.line):\(bad.column): ") == true)
    }

    @Test func messagesSayWhatToDo() {
        let unknown = #expect(throws: StreetError.self) { try parse("a -> b los 10") }
        #expect(unknown?.description == "street:1:8: \"los\" is no option: write loss, signal or delay and a number")
        let ended = #expect(throws: StreetError.self) { try parse("a") }
        #expect(
            ended?.description
                == "street:1:2: the line ends where an arrow belongs: write <-> for both ways or -> for one")
    }

    @Test func streetKeepsItsLimits() throws {
        let most = (0..<Street.pathsMax).map { "a\($0) -> b\n" }.joined()
        _ = try parse(most)
        let error = #expect(throws: StreetError.self) { try parse(most + "a -> c\n") }
        #expect(error?.problem == .tooManyPaths(pathsMax: Street.pathsMax))
        #expect(error?.line == Street.pathsMax + 1)
        _ = try parse([UInt8](repeating: 0x0a, count: Street.fileBytesMax))
        let long = #expect(throws: StreetError.self) {
            try parse([UInt8](repeating: 0x0a, count: Street.fileBytesMax + 1))
        }
        #expect(long?.problem == .tooLong(bytesMax: Street.fileBytesMax))
    }

    @Test func anyBytesGiveAStreetOrAnErrorWithinTheFile() {
        var generator = AirGenerator(seed: 7)
        let words = [
            "left", "->", "<->", "loss", "signal", "delay", "10", "-70", "\n", "#", " ", "\t", "right", "\0", "é",
        ]
        for round in 0..<3_000 {
            var bytes: [UInt8] = []
            for _ in 0..<Int.random(in: 0...30, using: &generator) {
                if round % 2 == 0 {
                    bytes.append(UInt8.random(in: 0...255, using: &generator))
                } else {
                    bytes += words[Int.random(in: 0..<words.count, using: &generator)].utf8
                    if Bool.random(using: &generator) { bytes.append(0x20) }
                }
            }
            do throws(StreetError) { _ = try parse(bytes) } catch {
                let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
                #expect(error.line >= 1 && error.line <= lines.count)
                #expect(error.column >= 1 && error.column <= lines[error.line - 1].count + 1)
            }
        }
    }
}
