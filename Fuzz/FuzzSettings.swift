@testable import Settings

/// Any bytes as a file of settings: settings that load write themselves as a file that loads to the same.
func fuzzSettings(_ bytes: UnsafeRawBufferPointer) {
    var merge = SettingsMerge(defaultName: "house")
    merge.add(Array(bytes), file: "sidegate.yaml")
    let half = bytes.count / 2
    switch merge.outcome() {
    case .loaded(let settings):
        var again = SettingsMerge(defaultName: "house")
        again.add(Array(SettingsDocuments.yaml(of: settings).utf8), file: "again.yaml")
        require(again.outcome() == .loaded(settings), "settings written otherwise")
    case .failed(let problems):
        require(!problems.isEmpty && problems.count <= 200, "failed for no reason, or for too many")
        for problem in problems {
            guard let position = problem.position else { continue }
            require(position.line >= 1 && position.line <= bytes.count + 2 && position.column >= 1, "a place outside")
            require("\(problem)".utf8.count < 4_000, "a long message")
        }
    }
    // The same in a drop-in: a no that was said before stands.
    var added = SettingsMerge(defaultName: "house")
    added.add(Array("hosting:\n  opt_out: true\n".utf8), file: "a.yaml")
    added.add(Array(bytes[..<half]), file: "b.yaml")
    if case .loaded(let settings) = added.outcome() { require(settings.hosting.optOut == true, "a no was undone") }
}

func settingsSeeds() -> [[UInt8]] {
    let others = [
        "hosting: {opt_out: false, classes: [alarm]}\nlinks_max: 4\n", "name: \"a\"\nname: 'b'\nname: c\n",
        "a: &a [*a]\n", "- 1\n", "? a\n: b\n", "hosting:\n  opt_out: true\nmqtt:\n  host: \"x\"\n  tls: false\n",
    ]
    return (others + [SettingsDocuments.sample()]).map { Array($0.utf8) }
}
