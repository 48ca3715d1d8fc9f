import ArgumentParser
import ControlAPI

struct WatchCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "watch",
        abstract: "Shows what happens on this bridge as it happens: sizes and reasons, nothing that says whose.",
        discussion: """
            Runs until it is interrupted. With --json each line is one event.

            Example: sidegate watch
            """)

    @OptionGroup var reading: ReadingOptions

    func run() async throws {
        let isJSON = reading.json
        try await reading.client.watch { json in
            if isJSON { return Console.say(json) }
            Console.say(Self.line(try ControlClient.decode(WatchEvent.self, from: Array(json.utf8))))
        }
    }

    private static func line(_ event: WatchEvent) -> String {
        var words = [Words.clock(event.unixMilliseconds), padded(event.kind)]
        if let bytes = event.bytes { words.append(Words.bytes(bytes)) }
        if let trafficClass = event.trafficClass { words.append(trafficClass.rawValue) }
        if let device = event.device { words.append(NameRule.printable(device)) }
        if let reason = event.reason { words.append(NameRule.printable(Words.reason(reason))) }
        if let count = event.count { words.append("\(Words.count(count, "event")): too fast for this terminal") }
        return words.joined(separator: "  ")
    }

    private static func padded(_ kind: WatchEvent.Kind) -> String {
        let word = kind.rawValue.replacing("_", with: " ")
        return word + String(repeating: " ", count: max(0, 9 - word.count))
    }
}
