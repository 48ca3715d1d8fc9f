import ControlAPI
import SeededRandom
import Testing
import Wire

@Suite struct ControlTypesTests {
    @Test(arguments: [
        "ABCD-EFGH-JKMN-0110", "abcdefghjkmn0110", " AbCd efgh\tJKMN\n0110 ", "ABCDEFGHJKMN-OI-LO",
        "abcd–efgh—jkmn_oilO",
    ])
    func codeIsReadHoweverItIsWritten(_ typed: String) throws {
        #expect(try InvitationCode(typed: typed).text == "ABCD-EFGH-JKMN-0110")
    }

    @Test(arguments: [("", 0), ("ABCD-EFGH-JKMN-PQR", 15), ("ABCD-EFGH-JKMN-PQRST", 17)])
    func codeOfWrongLengthIsAnError(_ typed: String, _ count: Int) {
        #expect(throws: CodeProblem.length(count)) { _ = try InvitationCode(typed: typed) }
    }

    @Test(arguments: [("ABCD-EFGH-JKMN-PQRU", "U"), ("ABCD-EFGH-JKMN-PQRÖ", "Ö"), ("ABCD-EFGH-JKMN-PQR\u{7}", "?")])
    func codeWithAStrayCharacterIsAnError(_ typed: String, _ stray: String) {
        #expect(throws: CodeProblem.character(Character(stray))) { _ = try InvitationCode(typed: typed) }
    }

    @Test func everyCodeReadsBackFromJSON() throws {
        var random = SplitMix64(seed: 7)
        for _ in 0..<500 {
            let bytes = (0..<10).map { _ in UInt8.random(in: 0...255, using: &random) }
            let json = try ControlJSON.encode(InvitationCode(try #require(Bytes10(bytes))))
            #expect(try ControlJSON.decode(InvitationCode.self, from: json).bytes == Bytes10(bytes))
        }
    }

    @Test func bindKeyIsNeverPrinted() throws {
        let key = try #require(BindKey(hexadecimal: "231d39c1d7cc1ab1aee224cd096db932"))
        var dumped = ""
        dump(key, to: &dumped)
        for text in [String(describing: key), String(reflecting: key), dumped] {
            #expect(!text.lowercased().contains("231d"))
            #expect(!text.contains("storage"))
        }
    }

    @Test(arguments: [
        "", "231d", "231d39c1d7cc1ab1aee224cd096db93", "231d39c1d7cc1ab1aee224cd096db9322",
        "x31d39c1d7cc1ab1aee224cd096db932",
    ])
    func bindKeyOfWrongShapeIsNone(_ text: String) { #expect(BindKey(hexadecimal: text) == nil) }

    @Test(arguments: ["Letter box", "Briefkasten/Tür", "100 %", "a?b#c", "日本"])
    func anyNameFindsItsWayThroughAPath(_ name: String) throws {
        let request = ControlRequest.removeDevice(name: name)
        let matched = try Route.parse(method: request.route.method, target: request.target, body: [])
        guard case .request(.removeDevice(name)) = matched else {
            Issue.record("\(request.target) became something else")
            return
        }
    }

    @Test func pathsAndBodiesOfAnyBytesNeverTrap() {
        var random = SplitMix64(seed: 11)
        let pieces = ["/", "v1", "devices", "%", "%2", "%41", "?", "days=", "3", "revoke", "\u{0}", "é", "{name}"]
        for _ in 0..<5000 {
            let count = Int.random(in: 0...8, using: &random)
            let target = (0..<count).map { _ in pieces.randomElement(using: &random) ?? "" }.joined()
            let method = ["GET", "POST", "DELETE", ""].randomElement(using: &random) ?? ""
            _ = try? Route.parse(method: method, target: target, body: [])
            let length = Int.random(in: 0...64, using: &random)
            let bytes = (0..<length).map { _ in UInt8.random(in: 0...255, using: &random) }
            #expect(throws: ControlFailure.self) {
                _ = try Route.parse(method: "POST", target: "/v1/devices", body: bytes)
            }
        }
    }

    @Test func everyFailureHasAnErrorStatusAndAFailingExitCode() {
        for code in ControlFailure.Code.allCases {
            #expect((400...599).contains(code.httpStatus))
            #expect((1...4).contains(code.exitCode))
        }
    }
}
