import Wire

/// The consent filter: every bridge runs it for every packet it hears or receives. In this order, and the first no ends
/// it (protocol, section 9). There is no override: no flag, key, packet kind or urgency changes an answer.
public enum ConsentFilter {
    /// Judges a packet that came over a link. It marks nothing as seen: that is for whoever takes the packet.
    public static func judge(
        _ packet: PacketView, incoming: Incoming, host: HostConsent, clock: ClockState, now: Moment,
        registry: inout Registry, seen: borrowing SeenTable, rates: inout RateTable
    ) -> Verdict {
        // 1 hosting and 2 time do not stand in the way of what goes to this bridge's own home: whose packet it is
        // shows at step 4, so what they say has to wait until then.
        let standing = hosting(host) ?? time(clock)
        // 3 form
        if let no = form(packet) { return .no(standing ?? no) }
        // 4 grant, and with it the host's word on its class
        let index: GrantIndex
        switch registry.find(packet, host: host, clock: clock, now: now, ownOnly: standing != nil, seen: seen) {
        case .no(let no): return .no(standing ?? no)
        case .grant(let found): index = found
        }
        let grant = registry.grants.states[Int(index)]
        // 5 opt-out
        if let no = grant.optOut(at: now.wall) { return .no(no) }
        // 6 scope
        let bits = packet.consentBits.intersection(grant.scope)
        if !grant.isOwn && !bits.contains(.relay) { return .no(.scope) }
        let minute = minute(of: now)
        let counter = rates.counter(grant: index, incoming: incoming, minute: minute)
        if !rates.allows(counter, ratePerMinute: grant.ratePerMinute, minute: minute) { return .no(.rate) }
        // 7 fresh and new
        if (!grant.isOwn || clock == .good) && !isFresh(packet, bits, now.wall) { return .no(.expired) }
        let state = seen.state(of: packet.eventID, grant: index)
        if grant.isOwn {
            if state == .confirmed { return .seen(grant: index) }
            rates.charge(counter, grant: index, incoming: incoming, minute: minute)
            return .home(grant: index)
        }
        if state == .held { return .copy(grant: index, hopLimit: max(packet.hopLimit, 1) - 1) }
        if let state, !mayComeAgain(state) { return .seen(grant: index) }
        if packet.hopLimit <= 1 { return .no(.hopLimit) }
        rates.charge(counter, grant: index, incoming: incoming, minute: minute)
        return .relay(grant: index, hopLimit: packet.hopLimit - 1)
    }

    /// As above, from the bytes as they came: what is no packet is `malformed`.
    public static func judge(
        bytes: UnsafeRawBufferPointer, incoming: Incoming, host: HostConsent, clock: ClockState, now: Moment,
        registry: inout Registry, seen: borrowing SeenTable, rates: inout RateTable
    ) -> Verdict {
        guard let packet = try? PacketView(bytes) else { return .no(hosting(host) ?? time(clock) ?? .malformed) }
        return judge(
            packet, incoming: incoming, host: host, clock: clock, now: now, registry: &registry, seen: seen,
            rates: &rates)
    }

    /// Judges an advertisement that this bridge's own radio heard, in the same order.
    public static func judge(
        heard: HeardAdvertisement, host: HostConsent, clock: ClockState, now: Moment, keys: borrowing NetworkKeys,
        registry: inout Registry, seen: borrowing SeenTable, rates: inout RateTable
    ) -> HeardVerdict {
        // 1 hosting, 2 time
        let standing = hosting(host) ?? time(clock)
        // 3 form
        if let no = form(heard) { return .no(standing ?? no) }
        // 4 grant
        let device = keys.recognitionValue(heard.addressKind, address: heard.address)
        guard let index = registry.grants.ofDevice(device, now: now.wall) else { return .no(standing ?? .noGrant) }
        return judge(
            heard: heard, grant: index, standing: standing, host: host, clock: clock, now: now, registry: &registry,
            seen: seen, rates: &rates)
    }

    /// Judges a test advertisement of `index`, as if this bridge's own radio had heard the grant's device: in the same
    /// order and with the same answers.
    public static func judge(
        test heard: HeardAdvertisement, grant index: GrantIndex, host: HostConsent, clock: ClockState, now: Moment,
        registry: inout Registry, seen: borrowing SeenTable, rates: inout RateTable
    ) -> HeardVerdict {
        let standing = hosting(host) ?? time(clock)
        if let no = form(heard) { return .no(standing ?? no) }
        return judge(
            heard: heard, grant: index, standing: standing, host: host, clock: clock, now: now, registry: &registry,
            seen: seen, rates: &rates)
    }

