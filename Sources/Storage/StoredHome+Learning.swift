/// What a machine knows of a home that has moved away, taken into the same home as it comes back from a file. A file can
/// be older than what the machine knows, and must neither let in again what was delivered since nor lift a no.
extension StoredHome {
    /// Without effect where `here` is another home.
    mutating func learn(from here: StoredHome) {
        guard identity.staticKey == here.identity.staticKey else { return }
        let known = Dictionary(here.devices.map { ($0.device.grantID, $0) }, uniquingKeysWith: { first, _ in first })
        for place in devices.indices {
            if let device = known[devices[place].device.grantID] { devices[place].learn(from: device) }
        }
        guard network.networkKey == here.network.networkKey else { return }
        let ids = Set(records.map(\.id))
        records += here.records.filter { !ids.contains($0.id) }
    }
}

extension StoredHome.Device {
    /// Which of both is newer no clock tells, but a reset of the counter does: what one has opened stands among what the
    /// other opened before. Where neither shows one, the higher counter counts.
    fileprivate mutating func learn(from here: Self) {
        let isResetInFile = Self.isReset(of: here, in: self)
        let isResetHere = Self.isReset(of: self, in: here)
        let isHereHeardLater = (here.device.lastHeard ?? 0) > (device.lastHeard ?? 0)
        if isResetInFile != isResetHere {
            let (newer, older) = isResetHere ? (here, self) : (self, here)
            before = Self.united(older.before + older.opened.map(\.eventID) + newer.before)
            opened = newer.opened
            figures = newer.figures
        } else {
            before = Self.united(here.before + before)
            opened = Self.window(of: here.opened + opened)
            if isHereHeardLater { figures = here.figures }
        }
        device.isRevoked = device.isRevoked || here.device.isRevoked
        // A no that the file does not have was lifted only if the file has heard the device since.
        let isFileHeardLater = (device.lastHeard ?? 0) > (here.device.lastHeard ?? 0)
        if !isFileHeardLater { device.isOptedOut = device.isOptedOut || here.device.isOptedOut }
        guard isHereHeardLater else { return }
        device.lastHeard = here.device.lastHeard
        device.battery = here.device.battery
        device.state = here.device.state
    }

    private static func isReset(of older: Self, in newer: Self) -> Bool {
        !Set(newer.before).isDisjoint(with: older.opened.map(\.eventID))
    }

    /// Each once, the last of them as far as there is room.
    private static func united(_ events: [UInt64]) -> [UInt64] {
        var seen: Set<UInt64> = []
        return events.filter { seen.insert($0).inserted }.suffix(StorageLimit.openedBefore)
    }

    /// Each once, those of the highest counters.
    private static func window(of frames: [OpenedFrame]) -> [OpenedFrame] {
        var seen: Set<OpenedFrame> = []
        let highest = frames.map(\.counter).max() ?? 0
        return frames.filter { highest - $0.counter < StorageLimit.windowCounters && seen.insert($0).inserted }
            .sorted { ($0.counter, $0.eventID) < ($1.counter, $1.eventID) }
    }
}
