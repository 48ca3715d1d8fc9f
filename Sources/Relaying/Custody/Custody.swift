import Consent
import Wire

/// The copies that this bridge keeps for others, and how they are found: by slot, by event, by age and by deadline.
/// All of it is bounded by the pool, and grows with it. What is done with them is decided in `Relay`.
struct Custody: ~Copyable {
    static let variantsMax = 3
    /// Ranks by which copies give way: telemetry first, then events, then alarms.
    private static let rankCount = 3

    var pool = PacketPool()
    private(set) var copies = GrowingBlock(CopyRecord())
    var deadlines = DeadlineHeap()
    var windows = AnswerWindows()
    private(set) var events: EventTable
    /// Copies by rank and incoming link, oldest first.
    private var ages: IndexLists
    private var taken: UInt64 = 0
    private(set) var heldBytes = 0

    static var memoryBytes: Int {
        PacketPool.memoryBytes + PacketPool.slotCount * MemoryLayout<CopyRecord>.stride + DeadlineHeap.memoryBytes
            + AnswerWindows.memoryBytes + EventTable.memoryBytes
            + IndexLists.memoryBytes(indexes: PacketPool.slotCount, lists: rankCount * LinkNumbers.sourceCount)
    }

    init(seed: UInt64) {
        events = EventTable(seed: seed)
        ages = IndexLists(lists: Self.rankCount * LinkNumbers.sourceCount)
    }

    /// The slots that may be taken, for walks over all that is held.
    var slots: Range<Int16> { 0..<Int16(truncatingIfNeeded: pool.capacity) }

    private mutating func growWithPool() {
        copies.reserve(pool.capacity)
        deadlines.grow(to: pool.capacity)
        events.grow(to: pool.capacity)
        ages.reserve(indexes: pool.capacity)
    }

    var count: Int { PacketPool.slotCount &- pool.freeCount }

    /// A packet of the event may be taken soon: what that touches is fetched meanwhile.
    @inline(__always)
    func expect(_ eventID: UInt64) {
        let slot = pool.expect()
        events.expect(eventID, slot)
        if slot >= 0 { copies.expect(Int(slot)) }
    }

    /// The first copy of the event, or -1; the others follow by `nextVariant`. Packets with one id under two grants are
    /// two events: anybody may claim any id.
    @inline(__always)
    func first(_ eventID: UInt64, _ grant: GrantIndex) -> Int16 { events.first(eventID, grant) }

    /// All links over which copies of the event came, and all over which they were sent. `first` is its first copy.
    func links(first: Int16) -> (upstream: UInt16, handedTo: UInt16) {
        var links = (upstream: UInt16(0), handedTo: UInt16(0))
        var slot = first
        while slot >= 0 {
            links.upstream |= copies[Int(slot)].upstream
            links.handedTo |= copies[Int(slot)].handedTo
            slot = copies[Int(slot)].nextVariant
        }
        return links
    }

    /// The copy of `packet`'s event with the very same bytes, hop limit apart, or nil. `first` is the event's first copy.
    func copy(of packet: PacketView, first: Int16) -> Int16? {
        var slot = first
        while slot >= 0 {
            if Self.isSame(pool.packet(slot), packet.bytes) { return slot }
            slot = copies[Int(slot)].nextVariant
        }
        return nil
    }

    /// Takes `packet` into custody as a new copy. Nil if the pool is full.
    mutating func take(_ packet: PacketView, hopLimit: UInt8, _ record: CopyRecord) -> Int16? {
        guard let slot = pool.take(packet.bytes) else { return nil }
        if pool.capacity > copies.capacity { growWithPool() }
        pool.packet(slot)[PacketLayout.offsetHopLimit] = hopLimit
        taken &+= 1
        heldBytes &+= packet.count
        copies[Int(slot)] = record
        copies[Int(slot)].order = taken
        copies[Int(slot)].byteCount = Int16(truncatingIfNeeded: packet.count)
        ages.append(slot, to: Self.ageList(copies[Int(slot)]))
        join(slot)
        return slot
    }

    /// Ends custody of the copy in `slot`. Returns the copy that is now the first of its event, if that is another, and
    /// whether there is none left.
    mutating func end(_ slot: Int16) -> (first: Int16?, isLast: Bool) {
        heldBytes &-= Int(copies[Int(slot)].byteCount)
        deadlines.set(slot, due: .never)
        ages.remove(slot)
        pool.free(slot)
        return leave(slot)
    }

    /// The copies of an event, first to last; missing ones are -1.
    func variants(first: Int16) -> (first: Int16, second: Int16, third: Int16) {
        let second = first >= 0 ? copies[Int(first)].nextVariant : -1
        return (first, second, second >= 0 ? copies[Int(second)].nextVariant : -1)
    }

