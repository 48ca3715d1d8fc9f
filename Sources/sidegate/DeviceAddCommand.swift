import ArgumentParser
import ControlAPI
import Devices
import Wire

struct DeviceAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Enrols a BTHome device of your own, so that its events find their way home.",
        discussion: """
            The device must send encrypted; its bind key is read from a file, never from the command line.

            Example:
              sidegate device add --bthome A4:C1:38:01:02:03 --bind-key-file key \\
                --name "Letter box" --class event --deliver opening,battery \\
                --scope relay,hold --rate 10/min
            """)

    @Option(help: ArgumentHelp("The device's address, as printed on it: six bytes.", valueName: "address"))
    var bthome: String

    @Option(help: "public, or random if its maker says so.")
    var addressType = AddressType.public

    @Option(
        help: ArgumentHelp(
            "A file with the bind key: 32 hexadecimal digits, or 16 bytes. '-' is standard input.", valueName: "file"))
    var bindKeyFile: String

    @Option(help: "What you call it, at most 64 bytes.")
    var name: String

    @Option(name: .customLong("class"), help: "How urgent its events are to relays: alarm, event or telemetry.")
    var trafficClass: DeviceClass

    @Option(
        help: ArgumentHelp(
            "BTHome objects to deliver, with commas between: opening,battery. Default: all.", valueName: "objects"))
    var deliver: String?

    @Option(
        help: ArgumentHelp(
            "What neighbours may do with its events, with commas between: relay, hold (up to 24 h without a way), uplink (over a broker; not carried out yet).",
            valueName: "steps"))
    var scope = "relay"

    @Option(help: ArgumentHelp("Events a minute that relays are to allow, 1 to 255: 10/min.", valueName: "n/min"))
    var rate = "\(DeviceAddition.ratePerMinuteDefault)/min"

    @Option(help: ArgumentHelp("Days until your opt-in ends, 1 to 180.", valueName: "n"))
    var days = DeviceAddition.optInDaysDefault

    @OptionGroup var reading: ReadingOptions

    enum DeviceClass: String, ExpressibleByArgument, CaseIterable { case alarm, event, telemetry }

    func validate() throws {
        guard DeviceAddress(bthome) != nil else { throw ValidationError("--bthome must be like A4:C1:38:01:02:03.") }
        if let problem = NameRule.device.problem(with: name) { throw ValidationError("--name \(problem).") }
        guard DeviceAddition.optInDaysRange.contains(days) else { throw ValidationError("--days must be 1 to 180.") }
        _ = try ratePerMinute()
        _ = try steps()
        _ = try objects()
    }

    func run() async throws {
        guard let address = DeviceAddress(bthome), let trafficClass = TrafficClass(rawValue: trafficClass.rawValue)
        else { throw CommandEnd(ExitMeaning.usage) }
        let addition = DeviceAddition(
            address: address, addressType: addressType, bindKey: try BindKeyFile.read(bindKeyFile), name: name,
            trafficClass: trafficClass, deliver: try objects(), scope: try steps(), ratePerMinute: try ratePerMinute(),
            optInDays: days)
        try await reading.show(.addDevice(addition), as: DeviceSummary.self) { summary in
            "added \(NameRule.printable(summary.name)); your opt-in ends \(Words.time(summary.optInEndsUnixSeconds))"
        }
        guard addition.scope.contains(.relay) else {
            return Console.complain(
                "its scope lacks relay, so no neighbour will ever carry its events: only this bridge's own radio brings them",
                remedy: "sidegate device remove, then add it with --scope relay,\(scope)")
        }
    }

    private func ratePerMinute() throws -> Int {
        let digits = rate.hasSuffix("/min") ? rate.dropLast(4) : rate[...]
        guard let number = Int(digits), DeviceAddition.ratePerMinuteRange.contains(number) else {
            throw ValidationError("--rate must be 1/min to 255/min.")
        }
        return number
    }

    private func steps() throws -> [ScopeStep] {
        let words = scope.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let steps = words.compactMap(ScopeStep.init(rawValue:))
        guard steps.count == words.count, Set(words).count == words.count else {
            throw ValidationError("--scope takes relay, hold and uplink, each once, with commas between.")
        }
        return steps
    }

    private func objects() throws -> [String]? {
        guard let words = deliver?.split(separator: ",", omittingEmptySubsequences: false).map(String.init) else {
            return nil
        }
        let unknown = words.filter { ObjectTable.kinds(named: $0).isEmpty }
        guard unknown.isEmpty else {
            let complaints = unknown.map {
                "BTHome has no object '\(NameRule.printable($0))'.\(Suggestion.object(for: $0))"
            }
            throw ValidationError("--deliver: " + complaints.joined(separator: " "))
        }
        return words
    }
}

extension AddressType: ExpressibleByArgument {}
