import BlueZRadio
import CBaseline
import Dispatch
import Glibc
import RadioInterface
import SeededRandom
import Wire

/// Hearing on a busy street: passing over what is foreign, and recognising what is listed.
struct HearingStep {
    private static let batch = 1_000
    private static let batches = 200

    /// Management events about advertisements such as phones, watches, tags and televisions send.
    static func foreignEvents(_ count: Int) -> [[UInt8]] {
        var random = SplitMix64(seed: 21)
        let kinds: [(SplitMix64) -> [UInt8]] = [
            {
                var random = $0
                return [2, 1, 0x1a, 17, 0xff, 0x4c, 0x00] + random.bytes(15)
            },
            {
                var random = $0
                return [2, 1, 6, 3, 3, 0x9f, 0xfe, 20, 0x16, 0x9f, 0xfe] + random.bytes(17)
            },
            {
                var random = $0
                return [30, 0xff, 0x06, 0x00] + random.bytes(27)
            },
            {
                var random = $0
                return [2, 1, 6, 17, 7] + random.bytes(16) + [2, 0x0a, 4]
            },
            {
                var random = $0
                return [2, 1, 6, 9, 9] + random.bytes(8) + [17, 0x21] + random.bytes(16)
            },
        ]
        return (0..<count).map { number in
            random.state &+= 1
            return meshEvent(random.bytes(6), kinds[number % kinds.count](random))
        }
    }

    /// Mesh Device Found of controller 0.
    static func meshEvent(_ address: [UInt8], _ data: [UInt8]) -> [UInt8] {
        let parameters =
            address + [2, 0xc4] + [UInt8](repeating: 0, count: 12) + [UInt8(data.count), 0] + data
        return [0x31, 0, 0, 0, UInt8(parameters.count), 0] + parameters
    }

    static func foreign() throws -> Line {
        let events = foreignEvents(batch)
        let bytes = events.flatMap { $0 }
        let lengths = events.map(\.count)
        var timings = Timings()
        var passed = 0
        bytes.withUnsafeBytes { bytes in
            for _ in 0..<batches {
                timings.measure(batch) {
                    var start = 0
                    for length in lengths {
                        if matters(UnsafeRawBufferPointer(rebasing: bytes[start..<(start &+ length)])) { passed &+= 1 }
                        start &+= length
                    }
                }
            }
        }
        guard passed == 0, timings.allocations == 0 else {
            throw BenchmarkError.setUp("\(passed) foreign ones passed, \(timings.allocations) allocations")
        }
        return Line(
            what: "a foreign advertisement, from the kernel's event to passing it over",
            figure: "\(number(timings.median)) ns, no allocation", against: "150 ns", ratio: timings.median / 150,
            limit: 1)
    }

    @inline(__always) private static func matters(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard let packet = try? ManagementPacket(bytes), let report = try? AdvertisementReport(packet) else {
            return true
        }
        return InterestFilter.matters(report.data)
    }

    /// The same event again and again, as within a burst, but held back by nothing: with the keyed hash each time.
    static func listed() throws -> Line {
        let street = try BenchmarkStreet(around: 2)
        try street.settle()
        try street.emit()
        guard let heard = street.lastEmitted else { throw BenchmarkError.setUp("no sensor") }
        let address = (0..<6).map { UInt8(truncatingIfNeeded: heard.address.value >> UInt64(8 * $0)) }
        let event = meshEvent(address, heard.data)
        let house = street.houses[heard.hearer]
        var timings = Timings()
        event.withUnsafeBytes { bytes in
            for _ in 0..<batches {
                timings.measure(batch) {
                    for _ in 0..<batch {
                        guard let packet = try? ManagementPacket(bytes),
                            let report = try? AdvertisementReport(packet), InterestFilter.matters(report.data)
                        else { continue }
                        house.bridge.heard(
                            from: report.address, signalDBm: report.signalDBm, data: report.data, now: street.now,
                            into: &house.effects)
                    }
                }
                house.effects.removeAll()
            }
        }
        guard timings.allocations == 0 else {
            throw BenchmarkError.setUp("\(timings.allocations) allocations for listed ones")
        }
        return Line(
            what: "a listed one, with its keyed hash", figure: "\(number(timings.median)) ns, no allocation",
            against: "1,500 ns", ratio: timings.median / 1_500, limit: 1)
    }
}

/// A radio on a socket pair that sleeps and is woken for each of a street's foreign advertisements, one a millisecond by
/// the clock: what its thread takes of the processor, waking up included.
struct HearingRadioStep {
    private static let count = 5_000

