import Glibc
import Synchronization

/// Set by SIGINT, SIGTERM and SIGHUP: whoever waits gives up, so that processes and files are put away.
private let isInterrupted = Atomic<Bool>(false)

enum Interruption {
    static func arm() {
        isInterrupted.store(false, ordering: .relaxed)
        for number in [SIGINT, SIGTERM, SIGHUP] {
            signal(number) { _ in isInterrupted.store(true, ordering: .relaxed) }
        }
        signal(SIGPIPE, SIG_IGN)
    }

    static func check() throws {
        if isInterrupted.load(ordering: .relaxed) { throw BenchmarkError.setUp("interrupted") }
    }

    /// Asks again every 20 ms, for at most `seconds`.
    static func wait(_ what: String, seconds: Int = 30, until condition: () throws -> Bool) throws {
        for _ in 0..<(seconds * 50) {
            try check()
            if try condition() { return }
            usleep(20_000)
        }
        throw BenchmarkError.setUp("after \(seconds) s still not: \(what)")
    }
}

/// A process that does not outlive this one, whatever ends it: `setpriv` has the kernel see to that.
final class Child {
    let identifier: pid_t

    /// Output and complaints go to the file `log`.
    init(_ command: [String], log: String) throws {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var arguments = (["setpriv", "--pdeathsig", "KILL"] + command).map { strdup($0) } + [nil]
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        let number = posix_spawnp(&child, "setpriv", &actions, nil, &arguments, environ)
        guard number == 0 else { throw BenchmarkError.setUp("\(command[0]) cannot be started: error \(number)") }
        identifier = child
    }

    /// Waits for its end. Returns its exit code, or -1 if a signal ended it.
    func wait() -> Int32 {
        var status: Int32 = 0
        while waitpid(identifier, &status, 0) < 0 && errno == EINTR {}
        return status & 0x7f == 0 ? status >> 8 & 0xff : -1
    }

    /// Ends it, kindly at first.
    func end() {
        kill(identifier, SIGTERM)
        for _ in 0..<300 {
            if waitpid(identifier, nil, WNOHANG) != 0 { return }
            usleep(10_000)
        }
        kill(identifier, SIGKILL)
        _ = wait()
    }

    /// Nanoseconds of processor time that all its threads took, in user mode and in the kernel, since it began.
    func processorNanoseconds() throws -> UInt64 {
        var clock = clockid_t()
        var time = timespec()
        guard clock_getcpuclockid(identifier, &clock) == 0, clock_gettime(clock, &time) == 0 else {
            throw BenchmarkError.setUp("process \(identifier) is gone")
        }
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    /// Runs `command` to its end and returns what it printed; throws that if its exit code is not 0.
    @discardableResult
    static func output(of command: [String], in directory: String) throws -> String {
        let log = "\(directory)/output"
        let code = try Child(command, log: log).wait()
        let output = try text(ofFile: log)
        guard code == 0 else {
            throw BenchmarkError.setUp("\(command.joined(separator: " ")) ended with \(code): \(output)")
        }
        return output
    }

    static func text(ofFile path: String) throws -> String {
        guard let file = fopen(path, "r") else { throw BenchmarkError.setUp("\(path) cannot be read") }
        defer { fclose(file) }
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 4_096)
        while case let count = fread(&chunk, 1, chunk.count, file), count > 0 { bytes += chunk[..<count] }
        return String(decoding: bytes, as: UTF8.self)
    }

    static func write(_ text: String, toFile path: String) throws {
        guard let file = fopen(path, "w") else { throw BenchmarkError.setUp("\(path) cannot be written") }
        defer { fclose(file) }
        fputs(text, file)
    }
}
