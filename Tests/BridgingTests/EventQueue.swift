/// What is going to happen, by time; what happens at one time, in the order in which it was added.
struct EventQueue<Element> {
    private struct Entry {
        var time: Int64
        var sequence: UInt64
        var element: Element

        func comes(before other: Entry) -> Bool { (time, sequence) < (other.time, other.sequence) }
    }

    private var heap: [Entry] = []
    private var sequence: UInt64 = 0

    var nextTime: Int64? { heap.first?.time }

    mutating func add(_ element: Element, at time: Int64) {
        sequence += 1
        heap.append(Entry(time: time, sequence: sequence, element: element))
        var place = heap.count - 1
        while place > 0, heap[place].comes(before: heap[(place - 1) / 2]) {
            heap.swapAt(place, (place - 1) / 2)
            place = (place - 1) / 2
        }
    }

    mutating func removeFirst() -> (time: Int64, element: Element)? {
        guard let first = heap.first else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return (first.time, first.element) }
        heap[0] = last
        var place = 0
        while true {
            var least = place
            for child in [2 * place + 1, 2 * place + 2]
            where child < heap.count && heap[child].comes(before: heap[least]) {
                least = child
            }
            if least == place { return (first.time, first.element) }
            heap.swapAt(place, least)
            place = least
        }
    }
}
