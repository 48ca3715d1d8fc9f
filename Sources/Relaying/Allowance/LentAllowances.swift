import Wire

/// All that a host lends: the packets' part and the registry's, each with its own rate and month, and one reservation
/// for both, since the disk keeps one sum a day.
public struct LentAllowances: Sendable {
    var packets: Allowance
    var registry: Allowance

    private var pending: MonthAllowance.Reservation?
    private var pendingPackets: MonthAllowance.Reservation?
    private var pendingRegistry: MonthAllowance.Reservation?

    /// `stored` are the sums of earlier days; `day`, if given, the one to begin with instead of the wall clock's. Which part
    /// they were spent of is not kept: a tenth counts as the registry's.
    public init(
        _ limits: LendingLimits, stored: [MonthAllowance.Reservation], day: UInt32? = nil, now: Moment
    ) {
        let day = day ?? now.wall.day
        let share = RegistryShare(limits)
        let (ofPackets, ofRegistry) = Self.split(stored)
        packets = Allowance(
            bucket: TokenBucket(
                rateBits: share.packetRateBits, burstBytes: share.packetBurstBytes, startingAt: now.instant),
            month: MonthAllowance(
                monthBytes: share.packetMonthBytes, chunkBytes: Self.packetChunkBytes(share), day: day,
                stored: ofPackets))
        registry = Allowance(
            bucket: TokenBucket(
                rateBits: share.registryRateBits, burstBytes: share.registryBurstBytes, startingAt: now.instant),
            month: MonthAllowance(
                monthBytes: share.registryMonthBytes, chunkBytes: Self.registryChunkBytes, day: day,
                stored: ofRegistry))
    }

    /// Rounds what all days up to each come to, not each day: a byte a day would add up, and the parts must not come out
    /// further from the shares than a byte.
    private static func split(
        _ stored: [MonthAllowance.Reservation]
    ) -> (packets: [MonthAllowance.Reservation], registry: [MonthAllowance.Reservation]) {
        var (packets, registry): ([MonthAllowance.Reservation], [MonthAllowance.Reservation]) = ([], [])
        var carried: Int64 = 0
        for reservation in stored.sorted(by: { $0.day < $1.day }) {
            let total = max(reservation.totalBytes, 0)
            let part =
                total / RegistryShare.divisor &+ (total % RegistryShare.divisor &+ carried) / RegistryShare.divisor
            carried = (total % RegistryShare.divisor &+ carried) % RegistryShare.divisor
            packets.append(.init(day: reservation.day, totalBytes: total &- part))
            registry.append(.init(day: reservation.day, totalBytes: part))
        }
        return (packets, registry)
    }

    /// Takes other limits from now on.
    public mutating func configure(_ limits: LendingLimits, now: Moment) {
        let share = RegistryShare(limits)
        packets.bucket.configure(
            rateBits: share.packetRateBits, burstBytes: share.packetBurstBytes, now: now.instant)
        registry.bucket.configure(
            rateBits: share.registryRateBits, burstBytes: share.registryBurstBytes, now: now.instant)
        packets.month.configure(monthBytes: share.packetMonthBytes, chunkBytes: Self.packetChunkBytes(share))
        registry.month.configure(monthBytes: share.registryMonthBytes, chunkBytes: Self.registryChunkBytes)
    }

    /// Believes no day after `day` from now on.
    public mutating func believe(upTo day: UInt32) {
        packets.month.believe(upTo: day)
        registry.month.believe(upTo: day)
    }

    private static let registryChunkBytes = MonthAllowance.chunkBytesDefault / 4

    private static func packetChunkBytes(_ share: RegistryShare) -> Int64 {
        MonthAllowance.chunkBytes(rateBits: share.packetRateBits, monthBytes: share.packetMonthBytes)
    }

    /// The sum of a day that should be stored now, if any: told once, until `reservationStored` or `reservationFailed`.
    /// With `registryOnly` nothing is asked for packets: a host who opted out still passes noes on.
    public mutating func reservation(day: UInt32, registryOnly: Bool = false) -> MonthAllowance.Reservation? {
        guard pending == nil else { return nil }
        // Asked at every turn, and hardly ever anything is wanted.
        // Both roll their windows on to the day by it.
        let mayReservePackets = packets.month.mayReserve(day: day)
        let mayReserveRegistry = registry.month.mayReserve(day: day)
        guard mayReservePackets && !registryOnly || mayReserveRegistry else { return nil }
        // Either part may stand beyond its share, as when what is stored was divided anew: the whole is what is promised.
        let room = max(0, roomInMonth(day))
        pendingPackets = registryOnly ? nil : packets.month.reservation(day: day, atMost: room)
        let added = pendingPackets.map { $0.totalBytes &- packets.month.reservedBytes(day: $0.day) } ?? 0
        pendingRegistry = registry.month.reservation(day: day, atMost: room &- added)
        guard let latest = pendingPackets?.day ?? pendingRegistry?.day else { return nil }
        pending = MonthAllowance.Reservation(
            day: latest,
            totalBytes: (pendingPackets?.totalBytes ?? packets.month.reservedBytes(day: latest))
                &+ (pendingRegistry?.totalBytes ?? registry.month.reservedBytes(day: latest)))
        return pending
    }

    /// Bytes of the whole month that neither part has reserved; below 0 where the month has been lowered.
    private mutating func roomInMonth(_ day: UInt32) -> Int64 {
        let month = packets.month.monthBytes &+ registry.month.monthBytes
        let reserved = packets.month.reservedBytesInWindow(day: day).addingReportingOverflow(
            registry.month.reservedBytesInWindow(day: day))
        return reserved.overflow ? 0 : month &- reserved.partialValue
    }

    /// The sum is on disk, and may be spent. Any other than the one asked for changes nothing.
    public mutating func reservationStored(_ reservation: MonthAllowance.Reservation) {
        guard reservation == pending else { return }
        if let part = pendingPackets { packets.month.reservationStored(part) }
        if let part = pendingRegistry { registry.month.reservationStored(part) }
        pending = nil
    }

    /// The sum could not be stored; it is asked for again.
    public mutating func reservationFailed(_ reservation: MonthAllowance.Reservation) {
        guard reservation == pending else { return }
        if let part = pendingPackets { packets.month.reservationFailed(part) }
        if let part = pendingRegistry { registry.month.reservationFailed(part) }
        pending = nil
    }

    /// Bytes of the sliding month that are spent, or count as spent.
    public var monthUsedBytes: Int64 { packets.month.usedBytes &+ registry.month.usedBytes }
}
