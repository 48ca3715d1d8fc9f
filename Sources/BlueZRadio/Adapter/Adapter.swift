import Wire

/// One adapter: what is known of it, and what is to be done next. A value: answers, events and time in, commands out.
///
/// One command at a time is on its way. What a command did not answer in its time did not work.
struct Adapter {
    enum Part { case info, power, features, hearing, beacons, revival }

    struct InFlight {
        var opcode: ManagementOpcode
        var part: Part
        var deadline: Instant
    }

    static let answerMilliseconds: Int64 = 10_000
    /// Switching on may load firmware.
    static let powerMilliseconds: Int64 = 30_000
    static let retryMilliseconds: Int64 = 5_000
    static let retryMillisecondsMax: Int64 = 60_000

    let index: UInt16
    let powersOn: Bool
    let permissionRemedy: String
    private(set) var info: ControllerInfo?
    private(set) var current: ControllerSettings = []
    private(set) var hearing: Hearing
    private(set) var beacons: Beacons
    private(set) var revival = Revival()
    private(set) var inFlight: InFlight?
    /// Among those that the radio is to use.
    private(set) var isSelected = false
    /// Why it does nothing at all.
    private(set) var powerProblem: String?
    /// Commands that were not answered since the last one that was.
    private(set) var silences = 0
    /// Whether the kernel lets it be set up, as it last said.
    private(set) var isPermitted: Bool?

    private var infoDue = Instant(microseconds: 0)
    private var powerDue = Instant(microseconds: 0)
    private var powerRetry = Self.retryMilliseconds
    private var featuresDue = Instant.distantFuture
    private var isStarted = false

    init(index: UInt16, settings: BlueZSettings) {
        self.index = index
        powersOn = settings.powersOn
        permissionRemedy = settings.permissionRemedy
        hearing = Hearing(best: settings.hearingBest)
        beacons = Beacons(renewal: settings.renewal, best: settings.beaconBest)
    }

    var name: String { "hci\(index)" }
    var isOn: Bool { current.isOn }
    /// It goes by addresses that change and that the kernel does not tell.
    var isPrivate: Bool { current.contains(.privacy) }
    /// Works: selected and switched on.
    var isUp: Bool { isSelected && isOn && info != nil }
    /// It is off for a moment because of us, or to be.
    var isReviving: Bool { revival.step != .idle }
    /// It is switched on where it is off.
    private var isToBeOn: Bool { (powersOn && isSelected) || revival.step == .switchingOn }
    var isFit: Bool { info?.isFit ?? false }
    /// It has shown what it can do, well or badly.
    var isSettled: Bool {
        guard info != nil, isFit else { return info != nil }
        guard isOn else { return !powersOn || powerProblem != nil }
        return hearing.isOn || hearing.problem != nil || isPermitted == false
    }

    /// The kernel holds what a machine before this one made.
    mutating func inherit(_ former: Adapter) {
        revival.inherit(former.revival)
        beacons.inherit(former.beacons)
        hearing.inherit(former.hearing)
    }

    mutating func select() {
        isSelected = true
    }

    /// Another one is used in its place.
    mutating func deselect() {
        isSelected = false
    }

    mutating func want(_ payloads: [[UInt8]]) {
        beacons.want(payloads)
        if beacons.wantsInstance, isStarted, featuresDue == .distantFuture, inFlight?.part != .features {
            featuresDue = Instant(microseconds: 0)
        }
    }

    /// What it is may have changed without a word.
    mutating func askAnew(now: Instant) { infoDue = min(infoDue, now) }

    // MARK: Commands

    /// When `command` is to be called next.
    var nextDue: Instant {
        if let inFlight { return inFlight.deadline }
        guard info != nil, isSelected || isReviving, isFit else { return infoDue }
        guard isOn else { return isToBeOn ? min(infoDue, powerDue) : infoDue }
        guard isStarted, revival.step != .switchingOff else { return Instant(microseconds: 0) }
        return min(min(infoDue, revival.nextDue), min(featuresDue, hearing.due, beacons.nextDue))
    }

    /// The command that is to be sent now, if there is one.
    mutating func command(now: Instant) -> ManagementCommand? {
        expire(now: now)
        guard inFlight == nil, let (command, part) = choose(now: now) else { return nil }
        let time = command.opcode == .setPowered ? Self.powerMilliseconds : Self.answerMilliseconds
        inFlight = InFlight(opcode: command.opcode, part: part, deadline: now.advanced(milliseconds: time))
        return command
    }

