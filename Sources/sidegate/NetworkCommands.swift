import ArgumentParser
import ControlAPI
import Wire

struct NetworkCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "network",
        abstract: "Founds, joins, shows or leaves the network of bridges.",
        subcommands: [Create.self, Invite.self, Join.self, Members.self, Leave.self])

    struct Create: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Founds a network with this bridge as its first member.",
            discussion: "Example: sidegate network create \"Elm Street\"")

        @Argument(
            help:
                "What the network is called on this bridge, at most 32 bytes; neighbours see its founder's name. Default: made from this bridge's name."
        )
        var network: String?

        @Option(help: "What this bridge is called among members, at most 32 bytes. Default: the name in the settings.")
        var name: String?

        @OptionGroup var reading: ReadingOptions

        func validate() throws {
            try check(network, "the network's name")
            try check(name, "--name")
        }

        func run() async throws {
            let request = ControlRequest.createNetwork(NetworkCreation(network: network, name: name))
            try await reading.show(request, as: NetworkSummary.self) { summary in
                """
                founded \(NameRule.printable(summary.name))
                invite a neighbour: sidegate network invite
                """
            }
        }
    }

    struct Invite: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Makes a code with which one neighbour can join within ten minutes.",
            discussion: """
                Read the code to your neighbour; it is good once, and a new code takes the place of an earlier one. Your bridges must be within each other's reach.

                Example: sidegate network invite
                """)

        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await reading.show(.invite, as: Invitation.self) { invitation in
                """
                \(Console.coloured(invitation.code.text, .bold))
                good once, for \(Words.duration(invitation.lifeSeconds))
                your neighbour types: sidegate network join \(invitation.code.text)
                """
            }
        }
    }

    struct Join: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Joins the network of a neighbour who has read you a code.",
            discussion: """
                Case, dashes and spaces do not matter, O is taken for 0, and I and L for 1. This can take a minute.

                Example: sidegate network join ABCD-EFGH-JKMN-PQRS
                """)

        @Argument(help: "The 16 letters and digits of the code; they may stand apart.")
        var code: [String]

        @Option(help: "What this bridge is called among members, at most 32 bytes. Default: the name in the settings.")
        var name: String?

        @OptionGroup var reading: ReadingOptions

        func validate() throws {
            _ = try invitationCode()
            try check(name, "--name")
        }

        private func invitationCode() throws -> InvitationCode {
            do throws(CodeProblem) {
                return try InvitationCode(typed: code.joined())
            } catch {
                throw ValidationError("This is no code: \(error.message).")
            }
        }

        func run() async throws {
            let request = ControlRequest.joinNetwork(NetworkJoining(code: try invitationCode(), name: name))
            try await reading.show(request, as: NetworkSummary.self) { summary in
                "joined \(NameRule.printable(summary.name)), \(Words.count(summary.memberCount, "member"))"
            }
        }
    }

    struct Members: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the members of the network that this bridge knows.",
            discussion: "Example: sidegate network members --json")

        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await reading.show(.members, as: MemberList.self) { list in
                var table = Table(["MEMBER", "NAME", "INVITED BY", "LINK"])
                for member in list.members {
                    let inviter = member.inviterID ?? "founder"
                    table.add([member.id, member.name, inviter, member.isSelf ? "self" : member.isLinked ? "up" : "-"])
                }
                return "\(NameRule.printable(list.network.name))\n\(table.text)"
            }
        }
    }

    struct Leave: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Leaves the network: its links end, and its keys and own devices are erased from this bridge.",
            discussion: "Example: sidegate network leave --yes")

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup var socket: SocketOption

        func run() async throws {
            guard
                try yes
                    || Console.confirm(
                        "Leave the network? This bridge's keys and your devices are erased; coming back takes an invitation."
                    )
            else {
                throw CommandEnd(ExitMeaning.no, "still in the network")
            }
            let before = try ControlClient.decode(StatusReport.self, from: try await socket.client.ask(.status))
            _ = try await socket.client.ask(.leaveNetwork)
            Console.say("left the network")
            if before.links.isEmpty, let network = before.network, network.memberCount > 1 {
                Console.complain(
                    "no link stood, so nobody was told: the others keep this bridge among their members")
            }
        }
    }
}

/// Throws a usage error if `name` cannot be the name of a member or a network.
private func check(_ name: String?, _ option: String) throws {
    guard let name, let problem = NameRule.member.problem(with: name) else { return }
    throw ValidationError("\(option) \(problem).")
}
