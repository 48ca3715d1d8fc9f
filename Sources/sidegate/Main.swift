import ArgumentParser
import ControlAPI
import Daemon
import Glibc

/// One executable under two names: called as `sidegated`, or with `daemon` first, it is the daemon.
@main
struct Main {
    /// On the main actor, so that a daemon is prepared on the only thread that there is.
    @MainActor static func main() async {
        var arguments = CommandLine.arguments
        let name = arguments.isEmpty ? "" : arguments.removeFirst()
        var socket: String?
        let command = EarlySocket.taken(from: arguments, under: SidegateCommand.self, into: &socket)
        if let misuse = ModelledCryptography.misuse(isSimulating: command.first == "simulate") {
            Console.complain(misuse)
            exit(ExitMeaning.refused)
        }
        if name.split(separator: "/").last == "sidegated" {
            exit(await runDaemon(arguments))
        }
        if arguments.first == "daemon" {
            exit(await runDaemon(Array(arguments.dropFirst())))
        }
        if let socket {
            guard !socket.isEmpty else {
                Console.complain(SocketOption.emptyWords)
                exit(ExitMeaning.usage)
            }
            setenv("SIDEGATE_SOCKET", socket, 1)
        }
        exit(await run(SidegateCommand.self, command))
    }

    @MainActor private static func runDaemon(_ arguments: [String]) async -> Int32 {
        let start: DaemonStart
        do {
            var command = try SidegatedCommand.parseAsRoot(arguments)
            guard let daemon = command as? SidegatedCommand else {
                try command.run()
                return 0
            }
            start = daemon.prepare()
        } catch {
            return usage(error, SidegatedCommand.self, arguments)
        }
        switch start {
        case .ended(let code): return code
        case .ready(let prepared): return await DaemonMain.run(prepared)
        }
    }

    private static func run<Root: ParsableCommand>(_ root: Root.Type, _ arguments: [String]) async -> Int32 {
        do {
            var command = try root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
            return 0
        } catch let end as CommandEnd {
            if let message = end.message { Console.complain(message, remedy: end.remedy) }
            return end.code
        } catch {
            return usage(error, root, arguments)
        }
    }

    /// Help that was asked for goes to standard output, a complaint about the command line to standard error.
    private static func usage<Root: ParsableCommand>(
        _ error: any Error, _ root: Root.Type, _ arguments: [String]
    ) -> Int32 {
        let message = root.fullMessage(for: error)
        if root.exitCode(for: error).isSuccess {
            Console.say(message)
            return 0
        }
        Console.complainAsIs(message)
        if let near = Suggestion.subcommand(for: arguments, of: root) {
            Console.complainAsIs("Did you mean '\(near)'?")
        }
        return ExitMeaning.usage
    }
}

/// What the exit codes mean.
enum ExitMeaning {
    static let no: Int32 = 1
    static let usage: Int32 = 2
    static let unreachable: Int32 = 3
    static let refused: Int32 = 4
}

/// Ends a command with an exit code, and with words on standard error if there is something to say.
struct CommandEnd: Error {
    var code: Int32
    var message: String?
    var remedy: String?
    /// Whoever asks may not speak with the daemon.
    var isForbidden: Bool

    init(_ code: Int32, _ message: String? = nil, remedy: String? = nil, isForbidden: Bool = false) {
        self.code = code
        self.message = message
        self.remedy = remedy
        self.isForbidden = isForbidden
    }

    init(_ failure: ControlFailure) {
        self.init(
            failure.code.exitCode, failure.message, remedy: failure.remedy, isForbidden: failure.code == .notAllowed)
    }
}
