import ControlAPI
import Settings

/// Looks at all that a bridge needs, whether or not the daemon runs, and changes nothing.
public struct Doctor: Sendable {
    /// What came of asking the daemon for its status.
    public enum DaemonAnswer: Sendable {
        case status(StatusReport)
        /// Whoever asks may not use its socket: how the daemon is cannot be told.
        case forbidden(message: String, remedy: String?)
        case failure(message: String, remedy: String?)
    }

    private let files: SettingsFiles
    private let answer: DaemonAnswer
    private let machine: ExaminedMachine
    /// The socket at which the daemon was asked, where the settings name another.
    private let otherSocket: String?
    /// Those that hold fewest: docs/bluetooth.md.
    private static let connectionsOfAnyAdapter = 5

    /// - Parameter otherSocket: where the daemon was asked, if that is not the socket that the settings name: then there
    ///   are two bridges, and what is found is told of each by itself.
    public init(files: SettingsFiles, answer: DaemonAnswer, otherSocket: String? = nil) {
        self.init(files: files, answer: answer, otherSocket: otherSocket, machine: ExaminedMachine())
    }

    init(files: SettingsFiles, answer: DaemonAnswer, otherSocket: String? = nil, machine: ExaminedMachine) {
        self.files = files
        self.answer = answer
        self.otherSocket = otherSocket
        self.machine = machine
    }

    /// Every finding, in the order in which mending goes best.
    public func examine() async -> [Finding] {
        let (settings, settingsFindings) = SettingsExamination.findings(files)
        var findings = settingsFindings
        if let otherSocket, let settings { findings.append(twoBridges(otherSocket, settings)) }
        findings += bluetooth(settings)
        findings.append(clock())
        findings += database(settings)
        findings += service()
        if let settings {
            findings.append(await BrokerExamination.finding(settings.mqtt, ownStatus))
        } else {
            findings.append(Self.notLookedAt("broker", "which it is"))
        }
        return findings
    }

    /// Where the settings cannot be read, defaults would say what is not so: all of it is looked at then, and what is bad is
    /// noted only, for the bridge may do without.
    private func bluetooth(_ settings: BridgeSettings?) -> [Finding] {
        let kind = ownStatus?.radio.kind ?? settings?.radio.kind.rawValue
        guard kind == nil || kind == RadioKind.bluez.rawValue else { return [] }
        let findings = BluetoothExamination(machine: machine, settings: settings?.radio).findings()
        guard kind == nil else { return findings }
        let unknown = "whether it is Bluetooth stands in the settings, which are wrong: what follows may not matter"
        return [Finding("radio", .note, unknown)] + findings.map(\.asNote)
    }

    private static func notLookedAt(_ part: String, _ what: String) -> Finding {
        Finding(part, .note, "not looked at: \(what) stands in the settings, which are wrong")
    }

    private func database(_ settings: BridgeSettings?) -> [Finding] {
        guard let directory = settings?.stateDirectory else {
            return [Self.notLookedAt("database", "where it is"), Self.notLookedAt("disk", "which it is")]
        }
        if let problem = ownStatus?.databaseProblem {
            let remedy = "see to the disk (df, dmesg), then sudo systemctl restart sidegated"
            return [Finding("database", .bad, problem, remedy: remedy)]
                + StateExamination.findings(directory: directory, isInUse: true)
                .filter { $0.part != "database" }
        }
        return StateExamination.findings(directory: directory, isInUse: ownStatus != nil)
    }

    private func twoBridges(_ socket: String, _ settings: BridgeSettings) -> Finding {
        Finding(
            "two bridges", .note,
            "the daemon that was asked listens at \(socket), that of these settings at \(settings.socket): service, radio, "
                + "links, network and hosting are of the first, all else of the second",
            remedy: "leave --socket and SIDEGATE_SOCKET away, or give the settings of the daemon at \(socket)")
    }

