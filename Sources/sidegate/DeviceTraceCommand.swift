import ArgumentParser
import ControlAPI

struct DeviceTraceCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "trace",
        abstract: "Answers why nothing arrived of a device: every step of the way, with the reason and the remedy.",
        discussion: """
            The way is hear, consent, seal, schedule, carry, open, deliver. "?" is what cannot be seen from here: whether \
            a neighbour lends its bridge is never told to anybody.

            Ends with 1 if a step is a no. Example: sidegate device trace "Letter box"
            """)

    @OptionGroup var device: NamedDevice
    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        let answer = try await reading.client.ask(.traceDevice(name: device.name))
        let trace = try ControlClient.decode(DeviceTrace.self, from: answer)
        Console.say(reading.json ? String(decoding: answer, as: UTF8.self) : TraceText.text(trace))
        if !trace.isClear { throw CommandEnd(ExitMeaning.no) }
    }
}

/// A trace as people read it.
enum TraceText {
    static func text(_ trace: DeviceTrace) -> String {
        var lines: [String] = []
        for step in trace.steps {
            let when = step.lastUnixSeconds.map { " (at \(Words.time($0)))" } ?? ""
            let name = step.step.rawValue.padding(to: 9)
            lines.append("\(name)\(mark(step.state))  \(NameRule.printable(step.detail))\(when)")
            if let remedy = step.remedy { lines.append("             -> \(NameRule.printable(remedy))") }
        }
        let noes = trace.steps.count { $0.state == .no }
        lines.append("")
        lines.append(
            noes == 0
                ? "Nothing known stands in the way of \(NameRule.printable(trace.name))."
                : "\(Words.count(noes, "step")) of the way \(noes == 1 ? "is a no" : "are a no").")
        return lines.joined(separator: "\n")
    }

    private static func mark(_ state: DeviceTrace.State) -> String {
        switch state {
        case .ok: Console.coloured("ok", .green)
        case .no: Console.coloured("no", .red)
        case .unknown: "? "
        }
    }
}

extension String {
    /// With spaces behind it, up to `width`.
    fileprivate func padding(to width: Int) -> String { self + String(repeating: " ", count: max(0, width - count)) }
}
