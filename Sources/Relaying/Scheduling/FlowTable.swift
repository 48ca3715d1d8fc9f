/// The members and grants that have packets queued, found by a hash and served in turn. A flow exists only while it has a
/// packet, so 512 packets need at most 512 members and 512 grants: claiming more identities gets nobody more. There is room
/// for as many as have been at once.
///
/// A list of flows is either a lane (the members of one class, incoming and outgoing link) or a member (its grants).
struct FlowTable: ~Copyable {
    static let flowCount = 2 * PacketPool.slotCount

    struct Flow {
        var key: UInt64 = 0
        var credit: Int32 = 0
        /// The next flow in the same bucket, or the next free one.
        var next: Int16 = -1
    }

    private var flows = GrowingBlock(Flow())
    /// As many as flows, or 16.
    private var buckets = GrowingBlock(Int16(-1), capacity: 16)
    /// How far a mixed key is shifted to give its bucket.
    private var shift: UInt64 = 60
    private var lists = IndexLists()
    private var firstFree: Int16 = -1
    private let lanes: Int
    private let seed: UInt64

    static func memoryBytes(lanes: Int) -> Int {
        flowCount * (MemoryLayout<Flow>.stride + MemoryLayout<Int16>.stride)
            + IndexLists.memoryBytes(indexes: flowCount, lists: lanes + flowCount)
    }

    init(lanes: Int, seed: UInt64) {
        self.lanes = lanes
        self.seed = seed
    }

    /// Called when no flow is free. Without effect once there are all.
    private mutating func grow() {
        let before = flows.capacity
        guard before < Self.flowCount else { return }
        flows.reserve(max(2 * before, 16))
        lists.reserve(indexes: flows.capacity)
        lists.grow(lists: lanes + flows.capacity)
        for flow in before..<flows.capacity {
            flows[flow].next = flow + 1 < flows.capacity ? Int16(flow + 1) : -1
        }
        firstFree = Int16(before)
        guard flows.capacity > buckets.capacity else { return }
        buckets.reserve(flows.capacity)
        shift = 64 &- UInt64(buckets.capacity.trailingZeroBitCount)
        for bucket in 0..<buckets.capacity { buckets[bucket] = -1 }
        for flow in 0..<before {
            let bucket = bucket(lists.list(of: Int16(flow)), flows[flow].key)
            flows[flow].next = buckets[bucket]
            buckets[bucket] = Int16(flow)
        }
    }

    /// The list of a member's grants.
    func list(of member: Int16) -> Int { lanes &+ Int(member) }

    /// The flow of `list` whose turn it is, or -1.
    func first(in list: Int) -> Int16 { lists.first(list) }

    /// The flow of `key` in `list`, made if there is none yet. Nil if every flow is taken.
    mutating func flow(in list: Int, key: UInt64) -> Int16? {
        var bucket = bucket(list, key)
        var flow = buckets[bucket]
        while flow >= 0 {
            if flows[Int(flow)].key == key, lists.list(of: flow) == list { return flow }
            flow = flows[Int(flow)].next
        }
        if firstFree < 0 {
            grow()
            guard firstFree >= 0 else { return nil }
            bucket = self.bucket(list, key)
        }
        let made = firstFree
        firstFree = flows[Int(made)].next
        flows[Int(made)] = Flow(key: key, credit: 0, next: buckets[bucket])
        buckets[bucket] = made
        lists.append(made, to: list)
        return made
    }

    /// Takes `cost` from the credit of `flow`; whoever has used up a turn goes to the end and gets the next `turn`.
    /// Returns the member of a grant, the lane of a member.
    mutating func pay(_ flow: Int16, cost: Int32, turn: Int32) -> Int16 {
        if flows[Int(flow)].credit <= 0 { flows[Int(flow)].credit &+= turn }
        flows[Int(flow)].credit &-= cost
        if flows[Int(flow)].credit <= 0 { lists.moveToEnd(flow) }
        let list = lists.list(of: flow)
        return Int16(truncatingIfNeeded: list >= lanes ? list &- lanes : list)
    }

    /// Removes a grant without packets, and its member if that was its last. Returns the lane if that is now empty.
    mutating func remove(_ grant: Int16) -> Int? {
        let member = lists.list(of: grant) &- lanes
        forget(grant)
        guard member >= 0, lists.isEmpty(lanes &+ member) else { return nil }
        let lane = lists.list(of: Int16(member))
        forget(Int16(member))
        return lists.isEmpty(lane) ? lane : nil
    }

    private mutating func forget(_ flow: Int16) {
        let bucket = bucket(lists.list(of: flow), flows[Int(flow)].key)
        lists.remove(flow)
        if buckets[bucket] == flow {
            buckets[bucket] = flows[Int(flow)].next
        } else {
            var before = buckets[bucket]
            while before >= 0, flows[Int(before)].next != flow { before = flows[Int(before)].next }
            if before >= 0 { flows[Int(before)].next = flows[Int(flow)].next }
        }
        flows[Int(flow)].next = firstFree
        firstFree = flow
    }

    private func bucket(_ list: Int, _ key: UInt64) -> Int {
        let mixed = (key ^ seed ^ UInt64(truncatingIfNeeded: list) &* 0x9e37_79b9_7f4a_7c15) &* (seed | 1)
        return Int(truncatingIfNeeded: ((mixed ^ mixed >> 29) &* 0xbf58_476d_1ce4_e5b9) &>> shift)
    }
}
