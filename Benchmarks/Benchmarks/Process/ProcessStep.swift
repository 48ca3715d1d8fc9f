import Glibc

/// A whole `sidegated` at saturation against a whole mosquitto: processor time of the process for a message carried.
/// Rounds of the one and the other take turns, so that whatever else the machine does touches both.
struct ProcessStep {
    static let messagesPerRound = 30_000
    static let rounds = 11
    /// Messages on their way at once, of the one and the other: so few that no queue overflows and nothing is lost (a bridge
    /// keeps 512 packets), so many that the process always has something to do.
    static let flyingMax = 256

    /// Processor time and time on the clock, in ns a message, by round.
    struct Rounds {
        private(set) var processor = Timings()
        private(set) var clock = Timings()

        /// What `after` costs the process counts too, but not how long it takes.
        mutating func measure(
            _ count: Int, _ processor: () throws -> UInt64, _ body: () throws -> Void, after: () throws -> Void = {}
        ) throws {
            let (before, start) = (try processor(), nanoseconds())
            try body()
            let end = nanoseconds()
            try after()
            let after = try processor()
            self.processor.add(count, nanoseconds: after - before, allocations: 0)
            clock.add(count, nanoseconds: end - start, allocations: 0)
        }

        /// "n ns of processor time, m messages a second, p % of a core".
        var words: String {
            let share = processor.median / clock.median * 100
            return "\(number(processor.median)) ns (\(number(1_000_000_000 / clock.median)) a second, "
                + "\(number(share)) % of a core)"
        }
    }

    private(set) var ours = Rounds()
    /// Mosquitto over a Unix socket, and over TCP.
    private(set) var (theirs, theirsByTCP) = (Rounds(), Rounds())

    mutating func run() throws {
        Interruption.arm()
        var template = Array("/tmp/sidegate-bench.XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw BenchmarkError.setUp("/tmp takes no directory") }
        let directory = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
        defer { _ = try? Child(["rm", "-rf", directory], log: "/dev/null").wait() }
        let broker = try Broker(in: directory, .unixSocket, payloadBytes: Flood.messageBytes)
        defer { broker.end() }
        let brokerByTCP = try Broker(in: directory, .loopback, payloadBytes: Flood.messageBytes)
        defer { brokerByTCP.end() }
        let flood = try Flood(in: directory)
        defer { flood.middle.end() }
        let count = Self.messagesPerRound
        // The first round is for caches and buffers. Each time another one begins.
        for round in 0...Self.rounds {
            try flood.prepare(count)
            for turn in 0..<3 {
                switch (turn + round) % 3 {
                case 0:
                    try ours.measure(count, flood.middle.processorNanoseconds) {
                        try flood.carry()
                    } after: {
                        try flood.settle()
                    }
                case 1: try theirs.measure(count, broker.processorNanoseconds) { try broker.carry(count) }
                default:
                    try theirsByTCP.measure(count, brokerByTCP.processorNanoseconds) { try brokerByTCP.carry(count) }
                }
            }
            if round == 0 { (ours, theirs, theirsByTCP) = (Rounds(), Rounds(), Rounds()) }
        }
    }
}

func processStep() throws -> [Line] {
    var step = ProcessStep()
    try step.run()
    let ours = step.ours.processor.median
    return [
        // As a broker is reached: over TCP.
        Line(
            what: "A whole `sidegated` at saturation, a packet", figure: step.ours.words,
            against: "mosquitto, a QoS 0 message: \(step.theirsByTCP.words)",
            ratio: ours / step.theirsByTCP.processor.median, limit: 0.5),
        // As the virtual air's radios reach each other.
        Line(
            what: "The same", figure: step.ours.words,
            against: "mosquitto over a Unix socket: \(step.theirs.words)",
            ratio: ours / step.theirs.processor.median, limit: nil),
    ]
}
