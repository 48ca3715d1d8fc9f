import Consent
import Relaying
import Sealing
import Wire

/// What a device is enrolled with. All secrets are random and handed in.
public struct DeviceEnrolment: Sendable {
    public var addressKind: AddressKind
    /// The six bytes in the low 48 bits.
    public var address: UInt64
    public var eventClass: EventClass
    public var scope: ConsentBits
    public var ratePerMinute: UInt16
    /// Days of the owner's opt-in, 1 to 180.
    public var days: Int
    /// 16 bytes, known to all members.
    public var relayKey: Bytes16
    public var secrets: GrantSecrets

    public init(
        addressKind: AddressKind, address: UInt64, eventClass: EventClass, scope: ConsentBits, ratePerMinute: UInt16,
        days: Int, relayKey: Bytes16, secrets: GrantSecrets
    ) {
        self.addressKind = addressKind
        self.address = address
        self.eventClass = eventClass
        self.scope = scope
        self.ratePerMinute = ratePerMinute
        self.days = days
        self.relayKey = relayKey
        self.secrets = secrets
    }
}

/// What owner and host ask for.
extension Bridge {
    // MARK: Network

    /// Founds a network with this bridge as its first member. The caller stores what is returned. `name` is what all
    /// members will know the network by.
    public mutating func createNetwork(
        named name: MemberName, now: Moment, into effects: inout Effects
    ) throws(BridgeError) -> StoredNetwork {
        guard network == nil else { throw .networkExists }
        guard joining == nil else { throw .joiningAlready }
        try requireClock(now)
        do {
            let stored = StoredNetwork(
                networkKey: try random.drawSecret(32), recognitionKey: try random.drawSecret(32),
                founderSigningKey: identity.signingKey.publicKey)
            let record = try MemberRecord(
                staticKey: identity.staticKey.publicKey, signingKey: identity.signingKey.publicKey,
                inviter: identity.memberID, issued: now.wall, name: identity.name, networkName: name
            ).signed(by: identity.signingKey)
            try enter(stored, records: [record.array()], now: now, into: &effects)
            return stored
        } catch {
            throw BridgeError(error)
        }
    }

    /// The keys and records of the network that was joined are on disk: be a member.
    public mutating func joinStored(
        _ joined: JoinedNetwork, now: Moment, into effects: inout Effects
    ) throws(BridgeError) {
        guard network == nil else { throw .networkExists }
        let stored = StoredNetwork(
            networkKey: joined.networkKey, recognitionKey: joined.recognitionKey,
            founderSigningKey: joined.founderSigningKey)
        try enter(stored, records: joined.members, now: now, into: &effects)
    }

    private mutating func enter(
        _ stored: StoredNetwork, records: [[UInt8]], now: Moment, into effects: inout Effects
    ) throws(BridgeError) {
        let seed = (UInt64(random.number(below: .max)) << 32) | UInt64(random.number(below: .max))
        let state = try NetworkState(stored, ownMember: identity.memberID, tableSeed: seed)
        network = state
        for record in records {
            if case .rejected(let rejection) = take(record: record, from: nil, now: now, into: &effects) {
                network = nil
                throw .rejected(rejection)
            }
        }
        neighbours.enter(
            identity.memberID, sequenceNumber: UInt16(truncatingIfNeeded: seed), isOptedOut: takesNothing,
            isReluctant: host.isPartial, linksMax: configuration.linksMax, seed: seed)
        rollBeacons(now: now, into: &effects)
    }

    /// Tells the neighbours that this member is gone for good. After a moment in which that can spread the caller wipes
    /// what is stored and calls `forgetNetwork`.
    public mutating func leaveNetwork(now: Moment, into effects: inout Effects) throws(BridgeError) {
        guard network != nil else { throw .noNetwork }
        try requireClock(now)
        do {
            let record = try DepartureRecord(member: identity.memberID, time: now.wall).signed(by: identity.signingKey)
            take(record: try record.array(), from: nil, now: now, into: &effects)
        } catch {
            throw BridgeError(error)
        }
    }

    /// Drops keys, records, links and everything held.
    public mutating func forgetNetwork(now: Moment, into effects: inout Effects) {
        for session in sessions.sessions { bye(.closing, session, now: now, into: &effects) }
        network = nil
        test = nil
        neighbours.leave()
        beacons.leave()
        invitation = nil
        joining = nil
        relay.dropEverything(now: now)
        beaconsChanged = true
    }

    // MARK: Devices

