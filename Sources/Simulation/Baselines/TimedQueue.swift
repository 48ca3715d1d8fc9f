/// What is to happen, by time and, at one time, in the order in which it was added: a binary heap.
struct TimedQueue<Element> {
    private struct Entry {
        var time: Int64
        var order: UInt64
        var element: Element

        @inline(__always) static func < (one: Entry, other: Entry) -> Bool {
            one.time != other.time ? one.time < other.time : one.order < other.order
        }
    }

    private var entries: [Entry] = []
    private var added: UInt64 = 0

    var count: Int { entries.count }

    mutating func add(_ element: Element, at time: Int64) {
        entries.append(Entry(time: time, order: added, element: element))
        added &+= 1
        var child = entries.count - 1
        while child > 0 {
            let parent = (child - 1) / 2
            guard entries[child] < entries[parent] else { break }
            entries.swapAt(child, parent)
            child = parent
        }
    }

    /// Takes out what happens first, unless that is at or after `limit`.
    mutating func next(before limit: Int64) -> (time: Int64, element: Element)? {
        guard let first = entries.first, first.time < limit, let last = entries.popLast() else { return nil }
        if !entries.isEmpty {
            entries[0] = last
            sink()
        }
        return (first.time, first.element)
    }

    private mutating func sink() {
        var parent = 0
        while true {
            var least = 2 * parent + 1
            guard least < entries.count else { return }
            if least + 1 < entries.count, entries[least + 1] < entries[least] { least += 1 }
            guard entries[least] < entries[parent] else { return }
            entries.swapAt(parent, least)
            parent = least
        }
    }
}
