import ArgumentParser
import ControlAPI
import Glibc

struct HomeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "home",
        abstract: "Moves this home with its keys to another machine.",
        discussion: """
            A home must not live in two places: its events would be delivered twice. So an export ends the home here, until \
            it is imported again or resumed.
            """,
        subcommands: [Export.self, Import.self, Resume.self])

    struct Export: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Writes this home with its keys to a file under a passphrase, and ends it here.",
            discussion: """
                The file is a JWE (RFC 7516; PBES2-HS512+A256KW, A256GCM) and holds everything: whoever opens it is this \
                home. For root and the daemon's own user only.

                Example: sidegate home export home.jwe
                """)

        @Argument(help: "The file to write; it must not exist.")
        var file: String

        @OptionGroup var passphrase: PassphraseOption

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            guard
                try yes
                    || Console.confirm("Export this home? It ends on this machine, until it is imported or resumed.")
            else { throw CommandEnd(ExitMeaning.no, "the home is still here") }
            let words = try passphrase.read(isNew: true)
            // The daemon is there and in order: what goes wrong from here on may have cost the home.
            _ = try await reading.client.ask(.status)
            // Before anything ends: a file that cannot be written must not cost the home.
            let descriptor = open(file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
            guard descriptor >= 0 else {
                throw CommandEnd(ExitMeaning.usage, "cannot make \(file): \(String(cString: strerror(errno)))")
            }
            defer { close(descriptor) }
            let answer: HomeFileAnswer
            do {
                answer = try await Interruptions.ignored {
                    let bytes = try await reading.client.ask(.exportHome(HomeExport(passphrase: words)))
                    let answer = try ControlClient.decode(HomeFileAnswer.self, from: bytes)
                    try keep(answer, in: descriptor)
                    return answer
                }
            } catch {
                unlink(file)
                throw Self.tellingOfTheHome(error)
            }
            if reading.json {
                Console.say("{\"deviceCount\":\(answer.deviceCount)}")
            } else {
                Console.say(
                    "exported with \(Words.count(answer.deviceCount, "device")); it ends here: sidegate home import on "
                        + "the other machine begins it there")
            }
        }

        /// On the disk when it returns: by then the home has ended here.
        private func keep(_ answer: HomeFileAnswer, in descriptor: Int32) throws {
            guard Self.write(Array((answer.home + "\n").utf8), to: descriptor), fsync(descriptor) == 0 else {
                throw CommandEnd(
                    ExitMeaning.refused, "cannot write \(file): \(String(cString: strerror(errno)))",
                    remedy: "sidegate home resume takes the home back; then export it to where there is room")
            }
        }

        /// Whoever gets no answer does not know whether the home has ended.
        private static func tellingOfTheHome(_ error: any Error) -> any Error {
            guard var end = error as? CommandEnd, end.code == ExitMeaning.unreachable else { return error }
            end.message = (end.message.map { "\($0); " } ?? "") + "the home may have ended here"
            end.remedy = "sidegate home resume takes it back; no file was kept"
            return end
        }

        private static func write(_ bytes: [UInt8], to descriptor: Int32) -> Bool {
            var rest = bytes[...]
            while !rest.isEmpty {
                let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                rest = rest.dropFirst(count)
            }
            return true
        }
    }

    struct Import: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Takes a home out of a file that was exported, and begins it here.",
            discussion: """
                Only where there is no home, or one that has moved. Import a file once: a home must not live in two \
                places. What this machine lends is not part of a home: 'sidegate opt-in hosting' says so anew. For root \
                and the daemon's own user only.

                Example: sidegate home import home.jwe
                """)

        @Argument(help: "The file; '-' is standard input.")
        var file: String

        @OptionGroup var passphrase: PassphraseOption
        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            guard let bytes = try SmallFile.read(file, bytesMax: HomeImport.homeBytesMax) else {
                throw CommandEnd(ExitMeaning.usage, "\(file) is too long to be an exported home")
            }
            let request = HomeImport(
                passphrase: try passphrase.read(isNew: false), home: String(decoding: bytes, as: UTF8.self))
            try await reading.show(.importHome(request), as: HomeSummary.self) { summary in
                "\(NameRule.printable(summary.name)) lives here now, with \(Words.count(summary.deviceCount, "device"))"
            }
        }
    }

    struct Resume: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Begins a home here again that was exported.",
            discussion: """
                Only if the file was never imported and never will be: destroy it. A home that lives in two places \
                delivers events twice, and its neighbours find it here and there. For root and the daemon's own user only.

                Example: sidegate home resume --yes
                """)

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await checkThatItMoved()
            guard try yes || Console.confirm("Resume this home? It must not live anywhere else.") else {
                throw CommandEnd(ExitMeaning.no, "the home stays ended here")
            }
            try await reading.show(.resumeHome, as: HomeSummary.self) { summary in
                "\(NameRule.printable(summary.name)) lives here again, with "
                    + Words.count(summary.deviceCount, "device")
            }
        }

        /// Nobody is asked about a home that cannot be resumed.
        private func checkThatItMoved() async throws {
            let status = try ControlClient.decode(StatusReport.self, from: try await reading.client.ask(.status))
            guard status.movedUnixSeconds == nil else { return }
            throw CommandEnd(
                ExitMeaning.no,
                status.network == nil
                    ? "no home was exported from this machine" : "the home has not moved: it is here")
        }
    }
}

