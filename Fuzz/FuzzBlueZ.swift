import Glibc
import RadioInterface
import Wire

@testable import BlueZRadio

/// Any bytes as a packet of the kernel's management interface.
func fuzzManagement(_ bytes: UnsafeRawBufferPointer) {
    _ = InterestFilter.matters(bytes)
    guard let packet = try? ManagementPacket(bytes) else { return }
    require(packet.parameters.count + ManagementPacket.headerBytes == bytes.count, "a packet of another length")
    if let report = try? AdvertisementReport(packet) {
        require(report.data.count <= packet.parameters.count, "data beyond the packet")
        _ = InterestFilter.matters(report.data)
    }
    if let answer = try? CommandAnswer(packet) {
        _ = try? ControllerInfo(answer.parameters)
        if let features = try? AdvertisingFeatures(answer.parameters) {
            require(features.instances.count <= 255, "more instances than there can be")
        }
    }
    var adapter = Adapter(index: packet.index, settings: BlueZSettings(powersOn: true, seed: 1))
    _ = try? adapter.told(packet, now: Instant(seconds: 1))
}

func managementSeeds() -> [[UInt8]] {
    let address: [UInt8] = [1, 2, 3, 4, 5, 6, 1, 0xc4, 0, 0, 0, 0]
    let data: [UInt8] = [2, 1, 6, 6, 0x16, 0xd2, 0xfc, 0x41, 1, 2]
    return [
        [0x12, 0, 0, 0, 24, 0] + address + [10, 0] + data,
        [0x2f, 0, 0, 0, 26, 0, 1, 0] + address + [10, 0] + data,
        [0x31, 0, 0, 0, 32, 0] + address + [UInt8](repeating: 0, count: 8) + [10, 0] + data,
        [1, 0, 0, 0, 12, 0, 0x3d, 0, 0, 0, 0, 0, 0, 31, 31, 5, 1] + [1],
        [2, 0, 0, 0, 3, 0, 0x57, 0, 0x0c], [6, 0, 0, 0, 4, 0, 1, 2, 0, 0], [0x13, 0, 0, 0, 2, 0, 6, 0],
    ]
}

/// A radio whose kernel says anything at all, at any time, while it is used.
func fuzzBlueZ(_ bytes: UnsafeRawBufferPointer) {
    let kernel = FuzzKernel()
    let settings = BlueZSettings(limits: RadioLimits(channelsMax: 4), powersOn: true, seed: 1)
    guard let radio = try? BlueZRadio(settings, sockets: kernel, opensManagement: kernel.open) else { return }
    var input = FuzzInput(bytes)
    var now = Instant(seconds: 1)
    var sink = FuzzRadioSink()
    while !input.isAtEnd {
        switch input.below(8) {
        case 0, 1: kernel.answer(&input)
        case 2:
            let code = [4, 5, 6, 0x0b, 0x0c, 0x12, 0x13, 0x23, 0x24, 0x2c, 0x2f, 0x31][input.below(12)]
            let parameters = Array(input.bytes(atMost: 80))
            kernel.say([UInt8(code), 0, input.byte() & 3, 0, UInt8(parameters.count), 0] + parameters)
        case 3: kernel.say(Array(input.bytes(atMost: 200)))
        case 4: now = now.advanced(milliseconds: Int64(input.integer(UInt16.self)))
        case 5: try? radio.advertise((0..<input.below(3)).map { _ in Array(input.bytes(atMost: 31)) })
        case 6:
            let address = RadioAddress(value: UInt64(input.byte()), kind: input.bool() ? .random : .public)
            kernel.isRefusing = input.bool()
            let channel = try? radio.connect(to: address, timeoutMilliseconds: Int(input.byte()) * 20, now: now)
            if let channel, input.bool() { radio.close(channel) }
        default: kernel.call(UInt64(input.byte()), radio)
        }
        let limit = input.below(20)
        let before = sink.count
        radio.poll(now: now, limit: limit, into: &sink)
        require(sink.count - before <= limit, "more events than the limit")
        require(radio.adapters.count <= BlueZRadio.adaptersKnownMax, "more adapters than the limit")
        require(radio.held.count <= 8 && radio.lingering.count <= 4, "more sockets than the limit")
        require(radio.summary.utf8.count < 4_000, "a long summary")
        _ = radio.nextDeadline
    }
    radio.stop()
    require(radio.channels.allSatisfy { $0.phase == .free }, "a channel that outlives its radio")
}

