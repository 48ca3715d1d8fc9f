import Glibc

/// A bridge's claim on its state directory, for as long as this lives: two daemons on one directory would open events
/// twice. The kernel gives it up with the process, however that ends.
final class StateLock: Sendable {
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }
    deinit { close(descriptor) }

    /// Makes the directory (mode 0700, one level) where it is missing.
    static func claim(directory: String) throws(StartFailure) -> StateLock {
        if mkdir(directory, 0o700) != 0, errno != EEXIST {
            throw StartFailure("the state directory \(directory) cannot be made: \(String(cString: strerror(errno)))")
        }
        // The directory itself, not a file in it: so that nothing has to be made where nothing can be written.
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else {
            throw StartFailure(
                "the state directory \(directory) cannot be opened: \(String(cString: strerror(errno)))",
                remedy: "let the daemon's user read and write it")
        }
        guard flock(descriptor, LOCK_EX | LOCK_NB) == 0 else {
            close(descriptor)
            throw StartFailure(
                "another sidegated runs on the state directory \(directory)",
                remedy: "stop it, or set another `state_directory`")
        }
        return StateLock(descriptor: descriptor)
    }
}

/// Why the daemon does not start, in words for a person.
struct StartFailure: Error {
    var message: String
    var remedy: String?

    init(_ message: String, remedy: String? = nil) {
        self.message = message
        self.remedy = remedy
    }
}
