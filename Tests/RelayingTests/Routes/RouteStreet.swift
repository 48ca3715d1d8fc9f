import Relaying
import SeededRandom
import Wire

/// Bridges with route tables on virtual time, joined by links that deliver everything in order but late, and whose
/// ends notice a cut at different times.
struct RouteStreet {
    enum Occurrence {
        case entries(node: Int, link: LinkNumber, incarnation: Int, entries: [RouteEntry])
        case request(node: Int, link: LinkNumber, incarnation: Int, request: RouteRequest)
        /// One end notices that its link was cut.
        case noticed(node: Int, link: LinkNumber, incarnation: Int)
    }

    struct End {
        var node: Int
        var link: LinkNumber
    }

    /// A link once made. Its ends are looked at until both have noticed its cut.
    struct Edge {
        var ends: (End, End)
        var isCut = false
        var noticed = (false, false)
        var busyUntil = (Int64(0), Int64(0))
    }

    struct Node {
        var table: RouteTable
        /// The edge at each link number.
        var edges = [Int?](repeating: nil, count: 16)
    }

    var random: SplitMix64
    var nodes: [Node] = []
    var edges: [Edge] = []
    var now = Instant(seconds: 1000)
    /// Ordered by time, then by number.
    private var queue: [(time: Int64, number: Int, occurrence: Occurrence)] = []
    private var number = 0
    private var effects = RouteEffects()
    var slowestMilliseconds: Int
    /// Ends that have noticed a cut, for whoever looks.
    var endedLinks: [(node: Int, link: LinkNumber)] = []

    init(seed: UInt64, count: Int, slowestMilliseconds: Int = 300) {
        random = SplitMix64(seed: seed)
        self.slowestMilliseconds = slowestMilliseconds
        for node in 0..<count { nodes.append(Node(table: table(node, sequenceNumber: UInt16(node &* 7919 & 0xffff)))) }
    }

    static func home(_ node: Int) -> UInt64 { UInt64(node + 1) &* 0x9e37_79b9_7f4a_7c15 }

    func table(_ node: Int, sequenceNumber: UInt16, isOptedOut: Bool = false) -> RouteTable {
        RouteTable(
            ownHome: Self.home(node), sequenceNumber: sequenceNumber, isOptedOut: isOptedOut, hashSeed: random.state)
    }

    // MARK: What happens to the street

    func isJoined(_ left: Int, _ right: Int) -> Bool {
        nodes[left].edges.contains { $0.map { other(left, edges[$0]).node == right } ?? false }
    }

    func other(_ node: Int, _ edge: Edge) -> End { edge.ends.0.node == node ? edge.ends.1 : edge.ends.0 }

    @discardableResult
    mutating func join(_ left: Int, _ right: Int) -> Int? {
        guard left != right, !isJoined(left, right), let leftLink = nodes[left].edges.firstIndex(of: nil),
            let rightLink = nodes[right].edges.firstIndex(of: nil)
        else { return nil }
        let ends = (End(node: left, link: UInt8(leftLink)), End(node: right, link: UInt8(rightLink)))
        edges.append(Edge(ends: ends))
        nodes[left].edges[leftLink] = edges.count - 1
        nodes[right].edges[rightLink] = edges.count - 1
        let cost = UInt16(random.number(in: 96...400))
        change(left) { $0.linkStarted(UInt8(leftLink), cost: cost, now: $1, into: &$2) }
        change(right) { $0.linkStarted(UInt8(rightLink), cost: cost, now: $1, into: &$2) }
        return edges.count - 1
    }

    mutating func cut(_ edge: Int, noticedWithinMilliseconds: Int = 20_000) {
        guard !edges[edge].isCut else { return }
        edges[edge].isCut = true
        for end in [edges[edge].ends.0, edges[edge].ends.1] {
            let delay = random.number(below: noticedWithinMilliseconds)
            schedule(delay, .noticed(node: end.node, link: end.link, incarnation: edge))
        }
    }

