import Wire

/// Packets of third parties that wait to be sent, in fair order: by class, then incoming link, then member, then grant,
/// then age. Identities can be claimed and grants minted, links cannot: so the incoming link comes first.
///
/// Each level is surplus round robin (Adiseshu, Parulkar, Varghese 1996), the form of deficit round robin that need not
/// know a packet's size before choosing it: whoever has credit goes on, and pays afterwards. A turn's credit is at least
/// the dearest packet, so nobody owes more than one packet, everybody gets a turn, and no class starves.
///
/// One cap is shared by all outgoing links, so the classes stand above the links: an alarm for one neighbour goes before
/// telemetry for another. Among the outgoing links of one incoming link packets go in turn. Everything is O(1).
struct FairQueues: ~Copyable {
    static let classCount = 3
    /// Turns of alarm, event and telemetry, in packets of the dearest size.
    private static let weights: InlineArray<3, Int32> = [16, 4, 1]
    private static let quantum = Int32(AirtimeBytes.packetMax)
    private static let sourceCount = LinkNumbers.sourceCount
    private static let laneCount = classCount * sourceCount * LinkNumbers.countMax

    private var flows: FlowTable
    /// The packets of each grant's flow.
    private var packets = IndexLists()
    private var costs = GrowingBlock(Int16(0))

    /// On the heap, so that the queues are a few words where they are moved about.
    private let turns: UnsafeMutablePointer<Turns>
    /// Packets queued.
    private var count = 0

    /// Who has packets, whose turn it is, and how much of it is left.
    private struct Turns {
        /// Outgoing links with packets: by class, and by class and source.
        var linksByClass = InlineArray<3, UInt16>(repeating: 0)
        var linksBySource = InlineArray<51, UInt16>(repeating: 0)
        /// Sources with packets, by class and outgoing link.
        var sourcesByLink = InlineArray<48, UInt32>(repeating: 0)

        var classCursor = 0
        var classCredit = InlineArray<3, Int32>(repeating: 0)
        var sourceCursor = InlineArray<3, Int>(repeating: 0)
        var sourceCredit = InlineArray<51, Int32>(repeating: 0)
        var linkCursor = InlineArray<51, Int>(repeating: 0)
    }

    static var memoryBytes: Int {
        FlowTable.memoryBytes(lanes: laneCount) + PacketPool.slotCount * 2 + MemoryLayout<Turns>.stride
            + IndexLists.memoryBytes(indexes: PacketPool.slotCount, lists: FlowTable.flowCount)
    }

    /// `seed` keeps anybody from choosing identities that collide in the table of flows.
    init(seed: UInt64) {
        flows = FlowTable(lanes: Self.laneCount, seed: seed)
        turns = .allocate(capacity: 1)
        turns.initialize(to: Turns())
    }

    deinit { turns.deallocate() }

    /// Where a packet stands.
    struct Place {
        var eventClass: EventClass
        var source: LinkNumber
        var link: LinkNumber
        var member: UInt64
        var grant: Int32
    }

    /// Queues the packet in `slot`, which is not queued. `cost` is its bytes on the air.
    mutating func append(_ slot: Int16, cost: Int, at place: Place) {
        let group = Self.group(Self.index(place.eventClass), LinkNumbers.source(place.source))
        let lane = group &* LinkNumbers.countMax &+ Int(place.link)
        guard let member = flows.flow(in: lane, key: place.member),
            let grant = flows.flow(in: flows.list(of: member), key: UInt64(UInt32(bitPattern: place.grant)))
        else { return }
        packets.reserve(indexes: Int(slot) &+ 1)
        packets.reserve(lists: Int(grant) &+ 1)
        costs.reserve(Int(slot) &+ 1)
        packets.append(slot, to: Int(grant))
        count &+= 1
        costs[Int(slot)] = Int16(clamping: min(cost, AirtimeBytes.packetMax))
        mark(lane)
    }

    /// Takes the packet in `slot` out, if it is queued.
    mutating func remove(_ slot: Int16) {
        guard Int(slot) < packets.capacity else { return }
        let grant = packets.list(of: slot)
        guard grant >= 0 else { return }
        packets.remove(slot)
        count &-= 1
        guard packets.isEmpty(grant) else { return }
        if let lane = flows.remove(Int16(grant)) { unmark(lane) }
    }

