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
