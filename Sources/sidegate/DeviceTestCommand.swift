import ArgumentParser
import ControlAPI

struct DeviceTestCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "Sends a marked event of a device along the real way, and tells by which neighbours it came home.",
        discussion: """
            Each linked neighbour's bridge is asked to act as the one that heard the device: it takes up random bytes under \
            the device's grant, and from there on all is as with a real event: its host's yes, consent, sealing, caps. \
            Nothing is delivered, and the device's key and counter are not touched. It takes up to 8 seconds, at most one \
            in 10 seconds; a neighbour takes part 12 times an hour.

            A neighbour who has opted out looks the same as one who is away: nobody is told why.

            Ends with 1 if it came back by nobody. Example: sidegate device test "Letter box"
            """)

    @OptionGroup var device: NamedDevice
    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        let answer = try await reading.client.ask(.testDevice(name: device.name))
        let report = try ControlClient.decode(DeviceTestReport.self, from: answer)
        Console.say(reading.json ? String(decoding: answer, as: UTF8.self) : Self.text(report))
        if !report.cameBack { throw CommandEnd(ExitMeaning.no) }
    }

    private static func text(_ report: DeviceTestReport) -> String {
        let name = NameRule.printable(report.name)
        guard !report.neighbours.isEmpty else {
            return "no neighbour is linked, so nobody could carry an event of \(name): sidegate status"
        }
        var lines = report.neighbours.map { neighbour in
            let who = NameRule.printable(neighbour.name)
            guard let milliseconds = neighbour.milliseconds else { return "\(who): did not come back" }
            let via =
                neighbour.via.flatMap { $0 == neighbour.name ? nil : " by way of \(NameRule.printable($0))" } ?? ""
            return "\(who): came home in \(milliseconds == 0 ? "<1" : String(milliseconds)) ms\(via)"
        }
        if report.neighbours.contains(where: { $0.milliseconds == nil }) {
            lines.append(
                "What did not come back: its bridge lends nothing now, or is older than this test, or has taken part in "
                    + "too many of late, or its cap is used up. Which of them is told to nobody. sidegate device trace "
                    + "\"\(name)\" tells whether the grant stands.")
        }
        return lines.joined(separator: "\n")
    }
}
