import Wire

/// One connection as its PDUs: sequence numbers, channels and credits of an LE connection with one L2CAP channel.
struct TracedConnection {
    private let number: Int
    private let central: RadioAddress
    private let peripheral: RadioAddress
    private let terms: ConnectionTerms
    private let accessAddress: UInt32
    private let crcStart: UInt32
    private let hop: Int
    private let anchor: Int64
    private var ends = (central: End(), peripheral: End())
    /// When the air is free again for this connection.
    private var freeAt: Int64

    /// What one end knows.
    private struct End {
        var sequenceBit: UInt8 = 0
        var expectedBit: UInt8 = 0
        /// L2CAP frames that it may send yet.
        var credits = TracedConnection.creditsAtStart
        var lastSignal: UInt8 = 0
    }

    private static let signallingChannelID: UInt16 = 0x0005
    /// The service's number, as the daemon's radios have it.
    private static let servicePSM: UInt16 = 0x00a3
    private static let messageBytesMax: UInt16 = 512
    /// One L2CAP frame fills one PDU of 251 bytes.
    private static let frameBytesMax = 247
    private static let creditsAtStart = 10
    private static let retransmissionsMax = 16

    init(
        number: Int, central: RadioAddress, peripheral: RadioAddress, terms: ConnectionTerms, at time: Int64
    ) {
        (self.number, self.central, self.peripheral, self.terms) = (number, central, peripheral, terms)
        var chances = RandomStream(seed: UInt64(truncatingIfNeeded: number), purpose: 0x7472_6163)
        accessAddress = Self.accessAddress(from: &chances)
        crcStart = UInt32(truncatingIfNeeded: chances.next() & 0xff_ffff)
        hop = 5 + chances.number(below: 12)
        // CONNECT_IND takes 352 us; the transmit window begins 1.25 ms after its end.
        anchor = max(terms.anchorMicroseconds ?? 0, time + 352 + 1_250)
        freeAt = anchor
    }

    // MARK: What happens

    /// CONNECT_IND, the agreement on 251-byte PDUs, and the channel's opening.
    mutating func opening(at time: Int64) -> [AirUnit] {
        var units = [connectIndication(at: time)]
        var capabilities: [UInt8] = []
        for value: UInt16 in [251, 2_120, 251, 2_120] { capabilities.appendLittleEndian(value) }
        exchange(at: anchor, central: control(0x14, capabilities), into: &units)

        var request: [UInt8] = []
        for value in [Self.servicePSM, channelID, Self.messageBytesMax, UInt16(Self.frameBytesMax)] {
            request.appendLittleEndian(value)
        }
        request.appendLittleEndian(UInt16(Self.creditsAtStart))
        let asked = signal(0x14, identifier: 1, request)
        exchange(at: event(after: freeAt), central: asked, peripheral: control(0x15, capabilities), into: &units)

        var response: [UInt8] = []
        for value in [channelID, Self.messageBytesMax, UInt16(Self.frameBytesMax)] {
            response.appendLittleEndian(value)
        }
        response.appendLittleEndian(UInt16(Self.creditsAtStart))
        response.appendLittleEndian(UInt16(0))
        exchange(at: event(after: freeAt), peripheral: signal(0x15, identifier: 1, response), into: &units)
        ends.central.lastSignal = 1
        return units
    }

    /// The PDUs that carry one message, each with its answer.
    mutating func message(
        _ bytes: [UInt8], isFromCentral: Bool, retransmissions: Int, at time: Int64
    ) -> [AirUnit] {
        var units: [AirUnit] = []
        var left = bytes[...]
        var lostYet = min(max(retransmissions, 0), Self.retransmissionsMax)
        var (start, isFirst) = (turn(after: time), true)
        repeat {
            var frame: [UInt8] = []
            if isFirst { frame.appendLittleEndian(UInt16(truncatingIfNeeded: bytes.count)) }
            frame += left.prefix(Self.frameBytesMax - frame.count)
            left = left.dropFirst(frame.count - (isFirst ? 2 : 0))
            isFirst = false
            let payload = data(frame, to: channelID)
            while lostYet > 0 {
                lost(payload, isFromCentral: isFromCentral, at: start, into: &units)
                start = event(after: freeAt)
                lostYet -= 1
            }
            send(payload, isFromCentral: isFromCentral, at: start, into: &units)
            start = freeAt
            giveCredits(isFromCentral: isFromCentral, into: &units)
        } while !left.isEmpty
        return units
    }

