import Bridging
import Relaying
import SeededRandom
import Wire

/// A street and all that will be done on it, drawn from one seed: what a failing test prints.
struct StreetPlan: CustomStringConvertible {
    /// What may happen on it.
    enum Kind {
        /// Loss, cuts that heal, a home that crashes: nothing that may cost an event which may be held.
        case calm
        /// Everything, and small caps on some streets.
        case wild
    }

    let seed: UInt64
    let kind: Kind
    var settings = StreetSettings()
    var configuration = BridgeConfiguration.lending()
    var nodeCount = 3
    var edges: [(Int, Int)] = []
    var wallOffsets: [Int64] = []
    /// The homes of the sensors.
    var homes: [Int] = []
    var scope: ConsentBits = [.relay, .hold]
    var operations: [(millisecond: Int64, operation: StreetOperation)] = []
    var activeSeconds: Int64 = 120

    init(_ kind: Kind, seed: UInt64) {
        self.seed = seed
        self.kind = kind
        var random = SplitMix64(seed: seed)
        drawStreet(&random)
        drawOperations(&random)
    }

    private mutating func drawStreet(_ random: inout SplitMix64) {
        settings.beaconMilliseconds = 2_000
        settings.lossPercent = [0, 0, 10, 30][random.number(below: 4)]
        settings.refusalPercent = random.chance(30) ? 20 : 0
        settings.slowDiskPercent = random.chance(30) ? 20 : 0
        settings.inFlightMax = [1, 4, 16][random.number(below: 3)]
        nodeCount = kind == .calm ? random.number(in: 3...6) : random.number(in: 3...8)
        drawEdges(&random)
        let most = edges.reduce(into: Array(repeating: 0, count: nodeCount)) { counts, edge in
            counts[edge.0] += 1
            counts[edge.1] += 1
        }.max()
        configuration.linksMax = max(most ?? 4, kind == .calm ? 4 : 2)
        wallOffsets = (0..<nodeCount).map { _ in Int64(random.number(in: -55...55)) }
        homes = (0..<(kind == .calm ? 1 : random.number(in: 1...2))).map { _ in random.number(below: nodeCount) }
        guard kind == .wild else { return }
        scope = random.chance(70) ? [.relay] : [.relay, .hold]
        if random.chance(40) {
            configuration.lending = LendingLimits(
                rateBits: Int64(random.number(in: 400...2_000)), burstBytes: Int64(random.number(in: 600...1_500)),
                monthBytes: random.chance(30) ? Int64(random.number(in: 5_000...40_000)) : 100_000_000)
        }
    }

    /// A connected graph in which nobody hears more than four.
    private mutating func drawEdges(_ random: inout SplitMix64) {
        var degrees = Array(repeating: 0, count: nodeCount)
        func add(_ first: Int, _ second: Int, to edges: inout [(Int, Int)]) {
            let isThere = edges.contains { $0 == (first, second) || $0 == (second, first) }
            guard first != second, !isThere, degrees[first] < 4, degrees[second] < 4 else { return }
            degrees[first] += 1
            degrees[second] += 1
            edges.append((first, second))
        }
        for node in 1..<nodeCount {
            // One of the last three has room, so the graph stays connected.
            let open = (max(0, node - 3)..<node).filter { degrees[$0] < 3 }
            add(open.isEmpty ? node - 1 : open[random.number(below: open.count)], node, to: &edges)
        }
        for _ in 0..<random.number(below: nodeCount) {
            add(random.number(below: nodeCount), random.number(below: nodeCount), to: &edges)
        }
    }