    /// The bridge loses all it knew, and its links. Its neighbours notice later.
    mutating func restart(_ node: Int, keepingSequenceNumber: Bool) {
        let held = nodes[node].table
        for edge in nodes[node].edges.compactMap(\.self) { cut(edge) }
        for link in 0..<16 { if let edge = nodes[node].edges[link] { markNoticed(edge, node) } }
        nodes[node].edges = [Int?](repeating: nil, count: 16)
        let fresh = keepingSequenceNumber ? held.ownSequenceNumber &+ 1 : UInt16(truncatingIfNeeded: random.next())
        nodes[node].table = table(node, sequenceNumber: fresh, isOptedOut: held.isOptedOut)
    }

    mutating func setOptedOut(_ node: Int, _ isOptedOut: Bool) {
        change(node) { $0.setOptedOut(isOptedOut, now: $1, into: &$2) }
    }

    mutating func setReluctant(_ node: Int, _ isReluctant: Bool) {
        change(node) { table, now, _ in table.setReluctant(isReluctant, now: now) }
    }

    mutating func setCost(_ edge: Int, _ cost: UInt16) {
        guard !edges[edge].isCut else { return }
        for end in [edges[edge].ends.0, edges[edge].ends.1] {
            change(end.node) { $0.setCost(of: end.link, cost, now: $1, into: &$2) }
        }
    }

    var openEdges: [Int] { edges.indices.filter { !edges[$0].isCut } }

    // MARK: Time

    /// Lets time pass, calling `check` after everything that happens.
    mutating func run(milliseconds: Int64, _ check: (RouteStreet) -> Void = { _ in }) {
        let end = now.advanced(milliseconds: milliseconds)
        while true {
            let tick = nodes.indices.min { nodes[$0].table.deadline < nodes[$1].table.deadline }
            let tickTime = tick.map { nodes[$0].table.deadline } ?? .distantFuture
            let messageTime = queue.last.map { Instant(microseconds: $0.time) } ?? .distantFuture
            guard min(tickTime, messageTime) <= end else { break }
            if let tick, tickTime < messageTime {
                now = max(now, tickTime)
                change(tick) { $0.tick(now: $1, into: &$2) }
            } else if let next = queue.popLast() {
                now = max(now, messageTime)
                happen(next.occurrence)
            }
            check(self)
        }
        now = end
    }

    private mutating func happen(_ occurrence: Occurrence) {
        switch occurrence {
        case .entries(let node, let link, let edge, let entries):
            guard nodes[node].edges[Int(link)] == edge, !edges[edge].isCut else { return }
            change(node) { table, now, effects in
                for entry in entries { table.receive(entry, from: link, now: now, into: &effects) }
            }
        case .request(let node, let link, let edge, let request):
            guard nodes[node].edges[Int(link)] == edge, !edges[edge].isCut else { return }
            change(node) { $0.receive(request, from: link, now: $1, into: &$2) }
        case .noticed(let node, let link, let edge):
            markNoticed(edge, node)
            guard nodes[node].edges[Int(link)] == edge else { return }
            endedLinks.append((node, link))
            nodes[node].edges[Int(link)] = nil
            change(node) { $0.linkEnded(link, now: $1, into: &$2) }
        }
    }

    private mutating func markNoticed(_ edge: Int, _ node: Int) {
        if edges[edge].ends.0.node == node { edges[edge].noticed.0 = true } else { edges[edge].noticed.1 = true }
    }

    private mutating func change(_ node: Int, _ body: (inout RouteTable, Instant, inout RouteEffects) -> Void) {
        effects.removeAll()
        body(&nodes[node].table, now, &effects)
        let (announcements, requests) = (effects.announcements, effects.requests)
        var start = 0
        while start < announcements.count {
            var stop = start
            while stop < announcements.count, announcements[stop].link == announcements[start].link,
                stop - start < FrameLayout.routesMax
            { stop += 1 }
            let entries = announcements[start..<stop].map(\.entry)
            send(node, announcements[start].link) { .entries(node: $0, link: $1, incarnation: $2, entries: entries) }
            start = stop
        }
        for request in requests {
            send(node, request.link) {
                .request(node: $0, link: $1, incarnation: $2, request: request.request)
            }
        }
    }

