import Foundation

/// `campaign KILLS [--seed N] [--kills-per-street N] [--streets N]`: streets of real `sidegated` processes on a virtual
/// air, `--streets` of them at a time, killed with SIGKILL at random moments while commands are under way and events
/// travel, and looked at after every kill.
///
/// `campaign week [--seed N] [--hours N]`: a street lives through so many hours, 168 unless told, each with its trouble.
///
/// `campaign figures`: what an idle daemon takes, how soon it is ready, and how soon a no holds.
///
/// A street is made of one seed. What was found wrong is printed with its seed, and the exit code is 1.
@main
struct Main {
    static func main() {
        var arguments = Array(CommandLine.arguments.dropFirst())
        if arguments == ["figures"] { exit(ServiceFigures().run()) }
        let seed = number(after: "--seed", in: &arguments) ?? UInt64(Date().timeIntervalSince1970)
        let perStreet = Int(number(after: "--kills-per-street", in: &arguments) ?? 50)
        let hours = Int(number(after: "--hours", in: &arguments) ?? 168)
        if arguments == ["week"], hours > 0 { exit(WeekCampaign(seed: seed, hours: hours).run()) }
        let streets = Int(number(after: "--streets", in: &arguments) ?? 1)
        guard arguments.count == 1, let wanted = Int(arguments[0]), wanted > 0, perStreet > 0, 1...32 ~= streets else {
            say(
                """
                usage: campaign KILLS [--seed N] [--kills-per-street N] [--streets N]
                       campaign week [--seed N] [--hours N]
                       campaign figures
                """)
            exit(2)
        }
        exit(KillCampaign(wanted: wanted, perStreet: perStreet, seed: seed).run(streetsAtOnce: streets))
    }

    private static func number(after name: String, in arguments: inout [String]) -> UInt64? {
        guard let place = arguments.firstIndex(of: name), place + 1 < arguments.count else { return nil }
        let value = UInt64(arguments[place + 1])
        arguments.removeSubrange(place...(place + 1))
        return value
    }
}

/// At once, also where the output is a file.
func say(_ text: String) {
    let bytes = Array((text + "\n").utf8)
    _ = write(STDOUT_FILENO, bytes, bytes.count)
}

/// What a campaign did, so that its end says how much was tried.
struct Tally {
    var kills = 0
    var acknowledged = 0
    var cutShort = 0
    var triggersSent = 0
    var triggersDelivered = 0
    var framesRepeated = 0
    var statesOverTheStreet = 0
    var refusedByNo = 0
    var startMilliseconds: [Double] = []
    var databaseBytesMax = 0
    var logBytesMax = 0

    mutating func add(_ other: Tally) {
        kills += other.kills
        acknowledged += other.acknowledged
        cutShort += other.cutShort
        triggersSent += other.triggersSent
        triggersDelivered += other.triggersDelivered
        framesRepeated += other.framesRepeated
        statesOverTheStreet += other.statesOverTheStreet
        refusedByNo += other.refusedByNo
        startMilliseconds += other.startMilliseconds
        databaseBytesMax = max(databaseBytesMax, other.databaseBytesMax)
        logBytesMax = max(logBytesMax, other.logBytesMax)
    }

    var text: String {
        let starts = startMilliseconds.sorted()
        let median = starts.isEmpty ? 0 : starts[starts.count / 2]
        return """
            commands acknowledged \(acknowledged), cut short by a kill \(cutShort)
            triggers sent \(triggersSent), delivered \(triggersDelivered), none twice; frames repeated \(framesRepeated)
            states brought over the street \(statesOverTheStreet); held back by a host's no \(refusedByNo)
            start to READY: median \(String(format: "%.0f", median)) ms of \(starts.count)
            largest database \(databaseBytesMax / 1024) kB, largest log \(logBytesMax / 1024) kB
            """
    }
}
