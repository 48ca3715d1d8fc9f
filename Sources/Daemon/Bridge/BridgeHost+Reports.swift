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
    /// When a no that ends by itself does.
    var temporaryNoEnds: Int64?
    var settings: BridgeSettings
    var radioIsUp: Bool
    var radioIsDegraded: Bool
    var radioDetail: String?
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
            bridge: report, ownName: core.bridge.identity.name.text, noes: noes.words + clockWords(report.clock),
            temporaryNoEnds: noes.temporary?.until,
            settings: settings, radioIsUp: core.radioState.isUp, radioIsDegraded: core.radioState.isDegraded,
            radioDetail: radioDetail(core), book: book,
            devices: standings(core, now.wall))
    }

    /// Without the time nothing is relayed, as with a no.
    private func clockWords(_ clock: ClockState) -> [String] { clock.problem.map { ["suspended: \($0)"] } ?? [] }

    private func radioDetail(_ core: HostCore) -> String {
        switch core.radioState {
        case .up: return core.radio.summary
        case .degraded(let what), .down(let what): return what
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
