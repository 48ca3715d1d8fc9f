/// Doubly linked lists over a set of indexes, each of which is in at most one list. All operations are O(1), and none but
/// `reserve` allocates. It is what queues, ages and flows are made of.
struct IndexLists: ~Copyable {
    struct Link {
        var next: Int16 = -1
        var previous: Int16 = -1
        var list: Int16 = -1
    }

    struct Ends {
        var first: Int16 = -1
        var last: Int16 = -1
        var count: Int16 = 0
    }

    private var links = GrowingBlock(Link())
    private var ends: GrowingBlock<Ends>

    static func memoryBytes(indexes: Int, lists: Int) -> Int {
        indexes * MemoryLayout<Link>.stride + lists * MemoryLayout<Ends>.stride
    }

    /// With so many lists and no index.
    init(lists: Int = 0) { ends = GrowingBlock(Ends(), capacity: lists) }

    /// Indexes that there are.
    var capacity: Int { links.capacity }

    /// Sees that there are at least so many indexes; they are a power of two.
    @inline(__always)
    mutating func reserve(indexes: Int) { links.reserve(indexes) }

    /// Sees that there are at least so many lists.
    @inline(__always)
    mutating func reserve(lists: Int) { ends.reserve(lists) }

    /// Sees that there are so many lists, for an owner that doubles something else.
    mutating func grow(lists: Int) { ends.grow(to: lists) }

    /// The first index of `list`, or -1.
    @inline(__always)
    func first(_ list: Int) -> Int16 { ends[list].first }
    @inline(__always)
    func last(_ list: Int) -> Int16 { ends[list].last }
    /// The index behind `index` in its list, or -1.
    @inline(__always)
    func next(_ index: Int16) -> Int16 { links[Int(index)].next }
    @inline(__always)
    func count(_ list: Int) -> Int { Int(ends[list].count) }
    @inline(__always)
    func isEmpty(_ list: Int) -> Bool { ends[list].first < 0 }
    /// The list that `index` is in, or -1.
    @inline(__always)
    func list(of index: Int16) -> Int { Int(links[Int(index)].list) }

    /// Puts `index`, which is in no list, at the end of `list`.
    @inline(__always)
    mutating func append(_ index: Int16, to list: Int) {
        let last = ends[list].last
        links[Int(index)] = Link(next: -1, previous: last, list: Int16(truncatingIfNeeded: list))
        if last >= 0 { links[Int(last)].next = index } else { ends[list].first = index }
        ends[list].last = index
        ends[list].count &+= 1
    }

    /// Takes `index` out of the list it is in, if any.
    @inline(__always)
    mutating func remove(_ index: Int16) {
        let link = links[Int(index)]
        guard link.list >= 0 else { return }
        let list = Int(link.list)
        if link.previous >= 0 { links[Int(link.previous)].next = link.next } else { ends[list].first = link.next }
        if link.next >= 0 { links[Int(link.next)].previous = link.previous } else { ends[list].last = link.previous }
        ends[list].count &-= 1
        links[Int(index)] = Link()
    }

    /// Moves `index` to the end of the list it is in.
    mutating func moveToEnd(_ index: Int16) {
        let list = Int(links[Int(index)].list)
        guard list >= 0, ends[list].last != index else { return }
        remove(index)
        append(index, to: list)
    }
}
