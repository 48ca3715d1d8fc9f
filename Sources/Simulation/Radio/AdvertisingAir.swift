/// One advertising event: the same packet on channels 37, 38 and 39, one after the other; in extended advertising it
/// points to one more packet, with the data, on another channel.
public struct AdvertisingEvent: Sendable, Equatable {
    public let sender: Int
    /// Begin of the first packet.
    public let startMicroseconds: Int64
    /// Of one packet.
    public let packetMicroseconds: Int64
    let payloadBytes: Int
    /// 0 in legacy advertising.
    var auxiliaryMicroseconds: Int64 = 0
    var auxiliaryPayloadBytes = 0
    var auxiliaryChannel = 0

    @inline(__always) func begin(_ channel: Int64) -> Int64 {
        startMicroseconds + channel * (packetMicroseconds + Airtime.channelChangeMicroseconds)
    }

    /// End of the last packet: who has heard it is known from then on.
    public var endMicroseconds: Int64 {
        auxiliaryMicroseconds > 0 ? auxiliaryBegin + auxiliaryMicroseconds : begin(2) + packetMicroseconds
    }
    /// As soon as the specification allows: T_MAFS is 300 us (4.1.2).
    var auxiliaryBegin: Int64 { begin(2) + packetMicroseconds + 300 }
    /// The sender's time on the air.
    public var airtimeMicroseconds: Int64 { 3 * packetMicroseconds + auxiliaryMicroseconds }
}

/// Advertising that begins and ends, packet by packet: devices' bursts, and floods.
///
/// A scanner listens on one channel for a window in each scan interval, and on the next channel in the next (Core
/// Specification, volume 6, part B, 4.4.3). It hears a packet that lies wholly in its window on its channel, unless
/// - its own radio sends an advertising event meanwhile,
/// - another packet overlaps it on that channel, and is not weaker by the capture margin,
/// - noise or background interference spoils it (`FrameErrors`), or
/// - something spoils it that is not simulated packet by packet: see `hear`.
///
/// Use: senders are added first; each event is put on the air when it begins, in the order of time, and asked about when
/// it has ended, so that all that overlap it are known.
public struct AdvertisingAir: Sendable {
    private let errors: FrameErrors
    private let captureDecibels: Double
    private let scanInterval: Int64
    private let scanWindow: Int64
    private let seed: UInt64

    private struct Sender: Sendable {
        var house: Int
        var first: Int
        var count: Int
    }
    private var senders: [Sender] = []
    private var reached: [Neighbour] = []

    /// Events that may overlap those to come, by their begin.
    private var events: [AdvertisingEvent] = []
    private var firstEvent = 0

    /// The longest event: three pointers and an auxiliary packet of 255 bytes.
    static let eventMicrosecondsMax: Int64 = 3 * 136 + 2 * Airtime.channelChangeMicroseconds + 300 + 2_120
    /// Data of an AUX_ADV_IND, without those that would follow it.
    public static let auxiliaryDataBytesMax = 245

    /// - Parameter isAlwaysListening: scanners listen without a pause, whatever the plan's window.
    public init(_ plan: RadioPlan, isAlwaysListening: Bool = false, seed: UInt64) {
        errors = FrameErrors(plan)
        captureDecibels = plan.captureDecibels
        scanInterval = max(plan.scanIntervalMicroseconds, 1)
        scanWindow = isAlwaysListening ? scanInterval : min(max(plan.scanWindowMicroseconds, 0), scanInterval)
        self.seed = seed
    }

    /// Adds a radio that will send, and gives its number.
    ///
    /// - Parameters:
    ///   - house: whose radio it is, which hears nothing while it sends; nil for a device.
    ///   - neighbours: who receives it and how well, by house.
    public mutating func addSender(house: Int?, neighbours: some Sequence<Neighbour>) -> Int {
        let first = reached.count
        reached.append(contentsOf: neighbours)
        senders.append(Sender(house: house ?? -1, first: first, count: reached.count - first))
        return senders.count - 1
    }

    /// Who receives a sender, and how well.
    public func hearers(of sender: Int) -> ArraySlice<Neighbour> {
        reached[senders[sender].first..<senders[sender].first + senders[sender].count]
    }

    /// Puts an event on the air. It begins no earlier than those before it.
    public mutating func begin(_ sender: Int, at startMicroseconds: Int64, dataBytes: Int) -> AdvertisingEvent {
        let bytes = min(max(dataBytes, 0), Airtime.advertisingDataBytesMax)
        let event = AdvertisingEvent(
            sender: sender, startMicroseconds: startMicroseconds,
            packetMicroseconds: Airtime.advertisementMicroseconds(dataBytes: bytes), payloadBytes: 6 + bytes)
        forget(before: startMicroseconds)
        events.append(event)
        return event
    }

    /// Puts an event of extended advertising on the air: pointers on the three channels, and the data on one of the other
    /// 37. It begins no earlier than those before it.
    public mutating func beginExtended(
        _ sender: Int, at startMicroseconds: Int64, dataBytes: Int, random: inout RandomStream
    ) -> AdvertisingEvent {
        let bytes = min(max(dataBytes, 0), Self.auxiliaryDataBytesMax)
        var event = AdvertisingEvent(
            sender: sender, startMicroseconds: startMicroseconds,
            packetMicroseconds: Airtime.extendedPointerMicroseconds(), payloadBytes: 7)
        event.auxiliaryMicroseconds = Airtime.auxiliaryMicroseconds(dataBytes: bytes)
        event.auxiliaryPayloadBytes = 10 + bytes
        event.auxiliaryChannel = random.number(below: 37)
        forget(before: startMicroseconds)
        events.append(event)
        return event
    }

