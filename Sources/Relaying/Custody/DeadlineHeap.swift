import Wire

/// When each packet in custody next wants attention: a binary heap over the pool's slots.
///
/// A deadline that is put off or cleared stays where it is until its old time comes, and is sorted in again only then:
/// most are put off or cleared long before, and so most changes cost nothing. Each slot stands in the heap once at most.
struct DeadlineHeap: ~Copyable {
    struct Timer {
        /// When the slot is due.
        var due = Instant.never
        /// What it is sorted by; never later than `due`.
        var key = Instant.never
        /// Its place in the heap, or -1.
        var place: Int16 = -1
    }

    private var timers = GrowingBlock(Timer())
    private var heap = GrowingBlock(Int16(0))
    private var count = 0

    static var memoryBytes: Int { PacketPool.slotCount * (MemoryLayout<Timer>.stride + MemoryLayout<Int16>.stride) }

    /// Makes room for so many slots.
    mutating func grow(to slots: Int) {
        timers.reserve(slots)
        heap.reserve(slots)
    }

    /// Sets when `slot` is due; the distant future is never.
    @inline(__always)
    mutating func set(_ slot: Int16, due: Instant) {
        timers[Int(slot)].due = due
        if timers[Int(slot)].place < 0 {
            guard due < .never else { return }
            timers[Int(slot)].key = due
            heap[count] = slot
            timers[Int(slot)].place = Int16(count)
            count &+= 1
            rise(count &- 1)
        } else if due < timers[Int(slot)].key {
            timers[Int(slot)].key = due
            rise(Int(timers[Int(slot)].place))
        }
    }

    func due(_ slot: Int16) -> Instant { timers[Int(slot)].due }

    /// A slot that is due by `now`, taken out, or nil.
    mutating func popDue(_ now: Instant) -> Int16? {
        guard next() <= now else { return nil }
        let slot = heap[0]
        timers[Int(slot)].due = .never
        removeFirst()
        return slot
    }

    /// When the next slot is due; the distant future if none is.
    mutating func next() -> Instant {
        while count > 0 {
            let slot = Int(heap[0])
            if timers[slot].due == timers[slot].key { return timers[slot].key }
            if timers[slot].due == .never {
                removeFirst()
            } else {
                timers[slot].key = timers[slot].due
                sink(0)
            }
        }
        return .never
    }

    /// A time not later than when the next slot is due.
    var nextAtEarliest: Instant { count > 0 ? timers[Int(heap[0])].key : .never }

    private mutating func removeFirst() {
        timers[Int(heap[0])].place = -1
        count &-= 1
        guard count > 0 else { return }
        heap[0] = heap[count]
        timers[Int(heap[0])].place = 0
        sink(0)
    }

    private mutating func rise(_ from: Int) {
        var place = from
        let slot = heap[place]
        let key = timers[Int(slot)].key
        while place > 0 {
            let parent = (place &- 1) / 2
            guard key < timers[Int(heap[parent])].key else { break }
            put(heap[parent], at: place)
            place = parent
        }
        put(slot, at: place)
    }

    private mutating func sink(_ from: Int) {
        var place = from
        let slot = heap[place]
        let key = timers[Int(slot)].key
        while true {
            var child = 2 &* place &+ 1
            guard child < count else { break }
            if child &+ 1 < count, timers[Int(heap[child &+ 1])].key < timers[Int(heap[child])].key { child &+= 1 }
            guard timers[Int(heap[child])].key < key else { break }
            put(heap[child], at: place)
            place = child
        }
        put(slot, at: place)
    }

    private mutating func put(_ slot: Int16, at place: Int) {
        heap[place] = slot
        timers[Int(slot)].place = Int16(place)
    }
}
