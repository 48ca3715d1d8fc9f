import Settings

/// Looks at the settings' files.
enum SettingsExamination {
    private static let problemsShown = 10

    /// The settings, if they are in order, and what was found.
    static func findings(_ files: SettingsFiles) -> (BridgeSettings?, [Finding]) {
        switch files.load() {
        case .loaded(let settings):
            return (settings, [Finding("settings", .fine, "\(files.mainFile) is in order")])
        case .failed(let problems):
            var findings = problems.prefix(problemsShown).map {
                Finding("settings", .bad, place($0) + ": " + $0.what, remedy: $0.remedy)
            }
            if problems.count > problemsShown {
                findings.append(
                    Finding(
                        "settings", .bad, "\(problems.count - problemsShown) more problems",
                        remedy: "sidegate config check shows all"))
            }
            return (nil, findings)
        }
    }

    private static func place(_ problem: SettingsProblem) -> String {
        problem.position.map { "\(problem.file):\($0.line):\($0.column)" } ?? problem.file
    }
}