    /// A new grant for a device, signed but not in force: the caller stores it with its secrets, then calls `adopt`.
    public func makeGrant(_ enrolment: DeviceEnrolment, now: Moment) throws(BridgeError) -> OwnGrant {
        guard let network else { throw .noNetwork }
        guard !home.isFull, network.ownGrants.count < Registry.grantsOfMemberMax else { throw .full }
        try requireClock(now)
        let value = network.keys.recognitionValue(enrolment.addressKind, address: enrolment.address)
        do {
            return try OwnGrant(
                terms: GrantTerms(
                    recognitionValue: value, eventClass: enrolment.eventClass, scope: enrolment.scope,
                    ratePerMinute: enrolment.ratePerMinute, days: enrolment.days),
                home: identity.memberID, signingKey: identity.signingKey, relayKey: enrolment.relayKey,
                secrets: enrolment.secrets, now: now.wall)
        } catch {
            throw BridgeError(error)
        }
    }

    /// A stored device's grant takes force, and its first proof with it.
    public mutating func adopt(
        _ device: OwnDevice, grant: OwnGrant, now: Moment, into effects: inout Effects
    ) throws(BridgeError) {
        guard let network else { throw .noNetwork }
        let outcome: RecordOutcome
        do { outcome = take(record: try grant.record.array(), from: nil, now: now, into: &effects) } catch {
            throw BridgeError(error)
        }
        if case .rejected(let rejection) = outcome { throw .rejected(rejection) }
        home.adopt(device)
        network.ownGrants.removeAll { $0.id == grant.id }
        network.ownGrants.append(grant)
        proveFreshness(now: now, into: &effects)
    }

    /// Ends a grant for good, everywhere, by its revocation secret and the end of its opt-in. Whether this bridge holds
    /// the grant does not matter: whoever does is told.
    public mutating func revoke(
        secret: SecretBytes, optInEnd: WallTime, now: Moment, into effects: inout Effects
    ) throws(BridgeError) {
        guard let network else { throw .noNetwork }
        do {
            guard let bytes = secret.withUnsafeBytes({ Bytes20($0) }) else { throw BridgeError.badTerms }
            let record = try RevocationRecord(secret: bytes, end: optInEnd).array()
            let target = HashLock.target(secret: bytes, optInEnd: optInEnd)
            network.ownRevocations.append(Names.recordID(record))
            network.ownGrants.removeAll { $0.record.revocationTarget == target }
            let outcome = take(record: record, from: nil, now: now, into: &effects)
            if case .rejected(let rejection) = outcome { throw BridgeError.rejected(rejection) }
        } catch {
            throw BridgeError(error)
        }
    }

    /// The owner's no for a device, or its withdrawal, told to all.
    public mutating func setDeviceNo(
        _ isNo: Bool, device identifier: Int64, now: Moment, into effects: inout Effects
    ) throws(BridgeError) {
        guard let network else { throw .noNetwork }
        guard let place = home.place(of: identifier) else { throw .unknownDevice }
        let device = home.devices[place]
        // Proofs stop, whatever becomes of the record.
        home.setOptedOut(isNo, at: place)
        do {
            let record = try OwnOptOut.record(
                for: network.keys.recognitionValue(device.addressKind, address: device.address), isNo: isNo,
                maker: identity.memberID, signingKey: identity.signingKey, registry: network.registry)
            let outcome = take(record: try record.array(), from: nil, now: now, into: &effects)
            if case .rejected(let rejection) = outcome { throw BridgeError.rejected(rejection) }
        } catch {
            throw BridgeError(error)
        }
        if !isNo { proveFreshness(now: now, into: &effects) }
    }

    /// Lets a device in again whose counter began anew, as after a change of battery or firmware. What was let through
    /// before is remembered by its event's id and not opened again.
    public mutating func resetCounter(device identifier: Int64) throws(BridgeError) {
        guard let place = home.place(of: identifier) else { throw .unknownDevice }
        home.resetCounter(at: place)
    }

    /// Forgets a device; its grant is to be revoked first.
    public mutating func remove(device identifier: Int64) {
        guard let place = home.place(of: identifier) else { return }
        let id = home.devices[place].grantID
        network?.ownGrants.removeAll { $0.id == id }
        home.remove(identifier)
    }

    /// Publishes the proofs that are due: for each own grant one a day, while the owner's opt-in stands.
    mutating func proveFreshness(now: Moment, into effects: inout Effects) {
        guard let network, clock.state == .good else { return }
        for grant in network.ownGrants {
            guard let place = home.place(ofGrant: grant.id), !home.devices[place].isOptedOut,
                let index = network.registry.grantIndex(of: grant.id),
                let last = network.registry.grant(at: index)?.proofIndex,
                let proof = try? grant.proofDue(after: last, now: now.wall), let bytes = try? proof.array()
            else { continue }
            take(record: bytes, from: nil, now: now, into: &effects)
        }
    }

    // MARK: Hosting

