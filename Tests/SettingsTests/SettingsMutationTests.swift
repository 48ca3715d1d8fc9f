import SeededRandom
import Testing

@testable import Settings

/// Files that were valid once and then came to harm.
@Suite struct SettingsMutationTests {
    private static let pieces = [
        "&a ", "*a", "!!int ", "|", ">", "'", "\"", "[", "]", "{", "}", ": ", "- ", "? ", "#", "\n", "\t", "\r", "~",
        "%",
        "<<: ", "---\n", "...", "@", "`", "\\", "\u{0}", "\u{FEFF}", "\u{85}", "\u{2028}", "name: x\n",
        "opt_out: true\n",
        "99999999999999999999", "  ", ",", "é", "\u{1F3E0}",
    ]

    private static func mutate(_ file: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = file
        for _ in 0..<Int.random(in: 1...6, using: &random) {
            let place = Int.random(in: 0...bytes.count, using: &random)
            let end = min(bytes.count, place + Int.random(in: 0...12, using: &random))
            switch Int.random(in: 0..<5, using: &random) {
            case 0: bytes.removeSubrange(place..<end)
            case 1: bytes.insert(contentsOf: Array((pieces.randomElement(using: &random) ?? "").utf8), at: place)
            case 2: if place < bytes.count { bytes[place] = UInt8.random(in: 0...255, using: &random) }
            case 3: bytes.insert(contentsOf: bytes[place..<end], at: Int.random(in: 0...bytes.count, using: &random))
            default: bytes.removeLast(bytes.count - place)
            }
        }
        return bytes
    }

    @Test(arguments: [UInt64(1), 2, 3, 4])
    func mutatedFileYieldsValidSettingsOrProblemsWithALine(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        let files = [
            SettingsDocuments.sample(),
            "hosting: {opt_out: false, classes: [alarm, event]}\nmqtt: {host: 'a', tls: false}\n",
            "name: \"kitchen\"\nname: b\nradio:\n  virtual:\n    air: /x\n    air: /y\n",
        ].map { Array($0.utf8) }
        var loadedCount = 0
        var failedCount = 0
        for round in 0..<1_500 {
            let bytes = Self.mutate(files[round % files.count], &random)
            var merge = SettingsMerge(defaultName: "kitchen")
            merge.add(bytes, file: "f")
            switch merge.outcome() {
            case .loaded(let settings):
                loadedCount += 1
                var again = SettingsMerge(defaultName: "kitchen")
                again.add(Array(SettingsDocuments.yaml(of: settings).utf8), file: "f")
                #expect(again.outcome() == .loaded(settings))
            case .failed(let problems):
                failedCount += 1
                #expect(!problems.isEmpty)
                #expect(problems.allSatisfy { $0.position.map { $0.line >= 1 && $0.column >= 1 } ?? false })
            }
        }
        #expect(loadedCount > 50)
        #expect(failedCount > 500)
    }

    @Test func randomBytesNeverTrap() {
        var random = SplitMix64(seed: 99)
        for _ in 0..<2_000 {
            let count = Int.random(in: 0...200, using: &random)
            let alphabet = Array(" \n:-[]{}'\"&*!|>#,?a1~\t%".utf8)
            let bytes = (0..<count).map { _ in
                Bool.random(using: &random)
                    ? alphabet.randomElement(using: &random) ?? 0 : UInt8.random(in: 0...255, using: &random)
            }
            let structured = bytes.map { $0 < 128 ? $0 : alphabet[Int($0) % alphabet.count] }
            for input in [bytes, structured] {
                let content = SettingsReader.read(input)
                #expect(content.faults.count <= 100)
            }
        }
    }
}