    /// LL_TERMINATE_IND: the remote user ended the connection.
    mutating func ending(isFromCentral: Bool, at time: Int64) -> [AirUnit] {
        var units: [AirUnit] = []
        send(control(0x02, [0x13]), isFromCentral: isFromCentral, at: turn(after: time), into: &units)
        return units
    }

    // MARK: Exchanges

    /// A data PDU without its sequence bits.
    private struct Payload {
        /// 1: empty or continued, 2: an L2CAP frame's start, 3: control.
        var kind: UInt8 = 1
        var bytes: [UInt8] = []
    }

    private mutating func send(
        _ payload: Payload, isFromCentral: Bool, at time: Int64, into units: inout [AirUnit]
    ) {
        if isFromCentral {
            exchange(at: time, central: payload, into: &units)
        } else {
            exchange(at: time, peripheral: payload, into: &units)
        }
    }

    /// The central speaks, the peripheral answers; both arrive.
    private mutating func exchange(
        at time: Int64, central: Payload = Payload(), peripheral: Payload = Payload(), into units: inout [AirUnit]
    ) {
        append(central, isFromCentral: true, at: max(time, freeAt), to: &units)
        receive(ends.central, at: &ends.peripheral)
        append(peripheral, isFromCentral: false, at: freeAt, to: &units)
        receive(ends.peripheral, at: &ends.central)
    }

    /// What the other end does not get: the central's PDU has no answer, the peripheral's no acknowledgement.
    private mutating func lost(
        _ payload: Payload, isFromCentral: Bool, at time: Int64, into units: inout [AirUnit]
    ) {
        append(isFromCentral ? payload : Payload(), isFromCentral: true, at: max(time, freeAt), to: &units)
        guard !isFromCentral else { return }
        // The central sends the same again, which the peripheral has already.
        receive(ends.central, at: &ends.peripheral)
        append(payload, isFromCentral: false, at: freeAt, to: &units)
    }

    /// Acknowledges `sender`'s PDU and takes its acknowledgement (Vol 6 Part B, 4.5.9).
    private func receive(_ sender: End, at receiver: inout End) {
        if sender.sequenceBit == receiver.expectedBit { receiver.expectedBit ^= 1 }
        if sender.expectedBit != receiver.sequenceBit { receiver.sequenceBit ^= 1 }
    }

    private mutating func append(
        _ payload: Payload, isFromCentral: Bool, at time: Int64, to units: inout [AirUnit]
    ) {
        let end = isFromCentral ? ends.central : ends.peripheral
        let header = payload.kind | end.expectedBit << 2 | end.sequenceBit << 3
        let unit = AirUnit(
            timeMicroseconds: time, radioChannel: radioChannel(at: time), accessAddress: accessAddress,
            crcStart: crcStart, direction: isFromCentral ? .fromCentral : .fromPeripheral,
            bytes: [header, UInt8(truncatingIfNeeded: payload.bytes.count)] + payload.bytes)
        units.append(unit)
        freeAt = time + unit.airtimeMicroseconds + AirUnit.interFrameMicroseconds
    }

    // MARK: L2CAP

    private func data(_ frame: [UInt8], to channel: UInt16) -> Payload {
        var bytes: [UInt8] = []
        bytes.appendLittleEndian(UInt16(truncatingIfNeeded: frame.count))
        bytes.appendLittleEndian(channel)
        return Payload(kind: 2, bytes: bytes + frame)
    }

    private func signal(_ code: UInt8, identifier: UInt8, _ content: [UInt8]) -> Payload {
        var bytes = [code, identifier]
        bytes.appendLittleEndian(UInt16(truncatingIfNeeded: content.count))
        return data(bytes + content, to: Self.signallingChannelID)
    }

    private func control(_ code: UInt8, _ content: [UInt8]) -> Payload { Payload(kind: 3, bytes: [code] + content) }

