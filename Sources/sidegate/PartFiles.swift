import Glibc

/// Files that are being written, for the handler of a second interrupt, which ends the process where it stands: what is
/// half written is to go with it. The handler may neither allocate nor wait, so that the paths stand ready as C has them.
enum PartFiles {
    /// More than are ever open at once; a file beyond them would be left behind.
    private static let placesMax = 16
    nonisolated(unsafe) private static let paths: UnsafeMutablePointer<UnsafeMutablePointer<CChar>?> = {
        let paths = UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>.allocate(capacity: placesMax)
        paths.initialize(repeating: nil, count: placesMax)
        return paths
    }()

    /// Made before a handler needs it.
    static func prepare() { _ = paths }

    /// The place at which the path stands from now on. By the main task alone, as all writing is.
    static func add(_ path: String) -> Int? {
        guard let place = (0..<placesMax).first(where: { paths[$0] == nil }) else { return nil }
        paths[place] = strdup(path)
        return place
    }

    static func remove(_ place: Int?) {
        // The path itself stays: a handler may be reading it, and a process writes few files.
        if let place { paths[place] = nil }
    }

    /// For a signal's handler: takes away every file.
    static func unlinkAll() {
        // A range's iterator could be made there for the first time, which takes locks.
        var place = 0
        while place < placesMax {
            if let path = paths[place] { unlink(path) }
            place &+= 1
        }
    }
}