    /// What the daemon of the settings says: nothing where another was asked.
    private var ownStatus: StatusReport? { otherSocket == nil ? status : nil }

    private var status: StatusReport? {
        if case .status(let status) = answer { return status }
        return nil
    }

    private func clock() -> Finding {
        if let clock = status?.clock, !clock.isTrusted {
            return Finding("clock", .bad, clock.detail ?? "it is not trusted", remedy: ClockExamination.remedy)
        }
        return ClockExamination.finding(isKept: machine.isClockKept())
    }

    private func service() -> [Finding] {
        switch answer {
        case .forbidden(let message, let remedy):
            return [Finding("service", .note, "it cannot be told from here: \(message)", remedy: remedy)]
        case .failure(let message, let remedy):
            return [Finding("service", .bad, message, remedy: remedy)]
        case .status(let status):
            let running = Finding("service", .fine, "sidegated \(status.version) is running")
            return [running, radio(status.radio)] + permission(status)
                + [links(status), network(status), hosting(status)]
        }
    }

    private func radio(_ radio: StatusReport.Radio) -> Finding {
        let detail = radio.detail.map { ": \($0)" } ?? ""
        guard radio.isUp else {
            let isBluetooth = radio.kind == RadioKind.bluez.rawValue
            let remedy = isBluetooth ? "sudo systemctl restart bluetooth, after the above" : nil
            return Finding("radio", .bad, "\(radio.kind), down\(detail)", remedy: remedy)
        }
        return radio.isDegraded == true
            ? Finding("radio", .note, "\(radio.kind), up, but not as it should be\(detail)")
            : Finding("radio", .fine, "\(radio.kind), up\(detail)")
    }

    /// Whether the daemon has what `--open-bluetooth`, or whoever started it by hand, is to give it.
    private func permission(_ status: StatusReport) -> [Finding] {
        guard status.radio.kind == RadioKind.bluez.rawValue else { return [] }
        let part = "management sockets"
        switch status.radio.isPermitted {
        case true?: return [Finding(part, .fine, "the kernel lets the daemon set up adapters by them")]
        case false?:
            return [
                Finding(
                    part, .bad, "opened without CAP_NET_ADMIN, so that the kernel lets the daemon set up no adapter",
                    remedy: ManagementSockets.permissionRemedy(isService: status.isService == true))
            ]
        case nil: return [Finding(part, .note, "what they are good for shows when there is an adapter to set up")]
        }
    }

    /// No adapter says how many connections it holds.
    private func links(_ status: StatusReport) -> Finding {
        let words = "\(status.links.count) of at most \(status.linksMax)"
        guard status.radio.kind == RadioKind.bluez.rawValue, status.linksMax > Self.connectionsOfAnyAdapter else {
            return Finding("links", .fine, words)
        }
        return Finding(
            "links", .note, "\(words); some adapters hold \(Self.connectionsOfAnyAdapter) connections and no more",
            remedy: "set links_max to \(Self.connectionsOfAnyAdapter) or less, or be sure of the adapter")
    }

    private func network(_ status: StatusReport) -> Finding {
        guard let network = status.network else {
            if status.movedUnixSeconds != nil {
                return Finding(
                    "network", .note, "the home of this machine was exported and lives elsewhere",
                    remedy: "sidegate home resume, if it was never imported; sidegate network leave erases it here")
            }
            return Finding(
                "network", .note, "in none", remedy: "sidegate network create NAME, or sidegate network join CODE")
        }
        return Finding(
            "network", .fine,
            "in \(network.name), \(network.memberCount) member"
                + (network.memberCount == 1 ? "" : "s"))
    }

    private func hosting(_ status: StatusReport) -> Finding {
        let hosting = status.hosting
        return hosting.lends
            ? Finding("hosting", .fine, "this bridge is lent to neighbours")
            : Finding("hosting", .note, "nothing is lent: \(hosting.noes.joined(separator: "; "))")
    }
}
