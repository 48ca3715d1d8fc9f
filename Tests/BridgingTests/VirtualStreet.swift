import Bridging
import Sealing
import SeededRandom
import Wire

/// A street of real bridges on virtual time. Everything that happens comes from one queue, and every chance from one
/// seed, so that a seed is a history.
///
/// The street is the machine around each bridge: its radio (`+Air`), its disk and daemon (`+Storage`) and the people
/// in the houses (`+People`). What must always hold is checked at every step (`+Promises`).
final class VirtualStreet {
    /// Something that will happen.
    enum Happening {
        /// A bridge's own deadline.
        case wake(node: Int, boot: Int)
        /// A node is heard by those around it.
        case beacon(node: Int)
        case dialled(node: Int, boot: Int, attempt: UInt32, channel: StreetChannel?)
        case setUp(StreetChannel, called: RadioAddress)
        case connected(StreetChannel)
        case arrival(StreetChannel, end: Int)
        case ended(StreetChannel, end: Int)
        case disk(node: Int, boot: Int, DiskTask)
        case off(node: Int, boot: Int)
        case operation(StreetOperation)
    }

    let settings: StreetSettings
    var random: SplitMix64
    /// Microseconds since the street began.
    private(set) var time: Int64 = 0
    var queue = EventQueue<Happening>()
    var nodes: [StreetNode] = []
    /// Who hears whom.
    var hears: [[Bool]] = []
    /// Every channel that is not over, oldest first.
    var channels: [StreetChannel] = []
    var sensors: [StreetSensor] = []
    /// So many messages in a thousand arrive altered.
    var alteredPermille = 0
    /// Sees every message as it arrives.
    var tap: ((StreetChannel, _ end: Int, [UInt8]) -> Void)?
    /// Promises that were not kept.
    var failures: [String] = []
    /// So many openings more cannot be stored.
    var failingWrites = 0
    /// A fingerprint of everything that has happened.
    private(set) var trace: UInt64 = 0xcbf2_9ce4_8422_2325
    private(set) var happenings = 0

    init(seed: UInt64, settings: StreetSettings = StreetSettings()) {
        self.settings = settings
        random = SplitMix64(seed: seed)
    }

    // MARK: Houses

    /// Adds a house whose bridge runs, and hears nobody yet.
    @discardableResult
    func addNode(_ configuration: BridgeConfiguration = .lending(), wallOffsetSeconds: Int64 = 0) throws -> StreetNode {
        let index = nodes.count
        let disk = StreetDisk(
            staticKey: secret(32), signingSeed: secret(32), name: "house \(index)")
        let node = StreetNode(index: index, disk: disk, configuration: configuration, address: newAddress())
        node.wallOffsetSeconds = wallOffsetSeconds
        nodes.append(node)
        for row in hears.indices { hears[row].append(false) }
        hears.append(Array(repeating: false, count: nodes.count))
        try start(index)
        queue.add(.beacon(node: index), at: time + Int64(random.number(below: 1_000_000)))
        return node
    }

    func connect(_ first: Int, _ second: Int) {
        hears[first][second] = true
        hears[second][first] = true
    }

    func secret(_ count: Int) -> SecretBytes { SecretBytes(random.bytes(count)) }

    func newAddress() -> RadioAddress {
        RadioAddress(value: random.next() & 0x3fff_ffff_ffff | 0x4000_0000_0000, kind: .random)
    }

    // MARK: Time

    func moment(of index: Int) -> Moment {
        let node = nodes[index]
        let wall = settings.startWallSeconds + time / 1_000_000 + node.wallOffsetSeconds
        return Moment(
            instant: Instant(microseconds: time + (node.running?.instantOffset ?? 0)),
            wall: WallTime(seconds: UInt32(clamping: wall)))
    }

    func run(seconds: Int64) { run(until: time + seconds * 1_000_000) }

    func run(until end: Int64) {
        while let next = queue.nextTime, next <= end { step() }
        time = max(time, end)
    }

    /// Runs until `condition` holds, looking every second; false if it does not within `seconds`.
    func run(atMost seconds: Int64, until condition: () -> Bool) -> Bool {
        for _ in 0..<seconds {
            if condition() { return true }
            run(seconds: 1)
        }
        return condition()
    }

    private func step() {
        guard let next = queue.removeFirst() else { return }
        time = max(time, next.time)
        happenings += 1
        happen(next.element)
    }

    private func happen(_ happening: Happening) {
        switch happening {
        case .wake(let node, let boot): wake(node, boot)
        case .beacon(let node): beHeard(node)
        case .dialled(let node, let boot, let attempt, let channel): dialled(node, boot, attempt, channel)
        case .setUp(let channel, let address): setUp(channel, at: address)
        case .connected(let channel): connected(channel)
        case .arrival(let channel, let end): arrive(channel, end)
        case .ended(let channel, let end): tellEnded(channel, end)
        case .disk(let node, let boot, let task): perform(task, node, boot)
        case .off(let node, let boot): turnOff(node, boot)
        case .operation(let operation): perform(operation)
        }
    }

    private func wake(_ index: Int, _ boot: Int) {
        guard let running = nodes[index].running, running.boot == boot, running.wakeAt == time else { return }
        running.wakeAt = .max
        countWake(index)
        drive(index) { _, _, _ in }
    }

    // MARK: Driving a bridge

    /// Gives a bridge one input as its daemon would: random bytes, the input, `advance`, then the effects. Nil if it
    /// does not run.
    @discardableResult
    func drive<Result>(
        _ index: Int, _ input: (inout Bridge, Moment, inout Effects) throws -> Result
    ) rethrows -> Result? {
        guard let running = nodes[index].running else { return nil }
        let now = moment(of: index)
        running.bridge.random.fill { random.fill($0) }
        let result = try input(&running.bridge, now, &running.effects)
        running.bridge.advance(now: now, into: &running.effects)
        carryOut(index, running)
        check(index, running)
        let deadline = running.bridge.nextDeadline.microseconds
        // A timer comes a moment late, so that a deadline which stays in the past shows as many wakes.
        let due = max(deadline < .max ? deadline - running.instantOffset : .max, time + 100)
        if due < running.wakeAt {
            running.wakeAt = due
            queue.add(.wake(node: index, boot: running.boot), at: due)
        }
        return result
    }

    func note(_ values: UInt64...) {
        for value in values { trace = (trace ^ value) &* 0x0000_0100_0000_01b3 &+ value >> 32 }
    }

    func note(_ bytes: [UInt8]) {
        note(UInt64(bytes.count))
        for byte in bytes.prefix(24) { note(UInt64(byte)) }
    }

    func fail(_ text: String) {
        guard failures.count < 20 else { return }
        let milliseconds = time / 1000
        failures.append("at \(milliseconds / 1000).\(milliseconds % 1000) s: \(text)")
    }
}