    private mutating func choose(now: Instant) -> (ManagementCommand, Part)? {
        if infoDue <= now { return (.readInfo(index), .info) }
        guard info != nil, isSelected || isReviving, isFit else { return nil }
        guard isOn else {
            guard isToBeOn, powerDue <= now else { return nil }
            return (current.contains(.lowEnergy) ? .setPowered(index, isOn: true) : .setLowEnergy(index), .power)
        }
        start(now: now)
        if let command = revival.command(index, now: now) { return (command, .revival) }
        if featuresDue <= now { return (.readAdvertisingFeatures(index), .features) }
        // A beacon that is to stop stops first; hearing goes before a beacon that is to begin.
        if beacons.isStopDue, let command = beacons.command(index, now: now) { return (command, .beacons) }
        if let command = hearing.command(index, now: now) { return (command, .hearing) }
        return beacons.command(index, now: now).map { ($0, .beacons) }
    }

    private mutating func start(now: Instant) {
        guard !isStarted else { return }
        isStarted = true
        featuresDue = now
        hearing.start(now: now)
    }

    private mutating func expire(now: Instant) {
        guard let inFlight, inFlight.deadline <= now else { return }
        silences &+= 1
        finish(inFlight, .silent, UnsafeRawBufferPointer(start: nil, count: 0), now: now)
    }

    // MARK: Answers

    mutating func answered(_ answer: CommandAnswer, now: Instant) {
        guard let inFlight, inFlight.opcode == answer.opcode else { return }
        silences = 0
        // What it is may be asked by anybody, and what the kernel does not know it refuses everybody.
        if inFlight.part != .info, answer.status != .unknownCommand {
            isPermitted = answer.status != .permissionDenied
        }
        finish(inFlight, .status(answer.status), answer.parameters, now: now)
    }

    private mutating func finish(
        _ command: InFlight, _ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant
    ) {
        inFlight = nil
        switch command.part {
        case .info: infoAnswered(end, parameters, now: now)
        case .power: powerAnswered(command.opcode, end, now: now)
        case .features: featuresAnswered(end, parameters, now: now)
        case .hearing: hearing.answered(end, parameters, now: now)
        case .beacons: beacons.answered(end, now: now)
        case .revival: revivalAnswered(end, parameters, now: now)
        }
        if beacons.wantsInstance, isStarted, featuresDue == .distantFuture, inFlight == nil {
            featuresDue = now.advanced(milliseconds: 6 * Self.retryMilliseconds)
        }
    }

    private mutating func infoAnswered(_ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant) {
        guard end.isSuccess, let read = try? ControllerInfo(parameters) else {
            infoDue = .distantFuture
            // Known already, it is asked again with the next survey.
            guard info == nil else { return }
            infoDue = now.advanced(milliseconds: Self.retryMilliseconds)
            powerProblem =
                end == .silent
                ? "it does not answer: unplug it and plug it in, or restart the machine"
                : "it does not say what it is: \(end.words)"
            return
        }
        infoDue = .distantFuture
        if info == nil { powerProblem = nil }
        info = read
        if read.current != current { settingsChanged(read.current, now: now) }
    }

    private mutating func powerAnswered(_ opcode: ManagementOpcode, _ end: CommandEnd, now: Instant) {
        powerDue = now.advanced(milliseconds: powerRetry)
        if end.isSuccess {
            powerProblem = nil
            // The event New Settings says the same, but perhaps later.
            current.formUnion(opcode == .setPowered ? .powered : .lowEnergy)
            if isOn { revival.switchedOn() }
            powerRetry = Self.retryMilliseconds
            powerDue = now
            return
        }
        powerRetry = min(2 * powerRetry, Self.retryMillisecondsMax)
        revival.refused(isBlocked: end == .status(.rfkilled))
        powerProblem =
            end == .status(.rfkilled)
            ? "it is blocked: `rfkill unblock bluetooth`" : "it cannot be switched on: \(end.words)"
    }

