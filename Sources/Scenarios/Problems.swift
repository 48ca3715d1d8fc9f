import Settings

/// What is wrong with a file, and where everything in it stands.
final class Problems {
    static let limit = 100
    private(set) var faults: [SettingsFault] = []
    private var places: [String: SettingsPosition] = [:]
    let files: LinkFiles

    init(files: LinkFiles = .none) { self.files = files }

    func add(_ fault: SettingsFault) {
        if faults.count < Self.limit { faults.append(fault) }
    }

    func note(_ path: String, _ position: SettingsPosition) { places[path] = position }

    /// Of the part, or of the nearest one around it that the file gives; the file's beginning if there is none.
    func place(of path: String) -> SettingsPosition {
        var path = path[...]
        while !path.isEmpty {
            if let place = places[String(path)] { return place }
            guard let end = path.lastIndex(where: { $0 == "." || $0 == "[" }) else { break }
            path = path[..<end]
        }
        return SettingsPosition(line: 1, column: 1)
    }
}
