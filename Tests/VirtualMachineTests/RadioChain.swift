import BlueZRadio
import BluetoothStreet
import Glibc
import RadioInterface
import Wire

/// Radios that are worked together on one thread.
final class RadioChain {
    let radios: [WorkedRadio]

    /// - Parameter waitsForPower: the first one is left to be switched on by others.
    init(adapters: [String], waitsForPower: Bool = false) throws {
        radios = try adapters.enumerated().map {
            try WorkedRadio($1, powersOn: $0 > 0 || !waitsForPower, seed: UInt64($0))
        }
        try wait("all radios are up") { radios.allSatisfy { $0.sink.isUp } }
    }

    deinit { for one in radios { one.radio.stop() } }

    func run(milliseconds: Int, until isDone: () -> Bool = { false }) {
        let end = Machine.seconds + Double(milliseconds) / 1_000
        while true {
            for one in radios { one.work() }
            if isDone() { return }
            let left = end - Machine.seconds
            if left <= 0 { return }
            var waiting = radios.map { pollfd(fd: $0.radio.fileDescriptor, events: Int16(POLLIN), revents: 0) }
            let due = radios.compactMap { $0.radio.nextDeadline?.microseconds(since: WorkedRadio.now) }.min() ?? 100_000
            poll(&waiting, nfds_t(waiting.count), Int32(clamping: max(1, min(due / 1_000, Int64(left * 1_000)))))
        }
    }

    func wait(_ what: String, _ isDone: () -> Bool) throws {
        run(milliseconds: 30_000, until: isDone)
        guard isDone() else {
            let states = radios.map { one in
                let beacons = one.sink.heard.filter { $0[1] == 0x21 }.map { "\($0[18]).\($0[19])" }.sorted()
                return "\(one.radio.summary), heard \(beacons), ended \(one.sink.ended)"
            }
            throw Trouble("still not: \(what)\n" + states.joined(separator: "\n"))
        }
    }

    /// Lets every radio send something new, and waits until each has heard all others.
    func hearEachOther(variant: UInt8) throws {
        let beacons = radios.indices.map { beacon(UInt8($0), variant) }
        for (one, beacon) in zip(radios, beacons) { try one.radio.advertise([beacon]) }
        try wait("everybody hears everybody, \(variant)") {
            radios.indices.allSatisfy { listener in
                beacons.indices.allSatisfy { $0 == listener || radios[listener].sink.heard.contains(beacons[$0]) }
            }
        }
    }

    func link(_ from: Int, _ to: Int) throws -> (near: ChannelID, far: ChannelID) {
        let before = radios[to].sink.opened.count
        let channel = try radios[from].radio.connect(
            to: radios[to].radio.address, timeoutMilliseconds: 20_000, now: WorkedRadio.now)
        try wait("\(from) is linked to \(to)") {
            radios[from].sink.connected.contains(channel) && radios[to].sink.opened.count > before
        }
        return (channel, radios[to].sink.opened[before])
    }

    /// In the form of a bridge's beacon: a radio tells of nothing else but sensors.
    private func beacon(_ number: UInt8, _ variant: UInt8) -> [UInt8] {
        [27, 0x21] + BeaconAdvertisement.uuid.withUnsafeBytes { Array($0) } + [number, variant]
            + [UInt8](repeating: 0x5a, count: 8)
    }
}

final class WorkedRadio {
    let radio: BlueZRadio
    var sink = Ears()

    init(_ adapter: String, powersOn: Bool, seed: UInt64) throws {
        guard let name = AdapterName(adapter) else { throw Trouble("no name of an adapter: \(adapter)") }
        let settings = BlueZSettings(adapters: [name], powersOn: powersOn, seed: seed)
        radio = try BlueZRadio(settings, sockets: KernelSockets()) { () throws(BlueZError) in
            try ManagementSocket.open()
        }
    }

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    func work() {
        radio.poll(now: Self.now, limit: 64, into: &sink)
        let count = sink.outgoing.prefix { send($0.0, $0.1) == .sent }.count
        sink.outgoing.removeFirst(count)
    }

    func send(_ channel: ChannelID, _ message: [UInt8]) -> SendOutcome {
        message.withUnsafeBytes { radio.send(channel, $0) }
    }
}

struct Ears: RadioEventSink {
    var isUp = false
    var heard: Set<[UInt8]> = []
    /// What was heard of BTHome, each once.
    var serviceData: Set<[UInt8]> { heard.filter { $0.starts(with: [$0[0], 0x16, 0xd2, 0xfc]) } }
    var opened: [ChannelID] = []
    var connected: [ChannelID] = []
    var messages: [[UInt8]] = []
    var ended = 0
    /// Where what comes from a channel goes on to.
    var passes: [ChannelID: ChannelID] = [:]
    var outgoing: [(ChannelID, [UInt8])] = []

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
        // Flags come first, the sensor's or the kernel's.
        let bytes = data.dropFirst(data.count > 1 && data[1] == 0x01 ? 3 : 0)
        if bytes.count > 4 { heard.insert(Array(bytes)) }
    }
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) { opened.append(channel) }
    mutating func connected(_ channel: ChannelID) { connected.append(channel) }
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {
        if let next = passes[channel] { outgoing.append((next, Array(bytes))) } else { messages.append(Array(bytes)) }
    }
    mutating func writable(_ channel: ChannelID) {}
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) { ended += 1 }
    mutating func changed(_ state: RadioState) { if case .down = state { isUp = false } else { isUp = true } }
}
