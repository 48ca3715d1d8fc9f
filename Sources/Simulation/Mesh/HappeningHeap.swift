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
