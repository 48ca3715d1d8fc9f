import Consent
import Devices
import Relaying
import Sealing
import Wire

/// The devices of this bridge's owner, and the events of theirs that are on their way to the disk.
struct HomeDevices {
    static let devicesMax = 256
    /// Openings that may wait for the disk at once; further ones are answered "not now".
    static let openingsMax = 64

    /// An event that was opened and is not committed yet.
    struct Pending {
        let eventID: UInt64
        let device: Int64
        let counter: UInt32
        let expiryMinute: UInt32
        /// Bit n: its confirmation goes to link n.
        var links: UInt16
    }

    private(set) var devices: [OwnDevice]
    private(set) var pending: [Pending] = []

    init(_ devices: [OwnDevice]) { self.devices = Array(devices.prefix(Self.devicesMax)) }

    var isFull: Bool { devices.count >= Self.devicesMax }

    func place(ofGrant id: UInt64) -> Int? { devices.firstIndex { $0.grantID == id } }
    func place(of address: UInt64, kind: AddressKind) -> Int? {
        devices.firstIndex { $0.address == address && $0.addressKind == kind }
    }

    func place(of identifier: Int64) -> Int? { devices.firstIndex { $0.identifier == identifier } }

    mutating func adopt(_ device: OwnDevice) {
        devices.removeAll { $0.identifier == device.identifier }
        devices.append(device)
    }

    mutating func remove(_ identifier: Int64) {
        devices.removeAll { $0.identifier == identifier }
        pending.removeAll { $0.device == identifier }
    }

    mutating func resetCounter(at place: Int) { devices[place].resetCounter() }
    mutating func setOptedOut(_ isOptedOut: Bool, at place: Int) { devices[place].isOptedOut = isOptedOut }

    /// An event of the device at `place` could not be opened.
    mutating func note(failure: OpeningFailure, at place: Int, now: WallTime) {
        devices[place].lastFailure = failure
        devices[place].facts.failed(failure, at: now)
    }

    /// The own radio heard the device at `place`.
    mutating func note(hearing: DeviceFacts.Hearing, at place: Int, now: WallTime) {
        devices[place].facts.heard(hearing, at: now)
    }

    /// A packet of the device at `place` came over a link.
    mutating func notePacket(at place: Int, hopLimit: UInt8, now: WallTime) {
        devices[place].facts.packetAt = now
        devices[place].facts.packetHopLimit = hopLimit
    }

    /// A test of the device at `place` has begun.
    mutating func noteTest(at place: Int, asked: Int, now: WallTime) {
        devices[place].facts.testedAt = now
        devices[place].facts.testAsked = asked
        devices[place].facts.testCameBack = 0
    }

    /// The last test of a device came back by one more neighbour.
    mutating func noteTestBack(device identifier: Int64) {
        if let place = place(of: identifier) { devices[place].facts.testCameBack &+= 1 }
    }

    /// What was opened of a device is on disk, or could not be put there.
    mutating func note(isStored: Bool, device identifier: Int64, now: WallTime) {
        guard let place = place(of: identifier) else { return }
        if isStored { devices[place].facts.storedAt = now } else { devices[place].facts.storeFailedAt = now }
    }

    /// Opens what was heard of the device at `place`, at most once.
    mutating func open(
        _ place: Int, _ event: HeardEvent, eventID: UInt64, now: WallTime
    ) throws(OpeningFailure) -> OpenedEvent {
        // Not copied as a whole: a second owner of its window would have that copied when it is written to.
        guard event.address == devices[place].address, event.addressKind == devices[place].addressKind else {
            throw .otherDevice
        }
        let (frame, reading) = try Self.read(event, devices[place].cipher)
        let counter = frame.counter
        let (before, newest) = (devices[place].window.highest, devices[place].lastHeard)
        // Frames overtake each other on their way, but the device sent them in order: one with a lower counter that was
        // heard well after a newer one is a recording.
        if let before, counter < before, let newest,
            event.timeHeard > newest.advanced(seconds: Int64(ClockState.toleranceSeconds))
        {
            throw .counter
        }
        if devices[place].framesBefore.contains(eventID) { throw .replayed }
        let isSecond = devices[place].window.holds(counter: counter)
        switch devices[place].window.admit(counter: counter, frame: eventID) {
        case .new: break
        case .replayed: throw .replayed
        case .tooOld, .thirdFrame: throw .counter
        }
        let heardAt = min(event.timeHeard, now)
        let isOutOfOrder = before.map { counter < $0 } ?? false
        // A frame that passes for late must not make room for the next one: else a device that counts anew, and speaks
        // every minute, would pass for late for ever.
        if !isOutOfOrder { devices[place].lastHeard = max(newest ?? heardAt, heardAt) }
        devices[place].lastFailure = nil
        devices[place].facts.openedAt = now
        return OpenedEvent(
            device: devices[place].identifier, deviceName: devices[place].name, eventID: eventID, counter: counter,
            lowestCounterKept: devices[place].window.lowestAdmitted, timeHeard: heardAt,
            reading: reading, isOutOfOrder: isOutOfOrder,
            isSecondOfCounter: isSecond, isTriggerBased: frame.info.isTriggerBased)
    }

    private static func read(
        _ event: HeardEvent, _ cipher: BTHomeCipher
    ) throws(OpeningFailure) -> (frame: BTHomeServiceData, reading: Reading) {
        do throws(BTHomeError) {
            let frame = try BTHomeServiceData(event.serviceData)
            return (frame, try cipher.open(event.serviceData, address: DeviceAddress(value: event.address)))
        } catch {
            throw error == .authenticationFailed ? .bindKey : .notBTHome(error)
        }
    }

    // MARK: On the way to the disk

    var canOpen: Bool { pending.count < Self.openingsMax }

    mutating func expect(_ opened: OpenedEvent, expiryMinute: UInt32, link: LinkNumber?) {
        pending.append(
            Pending(
                eventID: opened.eventID, device: opened.device, counter: opened.counter, expiryMinute: expiryMinute,
                links: link.map { 1 << UInt16($0) } ?? 0))
    }

    /// Whether an event of the device at `place` is pending.
    func isPending(_ eventID: UInt64, of place: Int) -> Bool { pendingIndex(eventID, place) != nil }

    private func pendingIndex(_ eventID: UInt64, _ place: Int) -> Int? {
        pending.firstIndex { $0.eventID == eventID && $0.device == devices[place].identifier }
    }

    /// The grant of the device that a pending event is of.
    func grantID(of pending: Pending) -> UInt64? { place(of: pending.device).map { devices[$0].grantID } }

    /// Notes that a copy of a pending event of the device at `place` came over `link` too. False if it is not pending.
    mutating func alsoFrom(_ eventID: UInt64, of place: Int, link: LinkNumber) -> Bool {
        guard let index = pendingIndex(eventID, place) else { return false }
        pending[index].links |= 1 << UInt16(link)
        return true
    }

    /// The event is on disk, or will not be.
    mutating func settle(_ eventID: UInt64) -> Pending? {
        guard let place = pending.firstIndex(where: { $0.eventID == eventID }) else { return nil }
        return pending.remove(at: place)
    }

    /// The event did not reach the disk: its frame may be opened again.
    mutating func takeBack(_ pending: Pending) {
        guard let place = place(of: pending.device) else { return }
        devices[place].window.withdraw(counter: pending.counter, frame: pending.eventID)
    }

    mutating func linkEnded(_ link: LinkNumber) {
        for place in pending.indices { pending[place].links &= ~(1 << UInt16(link)) }
    }
}
