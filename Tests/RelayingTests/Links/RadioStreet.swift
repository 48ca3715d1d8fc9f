import SeededRandom
import Wire

@testable import Relaying

/// A street of bridges whose link choosers decide who is linked: beacons, calls that take time and may fail, routes.
struct RadioStreet {
    var routes: RouteStreet
    var choosers: [LinkChooser] = []
    /// Signal in dBm between two bridges; nil where they do not hear each other.
    var signals: [[Int8?]]
    private var callsUnderWay: [(due: Int64, from: Int, to: Int)] = []
    private var choice = LinkChoice()
    var linksMax: Int
    /// Bridges that are not switched on yet neither beacon nor hear.
    var isOn: [Bool] = []
    /// Drops and calls so far.
    var dropCount = 0
    var callCount = 0

    /// Houses on both sides of a street, some of them missing, that hear each other up to about `reachMetres`.
    init(seed: UInt64, count: Int, reachMetres: Int, linksMax: Int = 4) {
        routes = RouteStreet(seed: seed, count: count, slowestMilliseconds: 50)
        self.linksMax = linksMax
        signals = []
        repeat { signals = Self.signals(count, reachMetres, &routes.random) } while !Self.isConnected(signals)
        isOn = [Bool](repeating: true, count: count)
        for node in 0..<count {
            choosers.append(
                LinkChooser(ownMember: RouteStreet.home(node), linksMax: linksMax, seed: routes.random.next()))
        }
    }

    private static func signals(_ count: Int, _ reachMetres: Int, _ random: inout SplitMix64) -> [[Int8?]] {
        var places: [(x: Int, y: Int)] = []
        var x = 0
        for node in 0..<count {
            if node % 2 == 0 { x += random.number(in: 8...25) }
            places.append((x + random.number(in: -4...4), node % 2 * 20 + random.number(in: -6...6)))
        }
        var signals = [[Int8?]](repeating: [Int8?](repeating: nil, count: count), count: count)
        for left in 0..<count {
            for right in 0..<left {
                let (dx, dy) = (places[left].x - places[right].x, places[left].y - places[right].y)
                // Walls: a reach of 60 to 130 in 100 of what is free.
                let squared = (dx * dx + dy * dy) * 100 / random.number(in: 60...130)
                guard squared < reachMetres * reachMetres else { continue }
                let signal = Int8(clamping: -50 - squared * 45 / (reachMetres * reachMetres))
                signals[left][right] = signal
                signals[right][left] = signal
            }
        }
        return signals
    }

    static func isConnected(_ signals: [[Int8?]]) -> Bool {
        var reached: Set<Int> = [0]
        var frontier = [0]
        while let node = frontier.popLast() {
            for other in signals.indices where signals[node][other] != nil && reached.insert(other).inserted {
                frontier.append(other)
            }
        }
        return reached.count == signals.count
    }

    /// Whether links that work join all bridges that lend, and every other one to somebody.
    var isJoined: Bool { routes.reaching(0).count == choosers.count }

    /// The most links on a shortest way between two bridges.
    var diameter: Int {
        var most = 0
        for start in choosers.indices {
            var (distance, front) = ([start: 0], [start])
            while !front.isEmpty {
                var next: [Int] = []
                for node in front {
                    for other in choosers.indices where distance[other] == nil && routes.isJoined(node, other) {
                        distance[other] = (distance[node] ?? 0) + 1
                        most = max(most, distance[other] ?? 0)
                        next.append(other)
                    }
                }
                front = next
            }
        }
        return most
    }

    func linkCount(_ node: Int) -> Int { routes.nodes[node].edges.count { $0 != nil } }

    /// Cuts all links of a bridge, as a restart does.
    mutating func restart(_ node: Int) {
        routes.restart(node, keepingSequenceNumber: false)
        routes.endedLinks.removeAll { $0.node == node }
        choosers[node] = LinkChooser(
            ownMember: RouteStreet.home(node), linksMax: linksMax, seed: routes.random.next())
    }

    mutating func run(seconds: Int) {
        for _ in 0..<seconds * 4 {
            routes.run(milliseconds: 250)
            noteEnds()
            sendBeacons()
            finishCalls()
            for node in choosers.indices where choosers[node].deadline <= routes.now { tick(node) }
        }
    }

    private mutating func noteEnds() {
        for (node, link) in routes.endedLinks { choosers[node].linkEnded(link, now: routes.now) }
        routes.endedLinks = []
    }

    /// Each bridge is heard about once in two seconds by each that can.
    private mutating func sendBeacons() {
        for node in choosers.indices
        where isOn[node] && choosers[node].wantsBeacon(now: routes.now, routes: routes.nodes[node].table) {
            for other in choosers.indices where isOn[other] && routes.random.chance(1, in: 8) {
                guard let signal = signals[node][other] else { continue }
                choosers[other].heard(
                    hint: LinkChooser.hint(of: RouteStreet.home(node)), address: UInt64(node), signal: signal,
                    now: routes.now)
            }
        }
    }

    private mutating func tick(_ node: Int) {
        choice.removeAll()
        choosers[node].tick(now: routes.now, routes: routes.nodes[node].table, into: &choice)
        for link in choice.drops { drop(node, link) }
        for call in choice.calls {
            callCount += 1
            let due = routes.now.microseconds + Int64(routes.random.number(in: 200...2500)) * 1000
            callsUnderWay.append((due, node, Int(call.address)))
        }
    }

    private mutating func drop(_ node: Int, _ link: LinkNumber) {
        guard let edge = routes.nodes[node].edges[Int(link)] else { return }
        dropCount += 1
        routes.cut(edge, noticedWithinMilliseconds: 200)
    }

    private mutating func finishCalls() {
        let due = callsUnderWay.filter { $0.due <= routes.now.microseconds }
        callsUnderWay.removeAll { $0.due <= routes.now.microseconds }
        for call in due where !finish(call.from, call.to) {
            let hint = LinkChooser.hint(of: RouteStreet.home(call.to))
            choosers[call.from].callFailed(hint: hint, now: routes.now)
        }
    }

    /// Whether the call became a link. One in ten comes to nothing.
    private mutating func finish(_ from: Int, _ to: Int) -> Bool {
        guard !routes.random.chance(1, in: 10), signals[from][to] != nil else { return false }
        guard !routes.isJoined(from, to), linkCount(from) < linksMax else { return false }
        let table = routes.nodes[to].table
        switch choosers[to].answer(RouteStreet.home(from), lending: nil, now: routes.now, routes: table) {
        case .noRoom: return false
        case .accept: break
        case .acceptDropping(let link):
            drop(to, link)
            routes.run(milliseconds: 250)
            noteEnds()
        }
        guard linkCount(from) < linksMax, linkCount(to) < linksMax, let edge = routes.join(from, to) else {
            return false
        }
        let ends = routes.edges[edge].ends
        choosers[ends.0.node].linkStarted(
            ends.0.link, member: RouteStreet.home(ends.1.node), lending: nil, now: routes.now)
        choosers[ends.1.node].linkStarted(
            ends.1.link, member: RouteStreet.home(ends.0.node), lending: nil, now: routes.now)
        return true
    }
}
