import Bridging
import Consent
import Devices
import Sealing
import Wire

/// What owners and hosts do.
extension VirtualStreet {
    // MARK: The network

    func found(at index: Int) throws {
        let stored = try drive(index) { bridge, now, effects in
            try bridge.createNetwork(named: MemberName("The Row"), now: now, into: &effects)
        }
        nodes[index].disk.network = stored
    }

    /// `guest` joins with a code that `host` reads to it over the fence. False if that fails.
    func invite(_ guest: Int, by host: Int) throws -> Bool {
        guard let bytes = Bytes10(random.bytes(10)) else { return false }
        let code = InvitationCode(bytes)
        try drive(host) { bridge, now, effects in try bridge.invite(code: code, now: now, into: &effects) }
        nodes[guest].joinFailure = nil
        try drive(guest) { bridge, now, _ in try bridge.join(code: code, now: now) }
        let node = nodes[guest]
        return run(atMost: 60) { node.isMember || node.joinFailure != nil } && node.isMember
    }

    /// Node 0 founds a network; everybody else is invited by somebody who hears them.
    func foundAndInviteAll() throws {
        try found(at: 0)
        var members = [0]
        while let (host, guest) = nextGuest(members) {
            var isMember = false
            for _ in 0..<3 where !isMember { isMember = try invite(guest, by: host) }
            if !isMember { fail("node \(guest) could not join by \(host)") }
            members.append(guest)
        }
    }

    private func nextGuest(_ members: [Int]) -> (host: Int, guest: Int)? {
        for host in members {
            for guest in nodes.indices where hears[host][guest] && !members.contains(guest) { return (host, guest) }
        }
        return nil
    }

    // MARK: Devices

    /// An owner at `home` enrols a sensor. Returns its place among `sensors`.
    @discardableResult
    func adoptSensor(
        home: Int, scope: ConsentBits = [.relay, .hold], eventClass: EventClass = .event, ratePerMinute: UInt16 = 60
    ) throws -> Int {
        let identifier = Int64(sensors.count + 1)
        let address = newAddress().value
        let (bindKey, relayKey) = (secret(16), Bytes16(random.bytes(16)) ?? Bytes16())
        let enrolment = DeviceEnrolment(
            addressKind: .random, address: address, eventClass: eventClass, scope: scope,
            ratePerMinute: ratePerMinute, days: 90, relayKey: relayKey,
            secrets: GrantSecrets(
                sealingKey: secret(32), validitySeed: secret(20), revocationSecret: secret(20)))
        let device = try drive(home) { bridge, now, effects in
            let grant = try bridge.makeGrant(enrolment, now: now)
            let device = StreetDisk.Device(
                identifier: identifier, name: "sensor \(identifier)", address: address, bindKey: bindKey, grant: grant)
            try bridge.adopt(device.own(), grant: grant, now: now, into: &effects)
            return device
        }
        guard let device else { throw StreetError.notRunning }
        nodes[home].disk.devices.append(device)
        sensors.append(
            try StreetSensor(home: home, device: device, firstCounter: UInt32(random.number(below: 1_000))))
        return sensors.count - 1
    }

    /// A sensor sends a frame that some houses hear.
    func emit(_ sensor: Int, near hearers: [Int]) {
        do {
            try sensors[sensor].emit(temperature: random.number(below: 400), at: time)
        } catch {
            return fail("sensor \(sensor) could not make a frame: \(error)")
        }
        repeatLast(sensor, near: hearers)
    }

    /// The sensor's last frame is heard, perhaps again.
    func repeatLast(_ sensor: Int, near hearers: [Int]) {
        let last = sensors[sensor].emissions.count - 1
        let address = RadioAddress(value: sensors[sensor].address, kind: .random)
        for hearer in hearers {
            let before = nodes[hearer].log
            hear(sensors[sensor].emissions[last].data, from: address, at: hearer)
            let after = nodes[hearer].log
            guard after.sealed > before.sealed else { continue }
            sensors[sensor].emissions[last].sealers.append(hearer)
            // What was sealed is in custody, or was refused there for one counted reason.
            let fates = after.taken - before.taken + after.ledgerDrops - before.ledgerDrops
            if fates != 1 { fail("node \(hearer) sealed an event and counted \(fates) fates of it") }
        }
    }

    func revoke(_ sensor: Int) throws {
        let (home, identifier) = (sensors[sensor].home, sensors[sensor].identifier)
        guard let grant = nodes[home].disk.devices.first(where: { $0.identifier == identifier })?.grant else { return }
        try drive(home) { bridge, now, effects in
            try bridge.revoke(
                secret: grant.secrets.revocationSecret, optInEnd: grant.record.end, now: now, into: &effects)
        }
        setDevice(sensor) { $0.isRevoked = true }
    }

    func setDeviceNo(_ isNo: Bool, _ sensor: Int) throws {
        let (home, identifier) = (sensors[sensor].home, sensors[sensor].identifier)
        try drive(home) { bridge, now, effects in
            try bridge.setDeviceNo(isNo, device: identifier, now: now, into: &effects)
        }
        setDevice(sensor) { $0.isOptedOut = isNo }
    }

    private func setDevice(_ sensor: Int, _ change: (inout StreetDisk.Device) -> Void) {
        let disk = nodes[sensors[sensor].home].disk
        guard let place = disk.devices.firstIndex(where: { $0.identifier == sensors[sensor].identifier }) else {
            return
        }
        change(&nodes[sensors[sensor].home].disk.devices[place])
    }

    // MARK: Hosting

    /// A host's no, or yes: on disk first, so that it outlives a crash.
    func setOptedOut(_ isOptedOut: Bool, _ index: Int) {
        nodes[index].disk.isOptedOut = isOptedOut
        drive(index) { bridge, now, effects in
            bridge.setOptedOut(isOptedOut, now: now, into: &effects)
        }
        if isOptedOut { dropKept(index) }
    }
}

enum StreetError: Error {
    case notRunning
}
