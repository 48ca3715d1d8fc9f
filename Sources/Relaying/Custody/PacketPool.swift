import CPrefetch

/// The bytes of every packet in custody: at most 512 slots of 228 bytes. It begins with none, and has twice as many
/// whenever all are taken: what was needed once stays, and is never allocated again.
///
/// take and free are O(1). A freed slot is zeroed: nothing of a third party stays behind.
public struct PacketPool: ~Copyable {
    @inlinable public static var slotCount: Int { 512 }
    @inlinable public static var slotBytes: Int { 228 }

    struct Slot {
        var generation: UInt32 = 0
        var count: Int16 = -1
        var nextFree: Int16 = -1
    }

    /// The bytes lie in blocks of so many slots, which stay where they are: a packet never moves while it is held.
    private static var blockSlots: Int { 16 }
    private static var blockBytes: Int { blockSlots * slotBytes }

    private let blocks: UnsafeMutablePointer<UnsafeMutableRawPointer>
    private var slots = GrowingBlock(Slot())
    private var firstFree: Int16 = -1
    public private(set) var freeCount = PacketPool.slotCount

    /// Bytes of memory that the pool holds at most.
    public static var memoryBytes: Int {
        slotCount * (slotBytes + MemoryLayout<Slot>.stride)
            + slotCount / blockSlots * MemoryLayout<UnsafeMutableRawPointer>.stride
    }

    public init() { blocks = .allocate(capacity: Self.slotCount / Self.blockSlots) }

    deinit {
        for block in 0..<slots.capacity / Self.blockSlots {
            blocks[block].initializeMemory(as: UInt8.self, repeating: 0, count: Self.blockBytes)
            blocks[block].deallocate()
        }
        blocks.deallocate()
    }

    /// Slots that there are so far, free ones among them; those beyond were never taken.
    var capacity: Int { slots.capacity }

    /// The slot that will be taken next, or -1; its memory is fetched meanwhile.
    @inline(__always)
    func expect() -> Int16 {
        guard firstFree >= 0 else { return -1 }
        let start = address(firstFree)
        for line in 0..<(Self.slotBytes + 63) / 64 { cache_prefetch(start + line * 64) }
        return firstFree
    }

    private mutating func grow() {
        let before = slots.capacity
        slots.reserve(min(max(2 * before, Self.blockSlots), Self.slotCount))
        for block in before / Self.blockSlots..<slots.capacity / Self.blockSlots {
            blocks[block] = .allocate(byteCount: Self.blockBytes, alignment: 16)
            blocks[block].initializeMemory(as: UInt8.self, repeating: 0, count: Self.blockBytes)
        }
        for slot in before..<slots.capacity {
            slots[slot].nextFree = slot + 1 < slots.capacity ? Int16(slot + 1) : firstFree
        }
        firstFree = Int16(before)
    }

    /// Copies `packet` into a free slot. Nil if there is none, or if the packet is empty or longer than a slot.
    mutating func take(_ packet: UnsafeRawBufferPointer) -> Int16? {
        guard freeCount > 0, packet.count > 0, packet.count <= Self.slotBytes, let source = packet.baseAddress else {
            return nil
        }
        if firstFree < 0 { grow() }
        let slot = firstFree
        firstFree = slots[Int(slot)].nextFree
        slots[Int(slot)].count = Int16(packet.count)
        slots[Int(slot)].nextFree = -1
        freeCount &-= 1
        address(slot).copyMemory(from: source, byteCount: packet.count)
        return slot
    }

    /// Gives a slot back; without effect if it is free.
    mutating func free(_ slot: Int16) {
        guard slots[Int(slot)].count >= 0 else { return }
        address(slot).initializeMemory(as: UInt8.self, repeating: 0, count: Int(slots[Int(slot)].count))
        slots[Int(slot)].count = -1
        slots[Int(slot)].generation &+= 1
        slots[Int(slot)].nextFree = firstFree
        firstFree = slot
        freeCount &+= 1
    }

    func isTaken(_ slot: Int16) -> Bool { slots[Int(slot)].count >= 0 }

    func handle(_ slot: Int16) -> PacketHandle { PacketHandle(slot: slot, generation: slots[Int(slot)].generation) }

    /// The slot that `handle` names, or nil if its packet is no longer held.
    func slot(_ handle: PacketHandle) -> Int16? {
        guard handle.slot >= 0, Int(handle.slot) < capacity else { return nil }
        let slot = slots[Int(handle.slot)]
        return slot.count >= 0 && slot.generation == handle.generation ? handle.slot : nil
    }

    /// The packet in a slot that is taken, valid until the slot is freed.
    func packet(_ slot: Int16) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(start: address(slot), count: max(Int(slots[Int(slot)].count), 0))
    }

    /// The packet that `handle` names, valid until it is no longer held; nil if it is not held now.
    public func packet(_ handle: PacketHandle) -> UnsafeRawBufferPointer? {
        slot(handle).map { UnsafeRawBufferPointer(packet($0)) }
    }

    @inline(__always)
    private func address(_ slot: Int16) -> UnsafeMutableRawPointer {
        blocks[Int(slot) / Self.blockSlots] + Int(slot) % Self.blockSlots &* Self.slotBytes
    }
}