    /// The receiver hands credits back when half of them are used up.
    private mutating func giveCredits(isFromCentral: Bool, into units: inout [AirUnit]) {
        var (sender, receiver) = isFromCentral ? (ends.central, ends.peripheral) : (ends.peripheral, ends.central)
        sender.credits -= 1
        let given = Self.creditsAtStart - sender.credits
        let isDue = given >= Self.creditsAtStart / 2
        if isDue {
            sender.credits = Self.creditsAtStart
            receiver.lastSignal = receiver.lastSignal == 255 ? 1 : receiver.lastSignal + 1
        }
        ends = isFromCentral ? (sender, receiver) : (receiver, sender)
        guard isDue else { return }
        var content: [UInt8] = []
        content.appendLittleEndian(channelID)
        content.appendLittleEndian(UInt16(given))
        let payload = signal(0x16, identifier: receiver.lastSignal, content)
        send(payload, isFromCentral: !isFromCentral, at: event(after: freeAt), into: &units)
    }

    // MARK: The link layer

    private func connectIndication(at time: Int64) -> AirUnit {
        var payload = Array(airOrder: central) + Array(airOrder: peripheral)
        payload.appendLittleEndian(accessAddress)
        payload.appendLittleEndian(UInt64(crcStart), bytes: 3)
        // The transmit window: 2.5 ms from the earliest time.
        payload.append(2)
        payload.appendLittleEndian(UInt16(0))
        payload.appendLittleEndian(UInt16(clamping: terms.intervalMicroseconds / 1_250))
        payload.appendLittleEndian(UInt16(clamping: terms.peripheralLatency))
        payload.appendLittleEndian(UInt16(clamping: terms.supervisionTimeoutMicroseconds / 10_000))
        // All 37 channels; the hop; a sleep clock of 50 ppm.
        payload += [0xff, 0xff, 0xff, 0xff, 0x1f, UInt8(truncatingIfNeeded: hop) | 5 << 5]
        return AirUnit.advertising(
            0x05, at: time, channelIndex: 37 + number.magnitudeRemainder(3), sender: central, target: peripheral,
            payload: payload)
    }

    /// Both ends' channel, one of those that are for the taking (Vol 3 Part A, 2.1): another for the next connection, as
    /// Wireshark 4.0 puts messages together by channel alone.
    private var channelID: UInt16 { 0x0040 + UInt16(number.magnitudeRemainder(64)) }

    private var interval: Int64 { max(terms.intervalMicroseconds, 7_500) }

    /// At once if the connection is busy with what came before, else in the next connection event.
    private func turn(after time: Int64) -> Int64 { freeAt > time ? freeAt : event(after: time) }

    private func event(after time: Int64) -> Int64 {
        time <= anchor ? anchor : anchor + ((time - anchor - 1) / interval + 1) * interval
    }

    /// Channel selection algorithm 1 with all channels in use (Vol 6 Part B, 4.5.8.2).
    private func radioChannel(at time: Int64) -> UInt8 {
        let event = max(time - anchor, 0) / interval
        return AirUnit.radioChannel(ofIndex: Int((event % 37 + 1) * Int64(hop) % 37))
    }

    /// An access address that the rules allow (Vol 6 Part B, 2.1.2): at most six equal bits in a row, unlike advertising's
    /// in more than one bit, four unequal bytes, at most 24 changes, at least two in the upper six bits.
    private static func accessAddress(from chances: inout RandomStream) -> UInt32 {
        for _ in 0..<1_000 {
            let candidate = UInt32(truncatingIfNeeded: chances.next())
            if isAccessAddress(candidate) { return candidate }
        }
        return 0x50e4_9a3c
    }

    static func isAccessAddress(_ candidate: UInt32) -> Bool {
        let changes = (candidate ^ candidate >> 1) & 0x7fff_ffff
        var (run, runMax) = (1, 1)
        for bit in 0..<31 {
            run = changes >> UInt32(bit) & 1 == 1 ? 1 : run + 1
            runMax = max(runMax, run)
        }
        let bytes = (0..<4).map { UInt8(truncatingIfNeeded: candidate >> UInt32(8 * $0)) }
        return runMax <= 6 && (candidate ^ AirUnit.advertisingAccessAddress).nonzeroBitCount > 1
            && !bytes.allSatisfy { $0 == bytes[0] } && changes.nonzeroBitCount <= 24
            && (changes >> 26).nonzeroBitCount >= 2
    }
}

extension Int {
    fileprivate func magnitudeRemainder(_ divisor: UInt) -> Int { Int(magnitude % divisor) }
}

extension [UInt8] {
    /// The six bytes of an address, lowest first.
    init(airOrder address: RadioAddress) { self = (0..<6).map { address[5 - $0] } }
}
