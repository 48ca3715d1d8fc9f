import Glibc
import Wire

/// A real `sidegated` in the middle of a street on a virtual air, lending all that can be lent: so that the processor is
/// its limit and no cap.
final class Daemon {
    private let directory: String
    private let executable: String
    private let child: Child

    /// Starts it with `directory` as its air and for all that it keeps.
    init(in directory: String) throws {
        self.directory = directory
        executable = try Self.executable()
        try Child.write("a <-> middle\nmiddle <-> c\n", toFile: "\(directory)/street")
        mkdir("\(directory)/state", 0o700)
        let settings = """
            name: middle
            state_directory: \(directory)/state
            socket: \(directory)/socket
            log: {level: warning}
            hosting: {rate_bits_per_second: 1000000000, burst_bytes: 1000000000, month_megabytes: 1000000000}
            radio: {kind: virtual, virtual: {air: \(directory), name: middle}}

            """
        try Child.write(settings, toFile: "\(directory)/settings.yaml")
        child = try Child(
            [executable, "daemon", "--settings", "\(directory)/settings.yaml"], log: "\(directory)/daemon.log")
        do {
            try Interruption.wait("sidegated answers") { (try? ask("status")) != nil }
        } catch {
            child.end()
            throw error
        }
    }

    func end() { child.end() }
    func processorNanoseconds() throws -> UInt64 { try child.processorNanoseconds() }
    var identifier: pid_t { child.identifier }

    @discardableResult
    func ask(_ arguments: String...) throws -> String {
        try Child.output(of: [executable, "--socket", "\(directory)/socket"] + arguments, in: directory)
    }

    /// A one-use code, found by its looks: four groups of four.
    func invite() throws -> InvitationCode {
        let answer = try ask("network", "invite")
        let words = answer.split { !$0.isLetter && !$0.isNumber && $0 != "-" }
        guard let code = words.first(where: { $0.count == 19 && $0.split(separator: "-").count == 4 }) else {
            throw BenchmarkError.setUp("no code in \(answer)")
        }
        return try InvitationCode(String(code))
    }

    /// A number in the answer to `status`.
    func status(_ key: String) throws -> Int {
        let answer = try ask("status", "--json")
        guard let start = answer.range(of: "\"\(key)\"") else { return 0 }
        let digits = answer[start.upperBound...].drop { !$0.isNumber }.prefix { $0.isNumber }
        return Int(digits) ?? 0
    }

    /// `sidegate` beside this executable: the same build.
    private static func executable() throws -> String {
        var path = [CChar](repeating: 0, count: Int(PATH_MAX) + 1)
        let count = readlink("/proc/self/exe", &path, path.count - 1)
        guard count > 0 else { throw BenchmarkError.setUp("/proc/self/exe cannot be read") }
        let own = String(decoding: path[..<count].map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let directory = own[..<(own.lastIndex(of: "/") ?? own.startIndex)]
        let executable = getenv("SIDEGATE_BIN").map { String(cString: $0) } ?? "\(directory)/sidegate"
        guard access(executable, X_OK) == 0 else {
            throw BenchmarkError.setUp("no \(executable): build it with swift build -c release --product sidegate")
        }
        return executable
    }
}

extension String {
    /// Where `other` stands first. (Without Foundation.)
    fileprivate func range(of other: String) -> Range<String.Index>? {
        var start = startIndex
        while start < endIndex {
            if self[start...].hasPrefix(other) { return start..<index(start, offsetBy: other.count) }
            start = index(after: start)
        }
        return nil
    }
}
