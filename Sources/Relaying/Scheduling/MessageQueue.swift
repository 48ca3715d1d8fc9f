/// Messages of the caller's own making that wait for their links, by an opaque handle and a size: the caller fetches the
/// bytes when a message's turn comes. First ones (noes) go before the others, and a full queue gives up the newest of the
/// others for them. Links go in turn. Everything is O(1), and there is room for as many as have waited at once.
struct MessageQueue: ~Copyable {
    struct Message {
        var handle: UInt64 = 0
        var bytes: Int32 = 0
        var link: LinkNumber = 0
        var isFirst = false
        var isLent = false
    }

    let capacity: Int
    private var messages = GrowingBlock(Message())
    /// By link: first ones at 0 to 15, others at 16 to 31, and all free places at 32.
    private var lists: IndexLists
    private var firstLinks: UInt16 = 0
    private var otherLinks: UInt16 = 0
    private var cursor = 0

    static func memoryBytes(capacity: Int) -> Int {
        capacity * MemoryLayout<Message>.stride + IndexLists.memoryBytes(indexes: capacity, lists: 33)
    }

    init(capacity: Int) {
        self.capacity = capacity
        lists = IndexLists(lists: 33)
    }

    /// Called when no place is free. Without effect once there are `capacity`.
    private mutating func grow() {
        let before = messages.capacity
        guard before < capacity else { return }
        messages.reserve(max(2 * before, 16))
        lists.reserve(indexes: messages.capacity)
        for index in before..<min(messages.capacity, capacity) { lists.append(Int16(index), to: Self.free) }
    }

    private static let free = 2 * LinkNumbers.countMax

    var count: Int { min(messages.capacity, capacity) &- lists.count(Self.free) }

    /// Queues a message. Returns false, having done nothing, if there is no room for it.
    mutating func append(_ message: Message) -> Bool {
        guard message.link < 16 else { return false }
        if lists.isEmpty(Self.free) { grow() }
        if lists.isEmpty(Self.free) {
            guard message.isFirst, giveUpAnother() else { return false }
        }
        let index = lists.first(Self.free)
        lists.remove(index)
        messages[Int(index)] = message
        if message.isFirst {
            lists.append(index, to: Int(message.link))
            firstLinks |= LinkNumbers.mask(message.link)
        } else {
            lists.append(index, to: LinkNumbers.countMax &+ Int(message.link))
            otherLinks |= LinkNumbers.mask(message.link)
        }
        return true
    }

    /// The message whose turn it is among those for links in `open`, or nil. It stays until `remove`.
    @inline(__always)
    func select(open: UInt16) -> Int16? {
        (firstLinks | otherLinks) & open == 0 ? nil : selectWaiting(open: open)
    }

    private func selectWaiting(open: UInt16) -> Int16? {
        let first = firstLinks & open
        let links = first != 0 ? first : otherLinks & open
        guard links != 0 else { return nil }
        let behind = links & ~(UInt16(truncatingIfNeeded: UInt32(2) << UInt32(cursor)) &- 1)
        let link = (behind != 0 ? behind : links).trailingZeroBitCount
        return lists.first(first != 0 ? link : LinkNumbers.countMax &+ link)
    }

    func message(_ index: Int16) -> Message { messages[Int(index)] }

    /// Takes the message at `index` out: it is sent, or given up.
    mutating func remove(_ index: Int16) {
        let list = lists.list(of: index)
        guard list >= 0, list != Self.free else { return }
        cursor = list % LinkNumbers.countMax
        lists.remove(index)
        lists.append(index, to: Self.free)
        guard lists.isEmpty(list) else { return }
        let bit: UInt16 = ~(1 << UInt16(list % LinkNumbers.countMax))
        if list < LinkNumbers.countMax { firstLinks &= bit } else { otherLinks &= bit }
    }

    mutating func removeAll(of link: LinkNumber) {
        guard link < 16 else { return }
        while lists.first(Int(link)) >= 0 { remove(lists.first(Int(link))) }
        removeOthers(of: Int(link))
    }

    /// Gives up everything but the first ones.
    mutating func removeOthers() {
        for link in 0..<LinkNumbers.countMax { removeOthers(of: link) }
    }

    private mutating func removeOthers(of link: Int) {
        let list = LinkNumbers.countMax &+ link
        while lists.first(list) >= 0 { remove(lists.first(list)) }
    }

    /// Gives up the newest of the others, on the link that has most of them.
    private mutating func giveUpAnother() -> Bool {
        var longest = LinkNumbers.countMax
        for list in LinkNumbers.countMax..<Self.free where lists.count(list) > lists.count(longest) { longest = list }
        guard !lists.isEmpty(longest) else { return false }
        let kept = cursor
        remove(lists.last(longest))
        cursor = kept
        return true
    }
}