    /// Whether a house hears an event, and if so when the packet that it hears ends.
    ///
    /// - Parameters:
    ///   - dBm: what it receives of the sender.
    ///   - bitLogarithm: of `dBm`, where it was made before: see `FrameErrors`.
    ///   - disturbance: probability that a packet is lost to what is not simulated packet by packet: beacons and the
    ///     connections of this house.
    public func hear(
        _ event: AdvertisingEvent, by house: Int, dBm: Double, bitLogarithm: Double? = nil, disturbance: Double,
        random: inout RandomStream
    ) -> Int64? {
        guard senders[event.sender].house != house else { return nil }
        let phase = self.phase(of: house)
        for channel in 0..<3 as Range<Int64> {
            let begin = event.begin(channel)
            let scan = begin &+ phase
            guard scan / scanInterval % 3 == channel, scan % scanInterval + event.packetMicroseconds <= scanWindow,
                !isSpoiled(event, channel, house, dBm)
            else { continue }
            let loss = errors.loss(
                payloadBytes: event.payloadBytes, bitLogarithm: bitLogarithm ?? errors.bitLogarithm(powerDBm: dBm))
            guard random.chance((1 - loss) * (1 - disturbance)) else { continue }
            guard event.auxiliaryMicroseconds > 0 else { return begin + event.packetMicroseconds }
            return hearAuxiliary(event, house, dBm, random: &random)
        }
        return nil
    }

    /// A scanner that has heard a pointer waits for what it points to.
    private func hearAuxiliary(
        _ event: AdvertisingEvent, _ house: Int, _ dBm: Double, random: inout RandomStream
    ) -> Int64? {
        let (begin, end) = (event.auxiliaryBegin, event.endMicroseconds)
        var index = events.count - 1
        while index >= firstEvent, events[index].startMicroseconds + Self.eventMicrosecondsMax > begin {
            let other = events[index]
            index -= 1
            guard other != event, other.startMicroseconds < end, other.endMicroseconds > begin else { continue }
            if senders[other.sender].house == house { return nil }
            guard other.auxiliaryMicroseconds > 0, other.auxiliaryChannel == event.auxiliaryChannel,
                other.auxiliaryBegin < end, other.endMicroseconds > begin
            else { continue }
            if power(of: other.sender, at: house) > dBm - captureDecibels { return nil }
        }
        let loss = errors.loss(payloadBytes: event.auxiliaryPayloadBytes, powerDBm: dBm)
        return random.chance(1 - loss) ? end : nil
    }

    /// A scanner's phase over three scan intervals, from its number alone.
    private func phase(of house: Int) -> Int64 {
        var word = seed ^ UInt64(truncatingIfNeeded: house &+ 1) &* 0x9e37_79b9_7f4a_7c15
        word = (word ^ word >> 30) &* 0xbf58_476d_1ce4_e5b9
        word = (word ^ word >> 27) &* 0x94d0_49bb_1331_11eb
        return Int64((word ^ word >> 31).multipliedFullWidth(by: UInt64(3 * scanInterval)).high)
    }

    private func isSpoiled(_ event: AdvertisingEvent, _ channel: Int64, _ house: Int, _ dBm: Double) -> Bool {
        let begin = event.begin(channel)
        let end = begin + event.packetMicroseconds
        var index = events.count - 1
        while index >= firstEvent {
            let other = events[index]
            index -= 1
            if other.startMicroseconds >= end { continue }
            if other.startMicroseconds + Self.eventMicrosecondsMax <= begin { break }
            if other == event { continue }
            if senders[other.sender].house == house {
                // It sends, tunes and listens for answers: its scan stands still for the whole event.
                if other.endMicroseconds > begin { return true }
                continue
            }
            let otherBegin = other.begin(channel)
            guard otherBegin < end, otherBegin + other.packetMicroseconds > begin else { continue }
            if power(of: other.sender, at: house) > dBm - captureDecibels { return true }
        }
        return false
    }

    private func power(of sender: Int, at house: Int) -> Double {
        var low = senders[sender].first
        let last = low + senders[sender].count
        var high = last
        while low < high {
            let middle = (low + high) / 2
            if reached[middle].house < house { low = middle + 1 } else { high = middle }
        }
        return low < last && reached[low].house == house ? reached[low].dBm : -.infinity
    }

    /// An event is asked about at once when it has ended: what ended an event's length before that overlaps nothing.
    private mutating func forget(before time: Int64) {
        while firstEvent < events.count,
            events[firstEvent].startMicroseconds + 3 * Self.eventMicrosecondsMax < time
        { firstEvent += 1 }
        if firstEvent > 1024, firstEvent * 2 > events.count {
            events.removeFirst(firstEvent)
            firstEvent = 0
        }
    }
}

extension Propagation {
    /// Probability that a packet overlaps a beacon that nobody simulates, at a house where it arrives with this power.
    public func beaconOverlap(dBm: Double, at house: Int, packetMicroseconds: Int64, beaconBytes: Int) -> Double {
        var rivals = 0
        for other in neighbours(of: house) where other.dBm > dBm - plan.captureDecibels { rivals += 1 }
        let beacon = Airtime.advertisementMicroseconds(dataBytes: beaconBytes)
        let period = plan.beaconIntervalMicroseconds + Airtime.advertisingDelayMaxMicroseconds / 2
        let load = Double(rivals) * Double(packetMicroseconds + beacon) / Double(max(period, 1))
        return 1 - Mathematics.exponential(-load)
    }
}
