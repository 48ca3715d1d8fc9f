/// Puts the files' assignments together into one snapshot, or reports everything that is wrong with them.
struct SettingsMerge {
    private enum Limit {
        static let problems = 200
    }

    private var settings: BridgeSettings
    private var problems: [SettingsProblem]
    /// Whether a file said `hosting.opt_out: true`. A later yes does not undo it: noes add up.
    private var isNoSaid = false
    private var places: [(path: String, file: String, position: SettingsPosition)] = []

    init(defaultName: String, problems: [SettingsProblem] = []) {
        settings = BridgeSettings(defaultName: defaultName)
        self.problems = problems
    }

    /// Adds the file `path` with what it holds; later files override earlier ones.
    mutating func add(_ bytes: [UInt8], file: String) {
        let content = SettingsReader.read(bytes)
        var faults = content.faults
        for assignment in content.assignments {
            do throws(SettingsFaults) {
                try assignment.definition.apply(assignment.value, &settings)
                // What a later file says of a no that stands already is not where the value comes from.
                if !isNoSaid || assignment.definition.path != "hosting.opt_out" {
                    places.append((assignment.definition.path, file, assignment.value.position))
                }
                if settings.hosting.optOut == true { isNoSaid = true }
            } catch {
                faults += error.faults
            }
        }
        faults.sort { $0.position < $1.position }
        problems += faults.map { $0.problem(in: file) }
    }

    /// The whole snapshot, or every problem in the order of files and lines.
    mutating func outcome() -> SettingsOutcome {
        if isNoSaid { settings.hosting.optOut = true }
        if settings.mqtt.passwordFile != nil && settings.mqtt.username == nil {
            contradict("mqtt.password_file", "has no `mqtt.username` to go with it", "Give `mqtt.username` too")
        }
        if settings.mqtt.caFile != nil && !settings.mqtt.tls {
            contradict("mqtt.ca_file", "has no effect while `mqtt.tls` is false", "Take one of the two away")
        }
        return problems.isEmpty ? .loaded(settings) : .failed(Array(problems.prefix(Limit.problems)))
    }

    /// Where each value that a file gives comes from, by its key.
    var origins: [String: SettingOrigin] {
        Dictionary(
            places.map { ($0.path, SettingOrigin(file: $0.file, position: $0.position)) },
            uniquingKeysWith: { _, later in later })
    }

    private mutating func contradict(_ path: String, _ what: String, _ remedy: String) {
        guard let place = places.last(where: { $0.path == path }) else { return }
        problems.append(
            SettingsProblem(
                kind: .contradiction, file: place.file, position: place.position, what: "`\(path)` \(what)",
                remedy: remedy))
    }
}

/// Where in which file a value stands.
public struct SettingOrigin: Sendable, Equatable {
    public let file: String
    public let position: SettingsPosition
}

/// What loading the settings came to: a whole snapshot, or all that is wrong. Never something between.
public enum SettingsOutcome: Sendable, Equatable {
    /// Every file is in order.
    case loaded(BridgeSettings)
    /// At least one problem. The caller suspends hosting and leaves the settings it has in force.
    case failed([SettingsProblem])
}
