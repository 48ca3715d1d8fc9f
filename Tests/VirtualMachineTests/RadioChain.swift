import BlueZRadio
import BluetoothStreet
import Glibc
import RadioInterface
import Wire

/// Radios that are worked together on one thread.
final class RadioChain {
    let radios: [WorkedRadio]
    /// What each sends.
    private(set) var beacons: [[UInt8]] = []

    /// - Parameters:
    ///   - waitsForPower: the first one is left to be switched on by others.
    ///   - change: how one differs from the others, by its number.
    init(
        adapters: [String], waitsForPower: Bool = false,
        change: (_ number: Int, _ settings: inout BlueZSettings) -> Void = { _, _ in }
    ) throws {
        radios = try adapters.enumerated().map { number, adapter in
            try WorkedRadio(adapter, powersOn: number > 0 || !waitsForPower, seed: UInt64(number)) {
                change(number, &$0)
            }
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
                let beacons = one.sink.heard.keys.filter { $0[1] == 0x21 }.map { "\($0[18]).\($0[19])" }.sorted()
                return "\(one.radio.summary), heard \(beacons), ended \(one.sink.ended)"
            }
            throw Trouble("still not: \(what)\n" + states.joined(separator: "\n"))
        }
    }

    /// Lets every radio send something new, and waits until each has heard all others.
    func hearEachOther(variant: UInt8) throws {
        beacons = radios.indices.map { beacon(UInt8($0), variant) }
        for (one, beacon) in zip(radios, beacons) { try one.radio.advertise([beacon]) }
        try wait("everybody hears everybody, \(variant)") {
            radios.indices.allSatisfy { listener in
                beacons.indices.allSatisfy { $0 == listener || heard($0, by: listener) != nil }
            }
        }
    }

    /// The address under which what one sends now was heard, which with privacy is not its own.
    func heard(_ number: Int, by listener: Int) -> RadioAddress? { radios[listener].sink.heard[beacons[number]] }

    func link(_ from: Int, _ to: Int) throws -> (near: ChannelID, far: ChannelID) {
        let before = radios[to].sink.opened.count
        guard let address = heard(to, by: from) else { throw Trouble("\(from) does not hear \(to)") }
        let channel = try radios[from].radio.connect(
            to: address, timeoutMilliseconds: 20_000, now: WorkedRadio.now)
        try wait("\(from) is linked to \(to)") {
            radios[from].sink.connected.contains(channel) && radios[to].sink.opened.count > before
        }
        return (channel, radios[to].sink.opened[before])
    }

    /// Links two and passes a message each way.
    func linkAndSpeak(_ from: Int, _ to: Int) throws {
        let (near, far) = try link(from, to)
        for (radio, channel, peer) in [(from, near, to), (to, far, from)] {
            let message: [UInt8] = [UInt8(from), UInt8(to), UInt8(radio)]
            guard radios[radio].send(channel, message) == .sent else { throw Trouble("\(radio) cannot send") }
            try wait("\(peer) gets what \(radio) sent") { radios[peer].sink.messages.contains(message) }
        }
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

    init(
        _ adapter: String, powersOn: Bool, seed: UInt64, change: (inout BlueZSettings) -> Void = { _ in }
    ) throws {
        guard let name = AdapterName(adapter) else { throw Trouble("no name of an adapter: \(adapter)") }
        var settings = BlueZSettings(adapters: [name], powersOn: powersOn, seed: seed)
        change(&settings)
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
    /// Who said what, last.
    var heard: [[UInt8]: RadioAddress] = [:]
    /// What was heard of BTHome, each once.
    var serviceData: [[UInt8]] { heard.keys.filter { $0.starts(with: [$0[0], 0x16, 0xd2, 0xfc]) } }
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
        if bytes.count > 4 { heard[Array(bytes)] = address }
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
