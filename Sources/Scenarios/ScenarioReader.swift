import Settings
import Simulation

/// What reading a scenario came to: a scenario that can be run, or all that is wrong with it.
public enum ScenarioOutcome: Sendable {
    case read(Scenario)
    case failed([SettingsProblem])
}

/// Reads scenarios: YAML in the form of settings, every problem told at once with its line, its column and what to do.
public struct ScenarioReader: Sendable {
    /// Reads `bytes`, one whole file.
    /// - Parameters:
    ///   - file: its path, as problems are to name it; the scenario's name is made from it.
    ///   - settings: what `--set` gives, each as `key=value`; later ones win, and all win over the file.
    ///   - isShortened: faults that come after the run's end are left out, and are no contradiction.
    ///   - files: where lists of links are read from.
    public static func read(
        _ bytes: [UInt8], file: String, settings: [String] = [], isShortened: Bool = false,
        files: LinkFiles = .none
    ) -> ScenarioOutcome {
        let document = DocumentReader.read(bytes)
        let problems = Problems(files: files)
        for fault in document.faults { problems.add(fault) }
        if document.root == nil, !document.faults.isEmpty { return failed(problems, file, settings) }
        guard let entries = entries(document.root, settings, problems) else { return failed(problems, file, settings) }
        var scenario = Scenario()
        let section = Section(.reading, path: "", entries: entries, problems: problems)
        ScenarioPass.scenario(section, &scenario, name: name(ofFile: file))
        section.end()
        // Before that is left out which a shorter run leaves out: a liar that comes later is no slip.
        let vain = problems.faults.isEmpty ? scenario.saidInVain() : []
        if isShortened { scenario.leaveOutWhatComesAfterItsEnd() }
        // Contradictions are looked for in what is sound by itself: or one slip would be told twice.
        if problems.faults.isEmpty {
            var contradictions = scenario.problems()
            if contradictions.isEmpty { contradictions = vain }
            let blamed = contradictions.isEmpty ? nil : onlySetting(settings, where: bytes, file, files)
            for problem in contradictions {
                problems.add(
                    SettingsFault(
                        kind: .contradiction, position: blamed ?? problems.place(of: problem.part), what: problem.what,
                        remedy: problem.remedy))
            }
        }
        return problems.faults.isEmpty ? .read(scenario) : failed(problems, file, settings)
    }

    /// What stands at the file's top level, with what `--set` gives; nil if that is no section.
    private static func entries(
        _ root: DocumentNode?, _ settings: [String], _ problems: Problems
    ) -> [DocumentEntry]? {
        var root = root ?? DocumentNode(.section([]), SettingsPosition(line: 1, column: 1))
        if case .nothing = root.content { root.content = .section([]) }
        guard case .section = root.content else {
            problems.add(
                SettingsFault(
                    kind: .wrongType, position: root.position, what: "The file holds no scenario at its top level",
                    remedy: "Write lines of the form `key: value`"))
            return nil
        }
        for (number, text) in settings.enumerated() {
            do throws(SettingsFault) {
                try Override(text, number: number).apply(to: &root)
            } catch {
                problems.add(error)
            }
        }
        guard case .section(let entries) = root.content else { return nil }
        return entries
    }

    /// The place of the only setting, where the file is sound without it.
    private static func onlySetting(
        _ settings: [String], where bytes: [UInt8], _ file: String, _ files: LinkFiles
    ) -> SettingsPosition? {
        guard settings.count == 1, case .read = read(bytes, file: file, files: files) else { return nil }
        return Override.position(0)
    }

    /// In the order of lines; what the command line says wrongly comes first.
    private static func failed(_ problems: Problems, _ file: String, _ settings: [String]) -> ScenarioOutcome {
        let sorted = problems.faults.sorted { $0.position < $1.position }
        return .failed(
            sorted.map { fault in
                guard fault.position.line == 0, settings.indices.contains(fault.position.column - 1) else {
                    return fault.problem(in: file)
                }
                let option = DocumentNode.shortened(settings[fault.position.column - 1])
                return SettingsProblem(
                    kind: fault.kind, file: "--set \(option)", position: nil, what: fault.what, remedy: fault.remedy)
            })
    }

    /// Without directories and without `.yaml`; `unnamed` where nothing is left.
    static func name(ofFile file: String) -> String {
        var name = file.split(separator: "/").last.map(String.init) ?? ""
        if name.hasSuffix(".yaml") { name.removeLast(5) }
        var short = ""
        for scalar in name.unicodeScalars where !DocumentText.isControl(scalar) {
            if short.utf8.count + 4 > 64 { break }
            short.unicodeScalars.append(scalar)
        }
        return short.isEmpty ? "unnamed" : short
    }
}

/// Writes scenarios: what is written reads back to the same scenario.
public enum ScenarioWriter {
    /// The keys that differ from their defaults, with `comment` above them, line by line.
    public static func text(of scenario: Scenario, comment: [String] = []) -> String {
        let section = Section(.writing, path: "", problems: Problems())
        var scenario = scenario
        ScenarioPass.scenario(section, &scenario, name: "")
        let comments = comment.map {
            "# " + String($0.unicodeScalars.map { DocumentText.isControl($0) ? " " : Character($0) })
        }
        return (comments + section.lines).joined(separator: "\n") + "\n"
    }
}