    private mutating func revivalAnswered(
        _ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant
    ) {
        let wasSwitchingOff = revival.step == .switchingOff
        revival.answered(end, parameters, now: now)
        guard wasSwitchingOff, revival.step == .switchingOn else { return }
        // The event New Settings says the same, but perhaps later.
        settingsChanged(current.subtracting(.powered), now: now)
        powerDue = now
    }

    private mutating func featuresAnswered(_ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant) {
        featuresDue = .distantFuture
        beacons.start(features: end.isSuccess ? try? AdvertisingFeatures(parameters) : nil, now: now)
    }

    // MARK: Events

    mutating func settingsChanged(_ settings: ControllerSettings, now: Instant) {
        let wasOn = isOn
        current = settings
        if !isOn {
            isStarted = false
            featuresDue = .distantFuture
            hearing.stop()
            beacons.stop()
            if inFlight?.part != .revival { revival.stop() }
            // Whoever switched it off may want it off for a while.
            if wasOn { powerDue = now.advanced(milliseconds: Self.retryMilliseconds) }
        } else {
            powerProblem = nil
            revival.switchedOn()
        }
    }

    /// The rest of the events; any bytes. False if it is none of those that an adapter has a use for.
    @discardableResult
    mutating func told(_ packet: ManagementPacket, now: Instant) throws(ManagementError) -> Bool {
        let bytes = packet.parameters
        switch packet.code {
        case ManagementEvent.newSettings:
            guard bytes.count >= 4 else { throw .tooShort }
            settingsChanged(ControllerSettings(rawValue: bytes.integer(at: 0)), now: now)
        case ManagementEvent.discovering:
            guard bytes.count >= 2 else { throw .tooShort }
            discoveryChanged(type: bytes[0], isOn: bytes[1] != 0, now: now)
        case ManagementEvent.deviceConnected, ManagementEvent.deviceDisconnected:
            guard bytes.count >= 7 else { throw .tooShort }
            let peer = Revival.peer(bytes, at: 0)
            packet.code == ManagementEvent.deviceConnected
                ? revival.connected(peer) : revival.disconnected(peer)
            if bytes[6] != 0 {
                beacons.linkChanged(now: now)
                hearing.connecting(now: now)
            }
        case ManagementEvent.connectFailed:
            hearing.connecting(now: now)
        case ManagementEvent.advertisingAdded, ManagementEvent.advertisingRemoved:
            guard bytes.count >= 1 else { throw .tooShort }
            instanceChanged(bytes[0], isAdded: packet.code == ManagementEvent.advertisingAdded, now: now)
        case ManagementEvent.monitorRemoved:
            guard bytes.count >= 2 else { throw .tooShort }
            hearing.monitorRemoved(bytes.integer(at: 0), now: now)
        default: return false
        }
        return true
    }

    private mutating func discoveryChanged(type: UInt8, isOn: Bool, now: Instant) {
        if type & ManagementCommand.discoveryLowEnergy != 0 { hearing.discovering(isOn, now: now) }
        if !isOn, beacons.connects == 0 { hearing.receiverStopped(type: type, now: now) }
    }

    private mutating func instanceChanged(_ instance: UInt8, isAdded: Bool, now: Instant) {
        isAdded ? beacons.added(instance, now: now) : beacons.removed(instance, now: now)
        if beacons.wantsInstance, isStarted { featuresDue = min(featuresDue, now) }
    }

    mutating func heard(now: Instant) {
        hearing.heard(now: now)
        revival.heard(now: now)
    }

    /// A channel over it broke off by the kernel's own doing.
    mutating func linkBroke(now: Instant) { revival.linkBroke(now: now) }

    mutating func connectStarted(spread: UInt8, now: Instant) {
        beacons.connectStarted(spread: spread, now: now)
        hearing.connecting(now: now)
    }
    mutating func connectEnded(now: Instant) { beacons.connectEnded(now: now) }

    /// It is being switched off because of us: the kernel takes nothing about that before it has answered.
    var isSwitchingOff: Bool { inFlight?.part == .revival && revival.step == .switchingOff }

    /// What gives the kernel back what was set; nothing waits for the answers.
    func farewell() -> [ManagementCommand] {
        let isOff = revival.step == .switchingOn || isSwitchingOff
        return (isOff ? [.setPowered(index, isOn: true)] : []) + beacons.farewell(index) + hearing.farewell(index)
    }
}