    private mutating func drawOperations(_ random: inout SplitMix64) {
        activeSeconds = Int64(random.number(in: 60...150))
        for _ in 0..<random.number(in: 4...20) { addEmission(&random) }
        for _ in 0..<random.number(below: 4) { addCut(&random) }
        if kind == .calm {
            if random.chance(40) { addCrash(of: homes[0], &random) }
        } else {
            for _ in 0..<random.number(below: 4) { addCrash(of: random.number(below: nodeCount), &random) }
            for _ in 0..<random.number(below: 4) { addOptOut(&random) }
            for _ in 0..<random.number(below: 3) { addStop(of: random.number(below: nodeCount), &random) }
            if random.chance(25) { add(.revoke(sensor: random.number(below: homes.count)), &random) }
            if random.chance(15) { add(.deviceNo(sensor: random.number(below: homes.count), true), &random) }
        }
        operations.sort { $0.millisecond < $1.millisecond }
    }

    private mutating func add(_ operation: StreetOperation, _ random: inout SplitMix64) {
        operations.append((Int64(random.number(below: Int(activeSeconds) * 1000)), operation))
    }

    private mutating func addEmission(_ random: inout SplitMix64) {
        let sensor = random.number(below: homes.count)
        var hearers = [random.number(below: nodeCount)]
        if random.chance(40) { hearers.append((hearers[0] + 1) % nodeCount) }
        let start = Int64(random.number(below: Int(activeSeconds) * 1000))
        operations.append((start, .emit(sensor: sensor, near: hearers)))
        guard kind == .wild, random.chance(20) else { return }
        for more in 1...random.number(in: 2...12) {
            operations.append((start + Int64(more) * 150, .emit(sensor: sensor, near: hearers)))
        }
    }

    private mutating func addCut(_ random: inout SplitMix64) {
        let edge = edges[random.number(below: edges.count)]
        addPair(.cut(edge.0, edge.1), .heal(edge.0, edge.1), &random)
    }

    private mutating func addCrash(of node: Int, _ random: inout SplitMix64) {
        addPair(.crash(node), .restart(node), &random)
    }

    private mutating func addStop(of node: Int, _ random: inout SplitMix64) {
        addPair(.stop(node), .restart(node), &random)
    }

    private mutating func addOptOut(_ random: inout SplitMix64) {
        let node = random.number(below: nodeCount)
        addPair(.optOut(node), .optIn(node), &random)
    }

    private mutating func addPair(_ first: StreetOperation, _ second: StreetOperation, _ random: inout SplitMix64) {
        let start = Int64(random.number(below: Int(activeSeconds) * 1000))
        operations.append((start, first))
        operations.append((start + Int64(random.number(in: 500...40_000)), second))
    }

    // MARK: Running it

    /// The street with its network, devices and operations, at the point where the first of them is due.
    func build() throws -> VirtualStreet {
        let street = VirtualStreet(seed: seed, settings: settings)
        for node in 0..<nodeCount { try street.addNode(configuration, wallOffsetSeconds: wallOffsets[node]) }
        for edge in edges { street.connect(edge.0, edge.1) }
        try street.foundAndInviteAll()
        for home in homes { try street.adoptSensor(home: home, scope: scope) }
        let isReady = street.run(atMost: 180) {
            homes.indices.allSatisfy { sensor in
                street.nodes.indices.allSatisfy {
                    street.isLive(sensor, at: $0) && street.hasRoute($0, to: homes[sensor])
                }
            }
        }
        if !isReady { street.fail("the street did not come together") }
        for entry in operations {
            street.queue.add(.operation(entry.operation), at: street.time + entry.millisecond * 1000)
        }
        return street
    }

    /// Longer than any operation takes.
    var operationSeconds: Int64 { activeSeconds + 45 }

    var description: String {
        let limits = configuration.lending
        var lines = [
            "\(kind) street, seed \(seed): \(nodeCount) nodes, edges \(edges), homes \(homes), hold \(scope.contains(.hold))",
            "loss \(settings.lossPercent) %, refusals \(settings.refusalPercent) %, slow disk \(settings.slowDiskPercent) %,"
                + " in flight \(settings.inFlightMax), links \(configuration.linksMax),"
                + " rate \(limits.rateBits), burst \(limits.burstBytes), month \(limits.monthBytes)",
        ]
        lines += operations.map { "  \($0.millisecond) ms: \($0.operation)" }
        return lines.joined(separator: "\n")
    }
}
