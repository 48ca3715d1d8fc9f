import ArgumentParser
import ControlAPI

struct DeviceResetCounterCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reset-counter",
        abstract: "Lets a device in again whose counter began anew, as after a change of battery or firmware.",
        discussion: """
            A device counts its frames, and what does not count on is refused, as it may be a recording. This forgets \
            where the device was. The last 1,024 counters' events are still known and never delivered again; but whoever \
            recorded an older one could play it back until the device has spoken. So do it when the device is about to \
            speak, and only if 'sidegate device trace' says that its counter went back.

            Example: sidegate device reset-counter "Letter box" --yes
            """)

    @OptionGroup var device: NamedDevice

    @Flag(help: "Do not ask.")
    var yes = false

    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        let name = NameRule.printable(device.name)
        if !yes { try await device.checkThatItExists(reading.client) }
        guard
            try yes
                || Console.confirm("Forget the counter of \(name)? An old recording could pass until it has spoken.")
        else { throw CommandEnd(ExitMeaning.no, "the counter of \(name) stands") }
        try await reading.show(.resetCounter(name: device.name), as: DeviceSummary.self) { summary in
            "\(NameRule.printable(summary.name)) is let in with whatever counter it sends next"
        }
    }
}
