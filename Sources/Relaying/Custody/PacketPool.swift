/// The bytes of every packet in custody: 512 slots of 228 bytes, taken once and never more.
///
/// take and free are O(1). A freed slot is zeroed: nothing of a third party stays behind.
public struct PacketPool: ~Copyable {
    @inlinable public static var slotCount: Int { 512 }
    @inlinable public static var slotBytes: Int { 228 }

    private struct Slot {
        var generation: UInt32 = 0
        var count: Int16 = -1
        var nextFree: Int16 = -1
    }

    private let storage: UnsafeMutableRawPointer
    private let slots: UnsafeMutablePointer<Slot>
    private var firstFree: Int16 = 0
    public private(set) var freeCount = PacketPool.slotCount

    /// Bytes of memory that the pool holds.
    public static var memoryBytes: Int { slotCount * (slotBytes + MemoryLayout<Slot>.stride) }

    public init() {
        storage = .allocate(byteCount: Self.slotCount * Self.slotBytes, alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.slotCount * Self.slotBytes)
        slots = .allocate(capacity: Self.slotCount)
        slots.initialize(repeating: Slot(), count: Self.slotCount)
        for slot in 0..<Self.slotCount - 1 { slots[slot].nextFree = Int16(slot + 1) }
    }

    deinit {
        storage.initializeMemory(as: UInt8.self, repeating: 0, count: Self.slotCount * Self.slotBytes)
        storage.deallocate()
        slots.deallocate()
    }

    /// Copies `packet` into a free slot. Nil if there is none, or if the packet is empty or longer than a slot.
    mutating func take(_ packet: UnsafeRawBufferPointer) -> Int16? {
        guard firstFree >= 0, packet.count > 0, packet.count <= Self.slotBytes, let source = packet.baseAddress else {
            return nil
        }
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
        guard handle.slot >= 0, Int(handle.slot) < Self.slotCount else { return nil }
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

    private func address(_ slot: Int16) -> UnsafeMutableRawPointer { storage + Int(slot) * Self.slotBytes }
}
