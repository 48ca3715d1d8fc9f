import ArgumentParser
import ControlAPI

struct DeviceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "device",
        abstract: "Adds, lists, traces, tests, revokes or removes devices of your own, or plays one on a virtual air.",
        subcommands: [
            DeviceAddCommand.self, List.self, DeviceTraceCommand.self, DeviceTestCommand.self,
            DeviceResetCounterCommand.self, Revoke.self,
            Remove.self, DeviceEmitCommand.self,
        ])

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists your devices, their grants, when they were last heard, and what was missed.",
            discussion: """
                MISSED is how many of a device's frames never arrived, of all that it sent: every frame bears a counter, \
                and a gap in it is that many frames missed. "silent" is a device of which nothing was heard for three \
                times its longest pause of late, and for 2 hours at least (72 for one that sends only when something \
                happens); Home Assistant then shows it as unavailable.

                Example: sidegate device list --json
                """)

        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            try await reading.show(.devices, as: DeviceList.self) { DeviceText.table($0.devices) }
        }
    }

    struct Revoke: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Revokes a device's grant: neighbours drop its events as soon as they learn of it.",
            discussion: """
                The device stays on the list, and this bridge goes on hearing it itself. A revoked grant never comes \
                back: remove the device and add it again for a new one.

                Example: sidegate device revoke "Letter box"
                """)

        @OptionGroup var device: NamedDevice
        @OptionGroup var reading: ReadingOptions

        func run() async throws {
            let list = try ControlClient.decode(DeviceList.self, from: try await reading.client.ask(.devices))
            let wasRevoked = list.devices.contains { $0.name == device.name && $0.state == .revoked }
            try await reading.show(.revokeDevice(name: device.name), as: DeviceSummary.self) { summary in
                let name = NameRule.printable(summary.name)
                return wasRevoked ? "the grant of \(name) was revoked already" : "revoked the grant of \(name)"
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes a device: its grant is revoked, and its key and counters are erased.",
            discussion: "Example: sidegate device remove \"Letter box\" --yes")

        @OptionGroup var device: NamedDevice

        @Flag(help: "Do not ask.")
        var yes = false

        @OptionGroup var socket: SocketOption

        func run() async throws {
            let name = NameRule.printable(device.name)
            if !yes { try await device.checkThatItExists(socket.client) }
            guard try yes || Console.confirm("Remove \(name)? Its key is erased from this bridge.") else {
                throw CommandEnd(ExitMeaning.no, "\(name) is still there")
            }
            _ = try await socket.client.ask(.removeDevice(name: device.name))
            Console.say("removed \(name)")
        }
    }
}

/// A device as it is typed.
struct NamedDevice: ParsableArguments {
    @Argument(help: "The device's name.")
    var name: String

    func validate() throws {
        if let problem = NameRule.device.problem(with: name) { throw ValidationError("The name \(problem).") }
    }

    /// Before a question: nobody is asked about a device that is not there. It fails with the daemon's own words.
    func checkThatItExists(_ client: ControlClient) async throws {
        _ = try await client.ask(.traceDevice(name: name))
    }
}

/// Devices as people read them.
enum DeviceText {
    static func table(_ devices: [DeviceSummary]) -> String {
        guard !devices.isEmpty else { return "no devices yet: sidegate device add --help" }
        var table = Table([
            "DEVICE", "ADDRESS", "CLASS", "SCOPE", "STATE", "OPT-IN ENDS", "LAST HEARD", "BATTERY", "MISSED",
        ])
        for device in devices {
            table.add([
                device.name, device.address.text, device.trafficClass.rawValue,
                device.scope.isEmpty ? "none" : device.scope.map(\.rawValue).joined(separator: ","),
                state(device.state), Words.time(device.optInEndsUnixSeconds),
                (device.lastHeardUnixSeconds.map(Words.time) ?? "never") + (device.isSilent ? ", silent" : ""),
                device.battery.map { "\($0) %" } ?? "-",
                device.received == 0 ? "-" : "\(device.missed) of \(device.missed + device.received)",
            ])
        }
        let notes = devices.compactMap { device in
            device.note.map { "\(NameRule.printable(device.name)): \(NameRule.printable($0))" }
        }
        return ([table.text] + notes).joined(separator: "\n")
    }

    private static func state(_ state: DeviceSummary.State) -> String {
        state.rawValue.replacing("_", with: " ")
    }
}
