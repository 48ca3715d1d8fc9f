import Glibc

/// The daemons of a live street, for the handler of a second interrupt, which ends this process where it stands: they are
/// in groups of their own, and would go on. The handler may neither allocate nor wait.
enum LiveProcesses {
    /// As many as a live street has houses.
    static let placesMax = 50
    nonisolated(unsafe) private static let processes: UnsafeMutablePointer<pid_t> = {
        let processes = UnsafeMutablePointer<pid_t>.allocate(capacity: placesMax)
        processes.initialize(repeating: 0, count: placesMax)
        return processes
    }()

    /// Made before a handler needs it.
    static func prepare() { _ = processes }

    /// The one at `place` from now on; 0: none, and to be said before it is waited for.
    static func note(_ process: pid_t, at place: Int) {
        if place < placesMax { processes[place] = process }
    }

    /// For a signal's handler.
    static func killAll() {
        var place = 0
        while place < placesMax {
            if processes[place] > 0 { kill(processes[place], SIGKILL) }
            place &+= 1
        }
    }
}
