import Bridging
import Consent
import Wire

/// What owners, hosts and neighbours at the fence do.
extension Mesh {
    /// Between two invitations of one house, and before one that failed is tried again.
    static let inviteWaitMicroseconds: Int64 = 2_000_000
    static let enrolWaitMicroseconds: Int64 = 3_000_000
    static let chainMax = 12

    // MARK: Joining

    /// The first house of each network founds it. From then on members invite whom they hear.
    func beginJoining() throws {
        for network in networks.indices {
            let founder = houses[networks[network].houses[0]]
            let stored = try drive(founder.index) { bridge, moment, effects in
                try bridge.createNetwork(named: MemberName("street \(network)"), now: moment, into: &effects)
            }
            founder.disk.network = stored
            welcome(founder, depth: 1)
        }
    }

    private func welcome(_ house: SimulatedHouse, depth: Int) {
        house.depth = depth
        house.isBeingInvited = false
        queue.add(Happening(kind: .people, house: Int32(house.index)), at: now + Self.inviteWaitMicroseconds)
    }

    /// A member's turn: it enrols its devices, then invites a neighbour that is none, nearest first.
    func talk(_ index: Int) {
        let house = houses[index]
        guard house.depth > 0 else { return }
        if house.running != nil { for device in house.disk.devices { enrol(device, house) } }
        let guest = air.neighbours[index].lazy.map { self.houses[Int($0.house)] }.first {
            $0.network == house.network && $0.depth == 0 && !$0.isBeingInvited && $0.running != nil
        }
        if let guest, house.depth < Self.chainMax, house.running != nil { invite(guest, by: house) }
        let hasMore = air.neighbours[index].contains {
            houses[Int($0.house)].depth == 0 && houses[Int($0.house)].network == house.network
        }
        let isEnrolled = house.disk.devices.allSatisfy { devices[$0].grant != nil }
        if hasMore || !isEnrolled {
            let wait = Self.inviteWaitMicroseconds + Int64(peopleChances.number(below: 2_000_000))
            queue.add(Happening(kind: .people, house: Int32(index)), at: now + wait)
        }
    }

    private func invite(_ guest: SimulatedHouse, by host: SimulatedHouse) {
        guard host.inviting == nil, let code = newCode() else { return }
        host.inviting = guest.index
        guest.inviter = host.index
        guest.isBeingInvited = true
        let isInvited = drive(host.index) { bridge, moment, effects in
            (try? bridge.invite(code: code, now: moment, into: &effects)) != nil
        }
        let isListening = drive(guest.index) { bridge, moment, _ in
            (try? bridge.join(code: code, now: moment)) != nil
        }
        if isInvited != true || isListening != true { joinEnded(guest.index) }
    }

    private func newCode() -> InvitationCode? {
        var bytes = [UInt8](repeating: 0, count: 10)
        bytes.withUnsafeMutableBytes { peopleChances.fill($0) }
        return Bytes10(bytes).map { InvitationCode($0) }
    }

    /// An attempt to join came to nothing: both are free for another.
    func joinEnded(_ guest: Int) {
        let house = houses[guest]
        house.isBeingInvited = false
        if let inviter = house.inviter { houses[inviter].inviting = nil }
        house.inviter = nil
    }

    func join(_ joined: JoinedNetwork, _ house: SimulatedHouse) {
        house.disk.network = StoredNetwork(
            networkKey: joined.networkKey, recognitionKey: joined.recognitionKey,
            founderSigningKey: joined.founderSigningKey)
        let isIn = drive(house.index) { bridge, moment, effects in
            (try? bridge.joinStored(joined, now: moment, into: &effects)) != nil
        }
        joinEnded(house.index)
        guard isIn == true else { return }
        welcome(house, depth: joined.members.count)
    }

    // MARK: Devices

    /// An owner enrols a device: a grant, and with it the first proof.
    private func enrol(_ number: Int, _ house: SimulatedHouse) {
        guard devices[number].grant == nil else { return }
        let device = devices[number]
        let devicePlan = scenario.devices[device.plan]
        let enrolment = DeviceEnrolment(
            addressKind: device.address.kind, address: device.address.value, eventClass: devicePlan.eventClass,
            scope: devicePlan.scope, ratePerMinute: devicePlan.ratePerMinute, days: GrantTerms.daysMax,
            relayKey: device.relayKey, secrets: device.secrets)
        _ = drive(house.index) { bridge, moment, effects in
            guard let grant = try? bridge.makeGrant(enrolment, now: moment) else { return }
            devices[number].grant = grant
            noteGrant(number)
            guard let own = try? devices[number].own() else { return }
            try? bridge.adopt(own, grant: grant, now: moment, into: &effects)
        }
    }

    /// The owner revokes a device's grant. False if its home is down, or it is revoked.
    @discardableResult
    func revoke(_ number: Int) -> Bool {
        let device = devices[number]
        guard let grant = device.grant, !device.isRevoked, houses[device.home].running != nil else { return false }
        devices[number].isRevoked = true
        devices[number].revokedAt = now
        meters.begin(.revocation(number), at: now, expected: networks[houses[device.home].network].houses.count)
        let isTold = drive(device.home) { bridge, moment, effects in
            (try? bridge.revoke(
                secret: grant.secrets.revocationSecret, optInEnd: grant.record.end, now: moment, into: &effects))
                != nil
        }
        return isTold == true
    }

    // MARK: Hosting

    /// A host's no, or yes: on disk first, so that it outlives a crash.
    func setHosting(_ house: SimulatedHouse, isOptedOut: Bool, isClosed: Bool) {
        let wasNo = house.isNo
        (house.isOptedOut, house.isClosed) = (isOptedOut, isClosed)
        guard house.isNo != wasNo else { return }
        noteState(house)
        house.unsettledAt = now
        guard !house.lies.contains(.ignoresOptOuts) else { return }
        drive(house.index) { bridge, moment, effects in
            bridge.setHosting(
                isOptedOut: isOptedOut, isScheduleClosed: isClosed, now: moment, into: &effects)
        }
        disturbRoutes()
        if house.isNo {
            beginOptOutSpread(house)
            dropKept(house) { _ in true }
        } else {
            endOptOutSpread(house)
        }
    }

    /// Whether the host's schedule is closed at a minute of the day; then the next turn is put in the queue.
    func noteSchedule(_ house: Int) {
        let open = houses[house].plan.openMinutes
        guard !open.isEmpty else { return }
        houses[house].isClosed = !isOpen(open)
        let seconds = Int64(scenario.startsAt.seconds) + now / 1_000_000
        let next = (seconds / 60 + 1) * 60 - Int64(scenario.startsAt.seconds)
        queue.add(Happening(kind: .schedule, house: Int32(house)), at: next * 1_000_000)
    }

    private func isOpen(_ ranges: [MinuteRange]) -> Bool {
        let minute = Int((Int64(scenario.startsAt.seconds) + now / 1_000_000) / 60 % 1_440)
        return ranges.contains { range in
            range.from < range.to
                ? (range.from..<range.to).contains(minute) : minute >= range.from || minute < range.to
        }
    }

    func turnSchedule(_ house: Int) {
        let wasClosed = houses[house].isClosed
        noteSchedule(house)
        let isClosed = houses[house].isClosed
        guard isClosed != wasClosed else { return }
        houses[house].isClosed = wasClosed
        setHosting(houses[house], isOptedOut: houses[house].isOptedOut, isClosed: isClosed)
    }
}
