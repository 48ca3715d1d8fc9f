/// What is said about an adapter.
extension Adapter {
    /// Why it does not work, and what to do; nil if it works.
    var downWords: String? {
        guard let info else { return powerProblem.map { "\(name): \($0)" } }
        guard info.hasAddress else {
            return "\(name) has no public address, which links need: give it one with `btmgmt public-addr`"
        }
        guard isFit else { return "\(name) has no Bluetooth Low Energy: use another adapter" }
        if !isOn {
            if let powerProblem { return "\(name): \(powerProblem)" }
            guard !isReviving else { return "\(name) is switched off and on again: it told nothing any more" }
            guard !powersOn else { return "\(name) is being switched on" }
            guard current.contains(.powered) else {
                return "\(name) is switched off: `rfkill unblock bluetooth`, then `btmgmt --index \(index) power on`"
            }
            return "\(name) has Bluetooth Low Energy switched off: set ControllerMode to dual or le for bluetoothd"
        }
        guard isPermitted != false else { return "\(name): the daemon is not permitted to use it: \(permissionRemedy)" }
        return nil
    }

    /// It works, and nothing comes of it: it hears nothing, and nobody hears it.
    var isDeafAndMute: Bool {
        hearing.problem != nil && (beacons.payloads.isEmpty || beacons.problem != nil)
    }

    /// What of it does not work, while the rest does; nil if all does.
    var degradedWords: String? {
        var words: [String] = []
        if let problem = hearing.problem { words.append("\(name) hears nothing: \(problem)") }
        if !beacons.payloads.isEmpty, let problem = beacons.problem { words.append("\(name) is not heard: \(problem)") }
        return words.isEmpty ? nil : words.joined(separator: "; ")
    }

    /// How it works at present.
    var summary: String {
        if let downWords { return downWords }
        if hearing.isGivingWay { return "\(name) hears nothing for a moment: another program wants to scan with it" }
        return means ?? "\(name) is being set up"
    }

    /// By which tiers it hears and is heard, and why by no better ones; nil until that has shown.
    var means: String? {
        guard let info, isUp, isSettled else { return nil }
        var words = "\(name) \(addressWords(info.address)) \(hearingWords)"
        if !beacons.payloads.isEmpty { words += ", \(beaconWords)" }
        if revival.count > 0 {
            words += "; it told nothing any more and was switched off and on, \(revival.count) "
            words += revival.count == 1 ? "time so far" : "times so far"
            if revival.successes > 0 { words += ": another program may have reset it" }
        }
        return words
    }

    /// Where no tier works the degraded words say why.
    private var hearingWords: String {
        guard hearing.problem == nil else { return "hears nothing" }
        return "hears by \(hearing.tier.words)" + Self.bracketed(hearing.notes)
    }

    private var beaconWords: String {
        guard beacons.problem == nil else { return "is not heard" }
        return "beacons by \(beacons.tier.words)" + Self.bracketed(beacons.notes)
    }

    private static func bracketed(_ notes: [String]) -> String {
        notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"
    }
}
