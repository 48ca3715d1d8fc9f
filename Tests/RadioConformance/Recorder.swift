import RadioInterface
import Wire

/// Keeps what one radio tells.
struct Recorder: RadioEventSink {
    struct Heard: Hashable {
        var address: RadioAddress
        var signalDBm: Int8
        var data: [UInt8]

        /// What a radio may put before it is the structure of flags (Bluetooth Core Supplement A.1.3).
        func holds(_ payload: [UInt8]) -> Bool {
            data == payload || (data.starts(with: [2, 1]) && Array(data.dropFirst(3)) == payload)
        }
    }
    struct Opened: Hashable {
        var channel: ChannelID
        var address: RadioAddress
    }
    struct Ended: Hashable {
        var channel: ChannelID
        var end: ChannelEnd
    }

    /// The newest last; those before the last 1,000 are forgotten.
    private(set) var heard: [Heard] = []
    private(set) var opened: [Opened] = []
    private(set) var connected: [ChannelID] = []
    private(set) var writable: [ChannelID] = []
    private(set) var ended: [Ended] = []
    private(set) var states: [RadioState] = []
    private var messages: [ChannelID: [[UInt8]]] = [:]
    /// Everything told.
    private(set) var eventCount = 0
    /// Called before each message is kept.
    var onMessage: ((ChannelID, UnsafeRawBufferPointer) -> Void)?

    func messages(_ channel: ChannelID) -> [[UInt8]] { messages[channel] ?? [] }
    func end(of channel: ChannelID) -> ChannelEnd? { ended.first { $0.channel == channel }?.end }
    /// The last one that held `data`, perhaps with flags before it.
    func heard(_ data: [UInt8]) -> Heard? { heard.last { $0.holds(data) } }
    mutating func forgetHeard() { heard.removeAll() }

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
        eventCount += 1
        if heard.count >= 1_000 { heard.removeFirst(500) }
        heard.append(Heard(address: address, signalDBm: signalDBm, data: Array(data)))
    }
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) {
        eventCount += 1
        opened.append(Opened(channel: channel, address: address))
    }
    mutating func connected(_ channel: ChannelID) {
        eventCount += 1
        connected.append(channel)
    }
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {
        eventCount += 1
        onMessage?(channel, bytes)
        messages[channel, default: []].append(Array(bytes))
    }
    mutating func writable(_ channel: ChannelID) {
        eventCount += 1
        writable.append(channel)
    }
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) {
        eventCount += 1
        ended.append(Ended(channel: channel, end: end))
    }
    mutating func changed(_ state: RadioState) {
        eventCount += 1
        states.append(state)
    }
}