/// What would end this process in the middle of what must be brought to its end.
private enum Interruptions {
    /// Ctrl-C, a plain kill and a terminal that goes away count for nothing while `body` runs.
    static func ignored<Value>(_ body: () async throws -> Value) async throws -> Value {
        let ignored = [SIGINT, SIGTERM, SIGHUP]
        let before = ignored.map { signal($0, SIG_IGN) }
        defer { for (number, handler) in zip(ignored, before) { signal(number, handler) } }
        return try await body()
    }
}

/// A passphrase comes from a file or is typed without being shown, never from the command line.
struct PassphraseOption: ParsableArguments {
    @Option(help: ArgumentHelp("A file whose first line is the passphrase, 12 to 1024 bytes.", valueName: "file"))
    var passphraseFile: String?

    func read(isNew: Bool) throws -> String {
        let words = try passphraseFile.map { try Self.firstLine($0) } ?? Self.typed(isNew: isNew)
        guard HomeExport.passphraseBytes.contains(words.utf8.count) || !isNew && !words.isEmpty else {
            throw CommandEnd(ExitMeaning.usage, "a passphrase has 12 to 1024 bytes")
        }
        return words
    }

    private static func firstLine(_ path: String) throws -> String {
        guard let bytes = try SmallFile.read(path, bytesMax: 4096) else {
            throw CommandEnd(ExitMeaning.usage, "\(path) is too long for a passphrase")
        }
        return String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }

    private static func typed(isNew: Bool) throws -> String {
        guard let words = prompt("Passphrase: ") else {
            throw CommandEnd(ExitMeaning.usage, "there is no terminal to ask at: say --passphrase-file")
        }
        if isNew, prompt("Once more: ") != words {
            throw CommandEnd(ExitMeaning.usage, "the passphrases differ; nothing was done")
        }
        return words
    }

    /// Asks at the terminal, without showing what is typed.
    private static func prompt(_ question: String) -> String? {
        var settings = termios()
        guard isatty(STDIN_FILENO) == 1, tcgetattr(STDIN_FILENO, &settings) == 0 else { return nil }
        var silent = settings
        silent.c_lflag &= ~tcflag_t(ECHO)
        guard tcsetattr(STDIN_FILENO, TCSAFLUSH, &silent) == 0 else { return nil }
        defer {
            tcsetattr(STDIN_FILENO, TCSAFLUSH, &settings)
            Console.complainAsIs("")
        }
        Console.ask(question)
        return readLine()
    }
}

/// Whole files of a bounded size.
enum SmallFile {
    /// Nil if it is longer.
    static func read(_ path: String, bytesMax: Int) throws -> [UInt8]? {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        defer { if descriptor > STDIN_FILENO { close(descriptor) } }
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while descriptor >= 0, bytes.count <= bytesMax {
            let count = Glibc.read(descriptor, &buffer, buffer.count)
            if count < 0, errno == EINTR { continue }
            if count == 0 { return bytes }
            guard count > 0 else { break }
            bytes += buffer[..<count]
        }
        if bytes.count > bytesMax { return nil }
        throw CommandEnd(ExitMeaning.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
    }
}
