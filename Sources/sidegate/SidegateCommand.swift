import ArgumentParser
import ControlAPI
import Glibc

/// The command line of a host or an owner.
struct SidegateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidegate",
        abstract: "Controls this house's bridge: what it lends, which devices it owns, which network it is in.",
        discussion: """
            Nothing is lent before you say so: 'sidegate opt-in hosting' starts it, 'sidegate opt-out hosting' \
            ends it at once.

            '--socket PATH' says where the daemon is, before the command or behind it.

            Exit codes: 0 fine, 1 the answer is no, 2 wrong usage, 3 the daemon cannot be reached, 4 refused.
            """,
        version: Version.text,
        subcommands: [
            StatusCommand.self, OptOutCommand.self, OptInCommand.self, NetworkCommand.self, DeviceCommand.self,
            HomeCommand.self, DoctorCommand.self,
            LedgerCommand.self, HoldingsCommand.self, WatchCommand.self, ConfigCommand.self, SimulateCommand.self,
        ])
}

/// The way to the daemon.
struct SocketOption: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The daemon's socket. Default: $SIDEGATE_SOCKET, else /run/sidegate/sidegate.sock.", valueName: "path"))
    var socket: String?

    static let emptyWords = "--socket is empty: it wants the path of the daemon's socket"

    /// The socket that the command line or the environment names. A variable that is empty names none.
    var named: String? {
        socket ?? getenv("SIDEGATE_SOCKET").map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }

    var client: ControlClient { ControlClient(path: named ?? "/run/sidegate/sidegate.sock") }

    func validate() throws {
        if socket?.isEmpty == true { throw ValidationError(Self.emptyWords) }
    }
}

/// What every reading command takes.
struct ReadingOptions: ParsableArguments {
    @OptionGroup var socket: SocketOption

    @Flag(help: "Print the daemon's answer as JSON, as docs/api.md describes it.")
    var json = false

    var client: ControlClient { socket.client }

    /// Prints the answer as it came, or what `describe` makes of it.
    func show<Value: Decodable>(
        _ request: ControlRequest, as type: Value.Type, _ describe: (Value) -> String
    ) async throws {
        let answer = try await client.ask(request)
        if json {
            Console.say(String(decoding: answer, as: UTF8.self))
        } else {
            Console.say(describe(try ControlClient.decode(type, from: answer)))
        }
    }
}
