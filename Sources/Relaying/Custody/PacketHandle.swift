/// Names one packet in the pool for as long as it is held. After that the handle is stale, though the slot may be in
/// use again.
@frozen public struct PacketHandle: Hashable, Sendable {
    @usableFromInline let slot: Int16
    @usableFromInline let generation: UInt32

    @inlinable init(slot: Int16, generation: UInt32) {
        self.slot = slot
        self.generation = generation
    }
}