    /// Messages of one link and direction arrive in order, of different ones in any.
    private mutating func send(_ node: Int, _ link: LinkNumber, _ make: (Int, LinkNumber, Int) -> Occurrence) {
        guard let edge = nodes[node].edges[Int(link)], !edges[edge].isCut else { return }
        let slow = random.chance(1, in: 20) ? slowestMilliseconds * 10 : slowestMilliseconds
        let isFirst = edges[edge].ends.0.node == node
        var time = now.microseconds + Int64(random.number(below: slow * 1000))
        time = max(time, isFirst ? edges[edge].busyUntil.0 : edges[edge].busyUntil.1)
        if isFirst { edges[edge].busyUntil.0 = time } else { edges[edge].busyUntil.1 = time }
        let end = other(node, edges[edge])
        insert(time, make(end.node, end.link, edge))
    }

    private mutating func schedule(_ milliseconds: Int, _ occurrence: Occurrence) {
        insert(now.microseconds + Int64(milliseconds) * 1000, occurrence)
    }

    /// The queue's end is what comes next.
    private mutating func insert(_ time: Int64, _ occurrence: Occurrence) {
        number += 1
        var (low, high) = (0, queue.count)
        while low < high {
            let middle = (low + high) / 2
            if queue[middle].time <= time { high = middle } else { low = middle + 1 }
        }
        queue.insert((time, number, occurrence), at: low)
    }

    // MARK: What is looked at

    /// The neighbours to which `node` might hand what goes to `home`, whatever was tried before, over links that work.
    func successors(_ node: Int, home: UInt64) -> [Int] {
        var excluded: UInt16 = 0
        var found: [Int] = []
        while let link = nodes[node].table.nextHop(for: home, excluding: excluded) {
            excluded |= 1 << UInt16(link)
            if let edge = nodes[node].edges[Int(link)], !edges[edge].isCut {
                found.append(other(node, edges[edge]).node)
            }
        }
        return found
    }

    /// Whether going from successor to successor can lead in a circle on the way to the home of `target`.
    func hasLoop(to target: Int) -> Bool {
        let home = Self.home(target)
        let next = nodes.indices.map { $0 == target ? [] : successors($0, home: home) }
        var waiting = [Int](repeating: 0, count: nodes.count)
        for node in next { for other in node { waiting[other] += 1 } }
        var free = waiting.indices.filter { waiting[$0] == 0 }
        var seen = 0
        while let node = free.popLast() {
            seen += 1
            for other in next[node] {
                waiting[other] -= 1
                if waiting[other] == 0 { free.append(other) }
            }
        }
        return seen < nodes.count
    }

    /// The bridges that packets for `target` can reach it from: over links that work, and only bridges that lend.
    func reaching(_ target: Int) -> Set<Int> {
        var reached: Set<Int> = [target]
        var frontier = [target]
        while let node = frontier.popLast() {
            if node != target, nodes[node].table.isOptedOut { continue }
            for edge in nodes[node].edges.compactMap(\.self) where !edges[edge].isCut {
                let neighbour = other(node, edges[edge]).node
                if reached.insert(neighbour).inserted { frontier.append(neighbour) }
            }
        }
        return reached
    }

    /// The bridges that following selected routes from `node` passes, the last one being `target` if it gets there.
    func path(from node: Int, to target: Int) -> [Int] {
        var path: [Int] = []
        var place = node
        while place != target, path.count <= nodes.count {
            guard let link = nodes[place].table.nextHop(for: Self.home(target)),
                let edge = nodes[place].edges[Int(link)], !edges[edge].isCut
            else { return path }
            place = other(place, edges[edge]).node
            path.append(place)
        }
        return path
    }
}
