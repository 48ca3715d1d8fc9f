/// Something that will happen in a mesh: a small value without references, so that queues of millions cost no counting.
struct Happening {
    enum Kind: UInt8 {
        /// A bridge's own deadline. `boot` says of which of its runs.
        case wake
        /// A house's beacon is heard by its neighbour `other`; `number` says which beacon.
        case beacon
        /// The radio answers a call: `other` is the attempt, `number` the channel or -1.
        case dialled
        /// The called radio answers, or time runs out.
        case setUp
        case connected
        /// A message arrives: `other` is its place in the pool.
        case arrival
        /// Nothing has come through on a connection for the supervision time.
        case lost
        case ended
        /// The disk has done a task: `other` is its place.
        case disk
        /// A device emits: `house` is the device.
        case emission
        /// A device sends one of the advertisements of a burst: `house` is the device, `other` the burst, `number` which.
        case advertisement
        /// It has been sent: `other` is the burst.
        case advertised
        /// A fault begins or ends: `number` is its place.
        case fault
        case faultEnds
        /// A host's schedule opens or closes.
        case schedule
        /// People invite, and answer invitations.
        case people
        /// A liar does what it does from time to time.
        case lie
        /// A stranger at a house forges: `number` says which one.
        case forgery
        /// Slow looks at everything.
        case look
    }

    var kind: Kind
    var end: UInt8 = 0
    var boot: UInt16 = 0
    var house: Int32 = 0
    var other: UInt32 = 0
    var number: Int64 = 0
}

/// What is going to happen, by time; what happens at one time, in the order in which it was added. A heap of four
/// children each, which is flatter than one of two and kinder to caches.
struct HappeningQueue {
    private struct Entry {
        var time: Int64
        var sequence: UInt64
        var happening: Happening

        @inline(__always)
        func comes(before other: Entry) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    private var heap: [Entry] = []
    private var sequence: UInt64 = 0

    var count: Int { heap.count }
    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ happening: Happening, at time: Int64) {
        sequence &+= 1
        let entry = Entry(time: time, sequence: sequence, happening: happening)
        heap.append(entry)
        heap.withUnsafeMutableBufferPointer { heap in
            var place = heap.count &- 1
            while place > 0 {
                let parent = (place &- 1) >> 2
                guard entry.comes(before: heap[parent]) else { break }
                heap[place] = heap[parent]
                place = parent
            }
            heap[place] = entry
        }
    }

    mutating func removeFirst() -> (time: Int64, happening: Happening)? {
        guard let last = heap.popLast() else { return nil }
        guard let first = heap.first else { return (last.time, last.happening) }
        heap.withUnsafeMutableBufferPointer { heap in
            var place = 0
            while true {
                let firstChild = place << 2 &+ 1
                guard firstChild < heap.count else { break }
                var least = firstChild
                for child in firstChild &+ 1..<max(min(firstChild &+ 4, heap.count), firstChild &+ 1)
                where heap[child].comes(before: heap[least]) {
                    least = child
                }
                guard heap[least].comes(before: last) else { break }
                heap[place] = heap[least]
                place = least
            }
            heap[place] = last
        }
        return (first.time, first.happening)
    }
}