    static func run() throws -> Line {
        let kernel = try BenchmarkKernel()
        let radio = try BlueZRadio(BlueZSettings(seed: 1), sockets: kernel) { () throws(BlueZError) in
            try kernel.open()
        }
        defer { radio.stop() }
        var sink = HeardCount()
        for _ in 0..<50 {
            radio.poll(now: now, limit: 64, into: &sink)
            kernel.answer()
        }
        guard sink.isUp else { throw BenchmarkError.setUp("the radio is not up: \(radio.summary)") }
        let events = HearingStep.foreignEvents(count)
        let descriptor = kernel.descriptor
        let (before, begun) = (threadNanoseconds(), nanoseconds())
        DispatchQueue(label: "street").async { send(events, over: descriptor) }
        while radio.counters.advertisementsForeign < count {
            var waiting = pollfd(fd: radio.fileDescriptor, events: Int16(POLLIN), revents: 0)
            guard Glibc.poll(&waiting, 1, 2_000) == 1 else { throw BenchmarkError.setUp("the street is silent") }
            radio.poll(now: now, limit: 64, into: &sink)
        }
        let share = Double(threadNanoseconds() - before) / Double(nanoseconds() - begun) * 100
        guard sink.heardCount == 0 else { throw BenchmarkError.setUp("\(radio.counters)") }
        return Line(
            what: "1,000 foreign advertisements a second, each waking the radio",
            figure: "\(number(share, 2)) % of a core", against: "1 %", ratio: share, limit: 1)
    }

    private static func send(_ events: [[UInt8]], over descriptor: Int32) {
        var due = nanoseconds()
        for event in events {
            due += 1_000_000
            var time = timespec(tv_sec: Int(due / 1_000_000_000), tv_nsec: Int(due % 1_000_000_000))
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &time, nil)
            event.withUnsafeBytes { _ = Glibc.send(descriptor, $0.baseAddress, $0.count, 0) }
        }
    }

    private static func threadNanoseconds() -> UInt64 {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
    }

    private static var now: Instant { Instant(microseconds: Int64(nanoseconds() / 1_000)) }
}

private struct HeardCount: RadioEventSink {
    var heardCount = 0
    var isUp = false

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) { heardCount &+= 1 }
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) {}
    mutating func connected(_ channel: ChannelID) {}
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {}
    mutating func writable(_ channel: ChannelID) {}
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) {}
    mutating func changed(_ state: RadioState) { isUp = state == .up }
}

/// A kernel with one adapter that says yes to everything.
private final class BenchmarkKernel: ChannelSockets {
    private var descriptors: [Int32] = []

    init() throws {}
    deinit { for descriptor in descriptors { close(descriptor) } }

    func open() throws(BlueZError) -> Int32 { try pair() }

    private func pair() throws(BlueZError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue), 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        descriptors.append(ends[1])
        return ends[0]
    }

    var descriptor: Int32 { descriptors.first ?? -1 }

    func say(_ bytes: [UInt8]) {
        guard let first = descriptors.first else { return }
        bytes.withUnsafeBytes { _ = send(first, $0.baseAddress, $0.count, 0) }
    }

    func answer() {
        var bytes = [UInt8](repeating: 0, count: 512)
        guard let first = descriptors.first else { return }
        while recv(first, &bytes, bytes.count, 0) >= 6 {
            var answer: [UInt8] = []
            switch bytes[0] {
            case 0x03: answer = [1, 0, 0, 0]
            // Address, version, manufacturer; supported and on: powered and LE.
            case 0x04:
                answer = [9, 9, 9, 9, 9, 2, 10, 0, 0, 1, 2, 0, 0, 1, 2, 0, 0]
                answer += [UInt8](repeating: 0, count: 280 - answer.count)
            case 0x3d: answer = [0, 0, 0, 0, 31, 31, 5, 0]
            default: break
            }
            let parameters = Array(bytes[0..<2]) + [0] + answer
            say([1, 0] + bytes[2..<4] + [UInt8(parameters.count & 255), UInt8(parameters.count >> 8)] + parameters)
        }
    }

    func listen(on adapter: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError> {
        guard let descriptor = try? pair() else { return .failure(SystemError(EMFILE)) }
        return .success(descriptor)
    }
    func accept(_ listener: Int32) -> Result<IncomingChannel, SystemError> { .failure(SystemError(EAGAIN)) }
    func admit(_ descriptor: Int32, messageBytesMax: Int) -> Int32 { ENOTCONN }
    func connect(from adapter: RadioAddress, to peer: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError>
    {
        .failure(SystemError(ECONNREFUSED))
    }
    var connectEvents: UInt32 { 0 }
    func finishConnect(_ descriptor: Int32, messageBytesMax: Int) -> ConnectProgress { .pending }
    func isDrained(_ descriptor: Int32) -> Bool { true }
    func end(of number: Int32) -> ChannelEnd? { .failed }
}

func hearingStep() throws -> [Line] {
    [try HearingStep.foreign(), try HearingStep.listed(), try HearingRadioStep.run()]
}