    /// Steps 4 to 7, of an advertisement whose grant is found.
    @inline(__always)
    private static func judge(
        heard: HeardAdvertisement, grant index: GrantIndex, standing: Reason?, host: HostConsent, clock: ClockState,
        now: Moment, registry: inout Registry, seen: borrowing SeenTable, rates: inout RateTable
    ) -> HeardVerdict {
        let grant = registry.grants.states[Int(index)]
        let isOwn = grant.isOwn
        if !isOwn {
            if let standing { return .no(standing) }
            if !host.lends(grant.eventClass) { return .no(.classNotLent) }
        }
        let isTimed = !isOwn || clock == .good
        if isTimed && !grant.isProven(at: now.wall) { return .no(.staleGrant) }
        // 5 opt-out
        if let no = grant.optOut(at: now.wall) { return .no(no) }
        // 6 scope
        if !isOwn && !grant.scope.contains(.relay) { return .no(.scope) }
        let (rate, minute) = (grant.ratePerMinute, minute(of: now))
        if !isOwn && !rates.allows(grant: index, incoming: .ownRadio, ratePerMinute: rate, minute: minute) {
            return .no(.rate)
        }
        // 7 fresh and new
        guard let eventID = registry.eventID(of: index, for: heard) else { return .no(.noGrant) }
        let state = seen.state(of: eventID, grant: index)
        if isOwn { return state == .confirmed ? .no(.seen) : .home(grant: index, eventID: eventID) }
        if state != nil { return .no(.seen) }
        rates.charge(grant: index, incoming: .ownRadio, minute: minute)
        return .seal(grant: index, eventID: eventID)
    }

    // MARK: The steps

    /// 1: this host lends this bridge, now. Its word on the class follows as soon as the grant is known.
    @inline(__always)
    static func hosting(_ host: HostConsent) -> Reason? {
        if host.optedOut { return .optedOut }
        return host.scheduleClosed ? .schedule : nil
    }

    /// 2: the clock is set, and does not run behind what was stored.
    @inline(__always)
    static func time(_ clock: ClockState) -> Reason? { clock == .good ? nil : .clock }

    /// 3: `PacketView` has checked length, version and kind. An unknown or absent bit is a no.
    @inline(__always)
    static func form(_ packet: PacketView) -> Reason? {
        packet.consentBits.hasUnknown || packet.consentBits.isEmpty ? .unknownConsent : nil
    }

    static func form(_ heard: HeardAdvertisement) -> Reason? {
        guard heard.isBTHome2 else { return .malformed }
        if heard.serviceData.count > HeardEvent.serviceDataMax { return .tooLong }
        if !heard.isEncrypted { return .notEncrypted }
        return heard.serviceData.count < HeardAdvertisement.serviceDataMin ? .malformed : nil
    }

    /// 7: what was dropped for want of room, route, allowance or the host's yes may be otherwise by now: whoever still
    /// holds it may hand it over again.
    @inline(__always)
    static func mayComeAgain(_ state: SeenState) -> Bool {
        if case .ended(let reason) = state { return reason.kind == .notNow }
        return false
    }

    /// 7: not expired, and its slot lies within its life: it began, by any clock within the tolerance, and its expiry is
    /// no later than that of an event heard at the slot's end.
    @inline(__always)
    static func isFresh(_ packet: PacketView, _ bits: ConsentBits, _ now: WallTime) -> Bool {
        let (slotStart, expiry) = (UInt64(packet.slot) &* 900, UInt64(packet.expiryMinute) &* 60)
        let latest = slotStart &+ 899 &+ UInt64(EventLife.seconds(bits)) &+ 59
        return UInt64(now.seconds) < expiry && slotStart < expiry && expiry <= latest
            && slotStart <= UInt64(now.seconds) &+ UInt64(ClockState.toleranceSeconds)
    }

    /// The window in which rates are counted: a minute of the monotonic clock.
    @inline(__always)
    private static func minute(of now: Moment) -> UInt32 {
        UInt32(truncatingIfNeeded: now.instant.microseconds / 60_000_000)
    }
}
