/// What is going to happen, by time; what happens at one time, in the order in which it was added.
///
/// What is near waits in a wheel of buckets, each of two milliseconds, where adding costs no search; what is farther off,
/// in a heap. What is next stands sorted in front, so that one can see what comes after it.
struct HappeningQueue {
    struct Entry {
        var time: Int64
        var sequence: UInt64
        var happening: Happening

        @inline(__always)
        func comes(before other: Entry) -> Bool {
            time != other.time ? time < other.time : sequence < other.sequence
        }
    }

    /// How much of what is next can be seen, if it is near.
    private static let sight = 8
    /// So many buckets ahead are looked into for that.
    private static let sightBuckets: Int64 = 4

    /// All that is before `wheel.begin`, sorted; what is before `first` has happened.
    private var front: [Entry] = []
    private var first = 0
    private var wheel = HappeningWheel()
    private var far = HappeningHeap()
    private var sequence: UInt64 = 0

    var count: Int { front.count - first + wheel.count + far.count }

    var nextTime: Int64? {
        mutating get {
            bringForward()
            return first < front.count ? front[first].time : nil
        }
    }

    /// What will happen after so many others, unless something is added; nil if that is not in sight.
    @inline(__always)
    func coming(after others: Int) -> Happening? {
        let place = first &+ others
        return place < front.count ? front[place].happening : nil
    }

    mutating func add(_ happening: Happening, at time: Int64) {
        sequence &+= 1
        let entry = Entry(time: time, sequence: sequence, happening: happening)
        let bucket = HappeningWheel.bucket(time)
        if bucket < wheel.begin {
            insertInFront(entry)
        } else if bucket < wheel.end {
            wheel.add(entry)
        } else {
            far.add(entry)
        }
    }

    mutating func removeFirst() -> (time: Int64, happening: Happening)? {
        bringForward()
        guard first < front.count else { return nil }
        let entry = front[first]
        first &+= 1
        if first == front.count {
            front.removeAll(keepingCapacity: true)
            first = 0
        }
        return (entry.time, entry.happening)
    }

    private mutating func insertInFront(_ entry: Entry) {
        front.append(entry)
        front.withUnsafeMutableBufferPointer { front in
            var place = front.count &- 1
            while place > first, entry.comes(before: front[place &- 1]) {
                front[place] = front[place &- 1]
                place &-= 1
            }
            front[place] = entry
        }
    }

    /// Sees that what is next stands in front, and more where that is little.
    @inline(__always)
    private mutating func bringForward() {
        if front.count &- first < Self.sight { lookFurther() }
    }

    private mutating func lookFurther() {
        // What has happened makes room.
        if first > 0 {
            front.removeSubrange(..<first)
            first = 0
        }
        while front.count < Self.sight {
            if let next = front.first, wheel.begin > HappeningWheel.bucket(next.time) &+ Self.sightBuckets { return }
            if wheel.count == 0 {
                guard let next = far.first else { return }
                wheel.turn(to: HappeningWheel.bucket(next.time))
            }
            while let entry = wheel.takeFirst() { insertInFront(entry) }
            wheel.turn()
            while let next = far.first, HappeningWheel.bucket(next.time) < wheel.begin {
                far.removeFirst()
                insertInFront(next)
            }
        }
    }
}

/// Buckets of two milliseconds, as a ring that turns with time.
struct HappeningWheel {
    private static let microsecondsBits: Int64 = 11
    private static let bucketCount: Int64 = 1 << 14
    private static let none: Int32 = -1

    private struct Place {
        var entry: HappeningQueue.Entry
        /// The next one in the same bucket, or the next that is free.
        var next: Int32
    }

    /// By bucket the place that was filled last.
    private var last = [Int32](repeating: none, count: Int(bucketCount))
    private var places: [Place] = []
    private var free = none
    private(set) var count = 0
    /// The first bucket; all of them are before `end`.
    private(set) var begin: Int64 = 0
    var end: Int64 { begin &+ Self.bucketCount }

    @inline(__always)
    static func bucket(_ time: Int64) -> Int64 { time >> microsecondsBits }

    /// Adds what belongs to one of its buckets.
    mutating func add(_ entry: HappeningQueue.Entry) {
        let slot = Int(Self.bucket(entry.time) & (Self.bucketCount &- 1))
        let place = Place(entry: entry, next: last[slot])
        count &+= 1
        if free == Self.none {
            last[slot] = Int32(places.count)
            places.append(place)
        } else {
            last[slot] = free
            free = places[Int(free)].next
            places[Int(last[slot])] = place
        }
    }

    /// Goes on to a bucket, while it is empty.
    mutating func turn(to bucket: Int64) { if count == 0 { begin = max(begin, bucket) } }

    /// Goes on by one bucket, the first, which is empty.
    mutating func turn() { begin &+= 1 }

    /// Takes one out of the first bucket.
    mutating func takeFirst() -> HappeningQueue.Entry? {
        let slot = Int(begin & (Self.bucketCount &- 1))
        let place = last[slot]
        guard place != Self.none else { return nil }
        let taken = places[Int(place)]
        last[slot] = taken.next
        places[Int(place)].next = free
        free = place
        count &-= 1
        return taken.entry
    }
}

/// A heap of four children each, which is flatter than one of two and kinder to caches.
struct HappeningHeap {
    private var heap: [HappeningQueue.Entry] = []

    var count: Int { heap.count }
    var first: HappeningQueue.Entry? { heap.first }

    mutating func add(_ entry: HappeningQueue.Entry) {
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

    mutating func removeFirst() {
        guard let last = heap.popLast(), !heap.isEmpty else { return }
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
    }
}
