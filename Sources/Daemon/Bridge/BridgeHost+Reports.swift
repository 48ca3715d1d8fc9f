import Bridging
import Consent
import ControlAPI
import RadioInterface
import Relaying
import Settings
import Wire

/// How the bridge is at one moment, for status and lists.
struct HostReport: Sendable {
    var bridge: BridgeReport
    var ownName: String
    var noes: [String]
    /// What keeps the database or its disk from being used.
    var databaseProblem: String?
    /// When a no that ends by itself does.
    var temporaryNoEnds: Int64?
    var settings: BridgeSettings
    var radioIsUp: Bool
    var radioIsDegraded: Bool
    var radioIsPermitted: Bool?
    var radioDetail: String?
    var troubles: [RadioTrouble]
    /// What the store does not have yet.
    var book: LedgerBook
    /// By the device's id in the store.
    var devices: [Int64: DeviceStanding]
}

/// How an own device's grant stands with this bridge.
struct DeviceStanding: Sendable {
    var no: Reason?
    /// Whether the registry has the grant.
    var isHeld: Bool
    var isRevoked: Bool
    var isSuspended: Bool
    /// Why its last frame could not be opened.
    var failure: String?
    var lastHeard: WallTime?
    var grant: GrantStanding?
    var facts = DeviceFacts()
}

extension BridgeHost {
    func report() throws(ControlFailure) -> HostReport {
        let core = try running()
        balance()
        let now = SystemTime.now
        let report = core.bridge.report(now: now)
        return HostReport(
            bridge: report, ownName: core.bridge.identity.name.text,
            noes: wordsAgainstLending + clockWords(report.clock) + monthWords(report),
            databaseProblem: noes.databaseProblem,
            temporaryNoEnds: noes.temporary?.until,
            settings: settings, radioIsUp: core.radioState.isUp, radioIsDegraded: core.radioState.isDegraded,
            radioIsPermitted: core.radio.isPermitted, radioDetail: radioDetail(core),
            troubles: core.troubles(report), book: book,
            devices: standings(core, now.wall))
    }

    /// Without the time nothing is relayed, as with a no.
    private func clockWords(_ clock: ClockState) -> [String] { clock.problem.map { ["suspended: \($0)"] } ?? [] }

    /// Every no and every setting that leaves nothing to lend, in words.
    var wordsAgainstLending: [String] {
        let hosting = settings.hosting
        var words = noes.words
        if hosting.classes.isEmpty { words.append("nothing may be carried: hosting.classes is empty") }
        if hosting.rateBitsPerSecond == 0 { words.append("nothing may be carried: hosting.rate_bits_per_second is 0") }
        if hosting.monthMegabytes == 0 { words.append("nothing may be carried: hosting.month_megabytes is 0") }
        return words
    }

    private func monthWords(_ report: BridgeReport) -> [String] {
        let month = Int64(settings.hosting.monthMegabytes) * 1_000_000
        guard month > 0, month - report.monthUsedBytes < Self.leastBytes else { return [] }
        return ["the month's cap is used up: hosting.month_megabytes raises it, or it comes back day by day"]
    }

    /// What the shortest packet takes on the air, about.
    private static let leastBytes: Int64 = 150

    private func radioDetail(_ core: HostCore) -> String {
        switch core.radioState {
        case .up: return core.radio.summary
        case .degraded(let what):
            // By what it goes on matters most where something is wrong.
            let means = core.radio.means
            return means.isEmpty ? what : "\(what); \(means)"
        case .down(let what): return what
        }
    }

    private func standings(_ core: HostCore, _ now: WallTime) -> [Int64: DeviceStanding] {
        var standings: [Int64: DeviceStanding] = [:]
        for device in core.bridge.devices {
            let standing = core.bridge.standing(ofGrant: device.grantID, now: now)
            standings[device.identifier] = DeviceStanding(
                no: standing?.no, isHeld: standing != nil, isRevoked: standing?.no == .revoked,
                isSuspended: standing?.isSuspendedByAnother ?? false, failure: device.lastFailure?.explanation,
                lastHeard: device.lastHeard, grant: standing, facts: device.facts)
        }
        return standings
    }
}

extension ClockState {
    /// In words with the remedy; nil if the clock is good.
    var problem: String? {
        switch self {
        case .good: nil
        case .unset: "the clock is not set; set it, or let it be set from the network"
        case .behind: "the clock is behind a time that this bridge has seen; set it right"
        }
    }
}

extension RadioState {
    var isDegraded: Bool {
        if case .degraded = self { return true }
        return false
    }

    var isUp: Bool {
        if case .down = self { return false }
        return true
    }
}
