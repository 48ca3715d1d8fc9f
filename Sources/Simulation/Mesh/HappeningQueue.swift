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