    /// The packet whose turn it is among those for the links in `open`, or nil. Asked again, it is the same one, until it
    /// is sent or removed or its link closes.
    mutating func select(open: UInt16) -> Int16? {
        guard count > 0, let eventClass = selectClass(open) else { return nil }
        let source = selectSource(eventClass, open)
        let group = Self.group(eventClass, source)
        let link = Self.following(
            turns.pointee.linkCursor[group], in: UInt32(turns.pointee.linksBySource[group] & open))
        let member = flows.first(in: group &* LinkNumbers.countMax &+ link)
        let grant = flows.first(in: flows.list(of: member))
        return packets.first(Int(grant))
    }

    /// The packet in `slot`, just selected, is sent: everybody on its way pays, and it leaves the queue.
    mutating func sent(_ slot: Int16) {
        let grant = packets.list(of: slot)
        guard grant >= 0 else { return }
        let cost = Int32(costs[Int(slot)])
        let member = flows.pay(Int16(grant), cost: cost, turn: Self.quantum)
        let lane = flows.pay(member, cost: cost, turn: Self.quantum)
        let group = Int(lane) / LinkNumbers.countMax
        turns.pointee.linkCursor[group] = Int(lane) % LinkNumbers.countMax
        turns.pointee.sourceCredit[group] &-= cost
        turns.pointee.classCredit[group / Self.sourceCount] &-= cost
        remove(slot)
    }

    private mutating func selectClass(_ open: UInt16) -> Int? {
        if turns.pointee.classCredit[turns.pointee.classCursor] > 0,
            turns.pointee.linksByClass[turns.pointee.classCursor] & open != 0
        {
            return turns.pointee.classCursor
        }
        for step in 1...Self.classCount {
            let next = (turns.pointee.classCursor &+ step) % Self.classCount
            guard turns.pointee.linksByClass[next] & open != 0 else { continue }
            turns.pointee.classCursor = next
            turns.pointee.classCredit[next] =
                min(turns.pointee.classCredit[next], 0) &+ Self.weights[next] &* Self.quantum
            return next
        }
        return nil
    }

    private mutating func selectSource(_ eventClass: Int, _ open: UInt16) -> Int {
        var ready: UInt32 = 0
        var links = turns.pointee.linksByClass[eventClass] & open
        while links != 0 {
            ready |= turns.pointee.sourcesByLink[eventClass &* LinkNumbers.countMax &+ links.trailingZeroBitCount]
            links &= links &- 1
        }
        let current = turns.pointee.sourceCursor[eventClass]
        if ready >> UInt32(current) & 1 == 1, turns.pointee.sourceCredit[Self.group(eventClass, current)] > 0 {
            return current
        }
        let next = Self.following(current, in: ready)
        let group = Self.group(eventClass, next)
        turns.pointee.sourceCursor[eventClass] = next
        turns.pointee.sourceCredit[group] = min(turns.pointee.sourceCredit[group], 0) &+ Self.quantum
        return next
    }

    private mutating func mark(_ lane: Int) {
        let link = lane % LinkNumbers.countMax
        let group = lane / LinkNumbers.countMax
        let eventClass = group / Self.sourceCount
        turns.pointee.linksByClass[eventClass] |= 1 << UInt16(link)
        turns.pointee.linksBySource[group] |= 1 << UInt16(link)
        turns.pointee.sourcesByLink[eventClass &* LinkNumbers.countMax &+ link] |= 1 << UInt32(group % Self.sourceCount)
    }

    private mutating func unmark(_ lane: Int) {
        let link = lane % LinkNumbers.countMax
        let group = lane / LinkNumbers.countMax
        let eventClass = group / Self.sourceCount
        let sources = eventClass &* LinkNumbers.countMax &+ link
        turns.pointee.linksBySource[group] &= ~(1 << UInt16(link))
        turns.pointee.sourcesByLink[sources] &= ~(1 << UInt32(group % Self.sourceCount))
        if turns.pointee.sourcesByLink[sources] == 0 { turns.pointee.linksByClass[eventClass] &= ~(1 << UInt16(link)) }
    }

    private static func index(_ eventClass: EventClass) -> Int { Int(eventClass.rawValue) &- 1 }
    private static func group(_ eventClass: Int, _ source: Int) -> Int { eventClass &* sourceCount &+ source }

    /// The first bit of `set`, which is not empty, behind `position`, going round.
    private static func following(_ position: Int, in set: UInt32) -> Int {
        let behind = set & ~(UInt32(2) << UInt32(position) &- 1)
        return (behind != 0 ? behind : set).trailingZeroBitCount
    }
}
