import Glibc

/// The files of settings on disk: one main file and drop-ins, in the order of their names, that override it.
public struct SettingsFiles: Sendable, Equatable {
    private enum Limit {
        static let dropIns = 64
        static let directoryEntries = 4_096
    }

    /// The main file. It must be there.
    public let mainFile: String
    /// The directory of drop-ins, `*.yaml`. It need not be there.
    public let dropInDirectory: String
    /// The bridge's name where no file gives one: usually the host's.
    public let defaultName: String

    /// `sidegate.yaml` and `conf.d` in `directory`.
    public init(directory: String = "/etc/sidegate", defaultName: String) {
        self.init(
            mainFile: directory + "/sidegate.yaml", dropInDirectory: directory + "/conf.d", defaultName: defaultName)
    }

    /// A main file and a directory of drop-ins anywhere.
    public init(mainFile: String, dropInDirectory: String, defaultName: String) {
        self.mainFile = mainFile
        self.dropInDirectory = dropInDirectory
        self.defaultName = defaultName
    }

    /// Loads all files: a whole snapshot, or every problem in every file at once.
    public func load() -> SettingsOutcome { loadWithOrigins().outcome }

    /// As `load`, with where each value comes from, by its key; what no file gives has no origin.
    public func loadWithOrigins() -> (outcome: SettingsOutcome, origins: [String: SettingOrigin]) {
        var (names, problems) = dropInNames()
        if names.count > Limit.dropIns {
            problems.append(
                Self.problem(
                    .tooLarge, dropInDirectory,
                    "There are \(names.count) drop-ins, more than the \(Limit.dropIns) allowed",
                    "Merge some of them"))
            names.removeLast(names.count - Limit.dropIns)
        }
        var contents: [(file: String, bytes: [UInt8])] = []
        for file in [mainFile] + names.map({ "\(dropInDirectory)/\($0)" }) {
            do throws(SettingsProblem) {
                contents.append((file, try Self.read(file)))
            } catch {
                problems.append(error)
            }
        }
        var merge = SettingsMerge(defaultName: defaultName, problems: problems)
        for content in contents { merge.add(content.bytes, file: content.file) }
        return (merge.outcome(), merge.origins)
    }

    /// What tells one state of the files from another without reading them; see `SettingsFingerprint`.
    public func fingerprint() -> SettingsFingerprint {
        let names = dropInNames().names.prefix(Limit.dropIns)
        let files = [mainFile, dropInDirectory] + names.map { "\(dropInDirectory)/\($0)" }
        return SettingsFingerprint(files: files.map(SettingsFingerprint.File.init(path:)))
    }

    /// All files and directories whose change can change the settings, whether or not they are there.
    public var watchedPaths: [String] {
        let directory = mainFile.lastIndex(of: "/").map { $0 == mainFile.startIndex ? "/" : String(mainFile[..<$0]) }
        let names = dropInNames().names.prefix(Limit.dropIns)
        return [directory ?? ".", mainFile, dropInDirectory] + names.map { "\(dropInDirectory)/\($0)" }
    }

    /// The drop-ins' names, sorted by bytes. A name in `.yml` is a problem and not left out in silence: it may hold a no.
    private func dropInNames() -> (names: [String], problems: [SettingsProblem]) {
        guard let directory = opendir(dropInDirectory) else {
            let reason = errno
            if reason == ENOENT { return ([], []) }
            return ([], [Self.unreadable(dropInDirectory, reason)])
        }
        defer { closedir(directory) }
        var names: [String] = []
        var problems: [SettingsProblem] = []
        for _ in 0..<Limit.directoryEntries {
            guard let entry = readdir(directory) else { break }
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name.hasPrefix(".") { continue }
            if name.hasSuffix(".yaml") { names.append(name) }
            if name.hasSuffix(".yml") {
                let file = "\(dropInDirectory)/\(name)"
                problems.append(Self.problem(.unreadable, file, "Drop-ins end in `.yaml`", "Rename or remove it"))
            }
        }
        problems.sort { $0.file.utf8.lexicographicallyPrecedes($1.file.utf8) }
        return (names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }, problems)
    }

    /// Reads one whole file, at most one byte above the limit.
    private static func read(_ file: String) throws(SettingsProblem) -> [UInt8] {
        do throws(RegularFile.Failure) {
            return try RegularFile.read(file, atMost: TextGuard.Limit.bytes + 1)
        } catch {
            switch error {
            case .notRegular:
                throw problem(.unreadable, file, "This is not a regular file", "Put a file of settings in its place")
            case .system(let number): throw unreadable(file, number)
            }
        }
    }

    private static func unreadable(_ file: String, _ reason: Int32) -> SettingsProblem {
        if reason == ENOENT {
            let remedy =
                "Copy a sample there: /usr/share/sidegate/sidegate.yaml of the package, or the source's conf/sidegate.yaml"
            return problem(.missing, file, "There is no such file", remedy)
        }
        let text = String(cString: strerror(reason))
        return problem(.unreadable, file, "This cannot be read: \(text)", "Let the daemon's user read it")
    }

    private static func problem(
        _ kind: SettingsProblem.Kind, _ file: String, _ what: String, _ remedy: String
    ) -> SettingsProblem {
        SettingsProblem(kind: kind, file: file, position: nil, what: what, remedy: remedy)
    }
}