    /// Of three variants, the one that gives way to a fourth that came from `source`: the latest of a link that brought
    /// two, if none of the three came from `source`. Or else whoever sent three pieces of junk with a genuine id, and was
    /// quicker, could keep the genuine packet out. Where some came from `source`, the one of those with the lowest hop
    /// limit, if that is below the newcomer's: three that get no further must not stop one that would, and a link displaces
    /// but its own. Nil if none gives way.
    func variantGivingWay(first: Int16, to source: LinkNumber, hopLimit: UInt8) -> Int16? {
        let (first, second, third) = variants(first: first)
        guard third >= 0 else { return nil }
        let sources = (copies[Int(first)].source, copies[Int(second)].source, copies[Int(third)].source)
        if sources.0 == source || sources.1 == source || sources.2 == source {
            var (lowest, limit) = (Int16(-1), hopLimit)
            var slot = first
            while slot >= 0 {
                let held = pool.packet(slot)[PacketLayout.offsetHopLimit]
                if copies[Int(slot)].source == source, held < limit { (lowest, limit) = (slot, held) }
                slot = copies[Int(slot)].nextVariant
            }
            return lowest >= 0 ? lowest : nil
        }
        if sources.2 == sources.1 || sources.2 == sources.0 { return third }
        return sources.1 == sources.0 ? second : nil
    }

    /// The copy that gives way to one of `eventClass`: the oldest of the lowest class held. Of several incoming links
    /// that hold some of that class, the one that holds most gives way, so that a flood displaces itself. Nil if all that
    /// is held ranks higher.
    func givingWay(to eventClass: EventClass) -> Int16? {
        for rank in 0...Self.rank(eventClass) {
            var best = -1
            for source in 0..<LinkNumbers.sourceCount {
                let list = rank &* LinkNumbers.sourceCount &+ source
                guard !ages.isEmpty(list) else { continue }
                guard best >= 0 else {
                    best = list
                    continue
                }
                let (more, most) = (ages.count(list), ages.count(best))
                let isOlder = copies[Int(ages.first(list))].order < copies[Int(ages.first(best))].order
                if more > most || (more == most && isOlder) { best = list }
            }
            if best >= 0 { return ages.first(best) }
        }
        return nil
    }

    private mutating func join(_ slot: Int16) {
        let (eventID, grant) = (copies[Int(slot)].eventID, copies[Int(slot)].grant)
        let known = events.first(eventID, grant)
        if known < 0 { return events.insert(eventID, grant, slot) }
        let (first, second, third) = variants(first: known)
        copies[Int(slot)].ordinal = second < 0 ? 1 : 2
        copies[Int(third >= 0 ? third : second >= 0 ? second : first)].nextVariant = slot
    }

    private mutating func leave(_ slot: Int16) -> (first: Int16?, isLast: Bool) {
        let record = copies[Int(slot)]
        copies[Int(slot)] = CopyRecord()
        let first = events.first(record.eventID, record.grant)
        if first == slot {
            events.remove(record.eventID, slot)
            guard record.nextVariant >= 0 else { return (nil, true) }
            events.insert(record.eventID, record.grant, record.nextVariant)
            copies[Int(record.nextVariant)].firstSent = record.firstSent
            return (record.nextVariant, false)
        }
        var before = first
        while before >= 0, copies[Int(before)].nextVariant != slot { before = copies[Int(before)].nextVariant }
        if before >= 0 { copies[Int(before)].nextVariant = record.nextVariant }
        return (nil, false)
    }

    private static func rank(_ eventClass: EventClass) -> Int { 3 &- Int(eventClass.rawValue) }

    private static func ageList(_ record: CopyRecord) -> Int {
        rank(record.eventClass) &* LinkNumbers.sourceCount &+ LinkNumbers.source(record.source)
    }

    /// The hop limit is the only byte that may differ between copies of one variant: neither tag covers it.
    private static func isSame(_ left: UnsafeMutableRawBufferPointer, _ right: UnsafeRawBufferPointer) -> Bool {
        guard left.count == right.count, left.count > PacketLayout.offsetRelayTag,
            let left = left.baseAddress, let rightStart = right.baseAddress
        else { return false }
        let behind = PacketLayout.offsetRelayTag
        return isEqual(left, rightStart, PacketLayout.bytesImmutableHeader)
            && isEqual(left + behind, rightStart + behind, right.count &- behind)
    }

    private static func isEqual(_ left: UnsafeRawPointer, _ right: UnsafeRawPointer, _ count: Int) -> Bool {
        var offset = 0
        while offset &+ 8 <= count {
            let words = (
                left.loadUnaligned(fromByteOffset: offset, as: UInt64.self),
                right.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
            )
            guard words.0 == words.1 else { return false }
            offset &+= 8
        }
        while offset < count {
            guard
                left.load(fromByteOffset: offset, as: UInt8.self) == right.load(fromByteOffset: offset, as: UInt8.self)
            else { return false }
            offset &+= 1
        }
        return true
    }
}
