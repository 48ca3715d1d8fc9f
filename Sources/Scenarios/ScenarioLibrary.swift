import Glibc
import Settings
import Simulation

/// Scenarios on disk: a file by its path, or one of a library by its name.
public struct ScenarioLibrary: Sendable {
    public static let filesMax = 1_000
    /// Searched in this order.
    public let directories: [String]

    /// `conf/scenarios` here, then that of the tree in which this program was built, then what the package has installed.
    public init() {
        var places = ["conf/scenarios"]
        var buffer = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let length = max(readlink("/proc/self/exe", &buffer, buffer.count), 0)
        let program = String(decoding: buffer.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        if let build = program.range(of: "/.build/") {
            places.append(program[..<build.lowerBound] + "/conf/scenarios")
        }
        self.init(directories: places + ["/usr/share/sidegate/scenarios"])
    }

    public init(directories: [String]) { self.directories = directories }

    /// The names of all scenarios, in order; one that is in two directories counts once.
    public func names() -> [String] {
        var names: [String] = []
        for directory in directories {
            for name in Self.entries(of: directory) where name.hasSuffix(".yaml") && !name.hasPrefix(".") {
                let name = String(name.dropLast(5))
                if !names.contains(name) { names.append(name) }
            }
        }
        return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The path of the scenario that is meant: a path as it is, a name from the library.
    /// - Throws: what to say if there is none.
    public func path(of scenario: String) throws(SettingsProblem) -> String {
        if scenario.contains("/") || scenario.hasSuffix(".yaml") { return scenario }
        for directory in directories {
            let path = "\(directory)/\(scenario).yaml"
            if access(path, R_OK) == 0 { return path }
        }
        let near = Spelling.nearest(to: scenario, among: names()).map { "Did you mean `\($0)`? " } ?? ""
        throw SettingsProblem(
            kind: .missing, file: scenario, position: nil, what: "There is no scenario of this name",
            remedy: "\(near)`sidegate simulate list` shows all; a file is named by its path")
    }

    /// Reads the scenario that is meant.
    /// - Parameter isShortened: see `ScenarioReader`.
    public func read(_ scenario: String, settings: [String] = [], isShortened: Bool = false) -> ScenarioOutcome {
        do throws(SettingsProblem) {
            let path = try path(of: scenario)
            let directory = path.lastIndex(of: "/").map { String(path[...$0]) } ?? ""
            let bytes: [UInt8]
            do throws(RegularFile.Failure) {
                bytes = try RegularFile.read(path, atMost: 300_000)
            } catch {
                throw SettingsProblem(
                    kind: .unreadable, file: path, position: nil, what: "This cannot be read: \(error.words)",
                    remedy: "Name a scenario's file, or one of `sidegate simulate list`")
            }
            return ScenarioReader.read(
                bytes, file: path, settings: settings, isShortened: isShortened,
                files: LinkFiles { name in
                    try? RegularFile.read(name.hasPrefix("/") ? name : directory + name, atMost: LinkFiles.bytesMax + 1)
                })
        } catch {
            return .failed([error])
        }
    }

    private static func entries(of directory: String) -> [String] {
        guard let stream = opendir(directory) else { return [] }
        defer { closedir(stream) }
        var names: [String] = []
        while names.count < filesMax, let entry = readdir(stream) {
            names.append(
                withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                    String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
                })
        }
        return names
    }
}