    /// The host's no, or yes. A no has taken effect when this returns: nothing of a third party leaves any more.
    /// Returns how many packets were dropped for it.
    @discardableResult
    public mutating func setOptedOut(_ isOptedOut: Bool, now: Moment, into effects: inout Effects) -> Int {
        setHosting(isOptedOut: isOptedOut, isScheduleClosed: host.scheduleClosed, now: now, into: &effects)
    }

    /// The host's no and the host's schedule, together: either is a no, as above.
    @discardableResult
    public mutating func setHosting(
        isOptedOut: Bool, isScheduleClosed: Bool, now: Moment, into effects: inout Effects
    ) -> Int {
        let wasNo = host.isNo
        host.optedOut = isOptedOut
        host.scheduleClosed = isScheduleClosed
        configuration.isOptedOut = isOptedOut
        configuration.isScheduleClosed = isScheduleClosed
        guard host.isNo != wasNo else { return 0 }
        let before = relay.heldPackets
        relay.setHosting(!host.isNo, reason: isOptedOut ? .optedOut : .schedule, now: now)
        if host.isNo { forgetLentRecordMessages() }
        neighbours.setOptedOut(takesNothing || isStopping, now: now.instant)
        lendingMayChange(now)
        for case let session? in sessions.links { startExchange(session, now: now) }
        advance(now: now, into: &effects)
        return host.isNo ? before - relay.heldPackets : 0
    }

    /// Whether no packet of others would be taken now, by the host's will or cap: then no ways over this bridge are told.
    var takesNothing: Bool { host.takesNothing || configuration.lending.isNothing }

    /// Takes over changed settings.
    public mutating func configure(
        _ configuration: BridgeConfiguration, now: Moment, into effects: inout Effects
    ) {
        self.configuration = configuration
        let before = host
        host = HostConsent(
            optedOut: host.optedOut, scheduleClosed: host.scheduleClosed, classesLent: configuration.classesLent)
        for eventClass in [EventClass.alarm, .event, .telemetry]
        where before.lends(eventClass) && !host.lends(eventClass) {
            relay.classEnded(eventClass, now: now)
        }
        relay.configure(configuration.lending, now: now)
        neighbours.setReluctant(host.isPartial, now: now.instant)
        neighbours.setOptedOut(takesNothing || isStopping, now: now.instant)
        lendingMayChange(now)
        neighbours.setLinksMax(configuration.linksMax)
        for number in (0..<LinkNumber(LinkNumbers.countMax)).reversed()
        where sessions.linkCount > configuration.linksMax {
            if let link = sessions.link(number) { bye(.noRoom, link, now: now, into: &effects) }
        }
        setHosting(
            isOptedOut: configuration.isOptedOut, isScheduleClosed: configuration.isScheduleClosed, now: now,
            into: &effects)
    }

    // MARK: From the disk

    /// An opened event is on disk.
    public mutating func openingStored(_ eventID: UInt64, now: Moment, into effects: inout Effects) {
        guard let pending = home.settle(eventID) else { return }
        home.note(isStored: true, device: pending.device, now: now.wall)
        deliver(pending, now: now)
    }

    /// An opened event could not be stored: it is not confirmed, and a neighbour will hand it on again.
    public mutating func openingFailed(_ eventID: UInt64, now: Moment, into effects: inout Effects) {
        guard let pending = home.settle(eventID) else { return }
        if let grant = home.grantID(of: pending).flatMap({ network?.registry.grantIndex(of: $0) }) {
            relay.refuse(ConfirmedEvent(eventID: pending.eventID, grant: grant), to: pending.links, now: now)
        }
        home.takeBack(pending)
        home.note(isStored: false, device: pending.device, now: now.wall)
        drop(.notDelivered, bytes: 0, into: &effects)
    }

    /// The reservation of `BridgeAction.reserveMonth` is on disk: so much may be spent.
    public mutating func reservationStored(_ reservation: MonthAllowance.Reservation) {
        relay.reservationStored(reservation)
    }

    public mutating func reservationFailed(_ reservation: MonthAllowance.Reservation) {
        relay.reservationFailed(reservation)
    }

    /// What was lent since the last call, a day at a time; nil once there is nothing.
    public mutating func drainLedger() -> LedgerDay? { relay.ledger.drain() }

    func requireClock(_ now: Moment) throws(BridgeError) {
        var clock = clock
        clock.judge(now)
        guard clock.state == .good else { throw .clockUnset }
    }
}

extension BridgeError {
    init(_ error: any Error) {
        switch error {
        case let error as BridgeError: self = error
        case let error as SealingError: self = .sealing(error)
        case is RandomnessExhausted: self = .randomnessExhausted
        default: self = .badTerms
        }
    }
}