private struct FuzzRadioSink: RadioEventSink {
    var count = 0

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
        require(InterestFilter.matters(data), "something foreign was told")
        count += 1
    }
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) { count += 1 }
    mutating func connected(_ channel: ChannelID) { count += 1 }
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) { count += 1 }
    mutating func writable(_ channel: ChannelID) { count += 1 }
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) { count += 1 }
    mutating func changed(_ state: RadioState) { count += 1 }
}

private final class FuzzKernel: ChannelSockets {
    private static let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
    private var descriptors: [Int32] = []
    private var listeners: [(own: Int32, other: Int32)] = []
    private var calls: [Int32] = []
    private var callers: [UInt64] = []
    var isRefusing = false

    deinit { for descriptor in descriptors + calls { close(descriptor) } }

    private func pair() -> (own: Int32, other: Int32)? {
        var ends: [Int32] = [-1, -1]
        guard descriptors.count < 200, socketpair(AF_UNIX, Self.type, 0, &ends) == 0 else { return nil }
        descriptors.append(ends[1])
        return (ends[0], ends[1])
    }

    private var management: [Int32] = []

    func open() throws(BlueZError) -> Int32 {
        guard let pair = pair() else { throw .system(call: "socket", errno: EMFILE) }
        management.append(pair.other)
        return pair.own
    }

    func say(_ bytes: [UInt8]) {
        guard !bytes.isEmpty else { return }
        for descriptor in management {
            _ = bytes.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        }
    }

    /// Answers what was asked: with what the input says, or so that it goes on.
    func answer(_ input: inout FuzzInput) {
        var bytes = [UInt8](repeating: 0, count: 256)
        for descriptor in management {
            while recv(descriptor, &bytes, bytes.count, 0) >= 6 {
                var answer: [UInt8] = []
                switch bytes[0] {
                case 0x03: answer = [2, 0, 0, 0, 1, 0]
                case 0x04:
                    let on: UInt8 = input.bool() ? 1 : 0
                    answer = [bytes[2], 9, 9, 9, 9, 2, 10, 0, 0, 1, 2, 0, 0, on, 2, 0, 0]
                    answer += [UInt8](repeating: 0, count: 263)
                case 0x3d: answer = [0, 0, 0, 0, 31, 31, 5, 0]
                case 0x52: answer = [1, 0]
                default: break
                }
                let status: UInt8 = input.byte() < 200 ? 0 : input.byte()
                if input.byte() > 240 { answer = Array(input.bytes(atMost: 60)) }
                let parameters = Array(bytes[..<2]) + [status] + answer
                say(
                    [1, 0] + bytes[2..<4] + [UInt8(parameters.count & 255), UInt8(parameters.count >> 8)] + parameters)
            }
        }
    }

    /// Somebody calls.
    func call(_ address: UInt64, _ radio: BlueZRadio) {
        guard let listener = listeners.last, let pair = pair() else { return }
        calls.append(pair.own)
        callers.append(address)
        var byte: UInt8 = 1
        _ = send(listener.other, &byte, 1, Int32(MSG_NOSIGNAL))
    }

    func listen(on adapter: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError> {
        guard let pair = pair() else { return .failure(SystemError(EADDRINUSE)) }
        listeners.append(pair)
        return .success(pair.own)
    }

    func accept(_ listener: Int32) -> Result<IncomingChannel, SystemError> {
        var byte: UInt8 = 0
        guard recv(listener, &byte, 1, 0) == 1, !calls.isEmpty else { return .failure(SystemError(EAGAIN)) }
        let peer = RadioAddress(value: callers.removeFirst(), kind: .public)
        return .success(IncomingChannel(descriptor: calls.removeFirst(), peer: peer))
    }

    func admit(_ descriptor: Int32, messageBytesMax: Int) -> Int32 { isRefusing ? ENOTCONN : 0 }

    func connect(
        from adapter: RadioAddress, to peer: RadioAddress, messageBytesMax: Int
    ) -> Result<Int32, SystemError> {
        guard let pair = pair() else { return .failure(SystemError(EMFILE)) }
        return .success(pair.own)
    }

    var connectEvents: UInt32 { 4 }
    func finishConnect(_ descriptor: Int32, messageBytesMax: Int) -> ConnectProgress {
        isRefusing ? .failed(ECONNREFUSED) : .connected
    }
    func isDrained(_ descriptor: Int32) -> Bool { isRefusing }
    func end(of number: Int32) -> ChannelEnd? { number == ECONNREFUSED ? .refused : nil }
}
