import Settings

/// All that keeps this host from lending. They add up: none lifts another.
struct HostingNoes: Sendable, Equatable {
    /// `sidegate opt-out hosting`; in force in a fresh installation.
    var byCommand = true
    /// Where a damaged database is kept that has been replaced: its no by command may come from that.
    var damagedKept: String?
    /// `hosting.opt_out: true`.
    var bySettings = false
    /// `sidegated --opt-out`.
    var byOption = false
    /// `sidegate opt-out hosting --until`.
    var temporary: TemporaryNo?
    /// What is wrong with the settings' files, each in words.
    var settingsProblems: [String] = []
    /// What is wrong with the disk.
    var diskProblem: String?
    /// Why a copy stands in for the database until the next start.
    var storeProblem: String?
    /// How many noes of the network a damaged disk has lost; the host's own no by command came with it.
    var lost = 0
    /// Whether the home of this machine was exported and lives elsewhere.
    var isMoved = false
    /// Outside `hosting.schedule`: so in words.
    var scheduleClosed: String?

    /// Whether the answer is no whatever the schedule says.
    var isOptedOut: Bool {
        byCommand || bySettings || byOption || temporary != nil || !settingsProblems.isEmpty || diskProblem != nil
            || storeProblem != nil || lost > 0 || isMoved
    }

    var isNo: Bool { isOptedOut || scheduleClosed != nil }

    /// What the schedule says: `closed` is its no at the time that the clock shows, `standing` the one in force. A clock
    /// that has leapt can close it, and opens it only once its new time has settled.
    static func scheduleNo(closed: String?, standing: String?, isClockSettled: Bool) -> String? {
        if let closed { return closed }
        return isClockSettled || standing == nil ? nil : clockLeapt
    }

    /// The schedule's no from a start on until the clock has been judged, and after a leap.
    static let clockLeapt = "outside the schedule, as far as is known: the clock has not yet run evenly for long enough"

    /// Adds a no by command: `no`, or one without an end.
    mutating func add(_ no: TemporaryNo?) {
        guard let no else {
            byCommand = true
            return
        }
        temporary = temporary?.adding(no) ?? no
    }

    /// How many problems with the settings are told; how many more there are is told as well.
    static let settingsProblemsMax = 8

    /// Takes over what a reading of the settings' file has found.
    mutating func note(_ problems: [SettingsProblem], of file: String) {
        settingsProblems = problems.prefix(Self.settingsProblemsMax).map(\.description)
        if problems.isEmpty { settingsProblems = ["they cannot be read"] }
        let more = problems.count - Self.settingsProblemsMax
        if more > 0 { settingsProblems.append("\(more) more: sidegate config check --settings \(file)") }
    }

    /// The disk has lost `count` noes: until the host says yes, nothing is lent.
    mutating func lose(_ count: Int) {
        guard count > 0 else { return }
        lost += count
        byCommand = true
    }

    /// What keeps the database or its disk from being used.
    var databaseProblem: String? { storeProblem ?? diskProblem }

    /// Each in words, with what lifts it.
    var words: [String] {
        var words: [String] = []
        if byCommand {
            let why = damagedKept.map {
                ", or since the database was damaged and replaced (the damaged one is in \($0))"
            }
            words.append("opted out by command\(why ?? ""): sidegate opt-in hosting lifts it")
        }
        if lost > 0 {
            words.append(
                "suspended, a damaged disk has lost \(lost) noes of the network: sidegate opt-in hosting lifts it")
        }
        if bySettings {
            words.append("opted out by the settings: hosting.opt_out is true (sidegate config dump shows where)")
        }
        if byOption { words.append("opted out for this run: sidegated was started with --opt-out") }
        if let temporary {
            let end = LocalTime.text(unixSeconds: temporary.until)
            words.append("opted out by command until \(end): sidegate opt-in hosting lifts it")
        }
        words += settingsProblems.map { "suspended, the settings are wrong: \($0)" }
        if let diskProblem { words.append("suspended, the disk fails: \(diskProblem)") }
        if let storeProblem { words.append("suspended: \(storeProblem)") }
        if isMoved { words.append("this home was exported and lives elsewhere: sidegate home resume takes it back") }
        if let scheduleClosed { words.append(scheduleClosed) }
        return words
    }
}
