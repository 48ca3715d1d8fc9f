/// Which side of a connection.
public enum ConnectionEnd: Int, Sendable {
    case central = 0
    case peripheral = 1
    public var other: ConnectionEnd { self == .central ? .peripheral : .central }
}

/// What becomes of a message that a connection has taken.
public struct Transfer: Sendable, Equatable {
    /// When all of it has arrived, or when the connection ends.
    public var timeMicroseconds: Int64 = 0
    /// False if the supervision timeout comes first: both sides lose the connection then.
    public var arrives = true
    /// Time on the air of the side that sends: data PDUs, and again those that were lost or not acknowledged.
    public var senderMicroseconds: Int64 = 0
    /// Time on the air of the side that receives: polls and acknowledgements.
    public var receiverMicroseconds: Int64 = 0
    /// Data PDUs sent, with those sent again.
    public var units = 0
    /// Data PDUs that it was cut to, as far as it came.
    public var parts = 0
    public init() {}
}

/// A connection as arithmetic: an idle one costs nothing to simulate, and a message a few draws.
///
/// In a connection event central and peripheral send by turns, T_IFS apart, and go on while a side has more, while
/// buffers and the interval last, and until a packet is lost; what is not acknowledged is sent again in the next event
/// (Core Specification, volume 6, part B, 4.5.1, 4.5.6 and 4.5.9). A message is an L2CAP K-frame or several: 4 bytes of
/// header on each, and 2 of length on the first (volume 3, part A, 3.4), in PDUs of up to 251 bytes. The receiver gives
/// credits for as many as are allowed on the way.
///
/// It is on the safe side in that both directions of one connection take turns instead of riding in one exchange, and
/// that an event ends with the first loss.
public struct ConnectionModel: Sendable {
    public private(set) var parameters: ConnectionParameters
    /// Messages taken and not arrived, by the end that sends.
    public private(set) var inFlight = (0, 0)
    /// As the kernel's send buffer and the receiver's credits allow.
    public var inFlightMax = 64
    /// Part of the events that either adapter misses for other connections.
    public var missedPart = 0.0

    /// ln of the probability that one bit is right, from the central and from the peripheral.
    private var bitLogarithms = (0.0, 0.0)
    private var emptySuccess = (1.0, 1.0)
    /// That neither interference nor the plan's random loss takes a packet.
    private var packetSuccess = 1.0

    /// The last event that carried data, and where the next exchange of it could begin.
    private var eventIndex: Int64 = -1
    private var nextMicroseconds: Int64 = 0
    private var unitsInEvent = 0
    private var isClosed = true
    private var lastSuccessMicroseconds: Int64

    private var upkeepMicroseconds: Int64
    private var eventsWithData: Int64 = 0

    /// The first and the following K-frames of a message, in bytes of payload.
    static let firstFrameBytesMax = Airtime.dataUnitBytesMax - 6
    static let nextFrameBytesMax = Airtime.dataUnitBytesMax - 4

    public init(_ parameters: ConnectionParameters) {
        self.parameters = parameters
        lastSuccessMicroseconds = parameters.anchorMicroseconds
        upkeepMicroseconds = parameters.anchorMicroseconds
    }

    /// What arrives at each side of what the other sends: minus infinity if nothing does. Messages on their way keep the
    /// times they were told.
    public mutating func setPower(
        atPeripheralDBm: Double, atCentralDBm: Double, errors: FrameErrors, frameLoss: Double
    ) {
        bitLogarithms = (errors.bitLogarithm(powerDBm: atPeripheralDBm), errors.bitLogarithm(powerDBm: atCentralDBm))
        packetSuccess = (1 - errors.interference) * (1 - min(max(frameLoss, 0), 1))
        emptySuccess = (
            success(payloadBytes: 0, bitLogarithms.0), success(payloadBytes: 0, bitLogarithms.1)
        )
    }

    private func success(payloadBytes: Int, _ bitLogarithm: Double) -> Double {
        packetSuccess * Mathematics.exponential(FrameErrors.bits(payloadBytes: payloadBytes) * bitLogarithm)
    }

    // MARK: Messages

    public func isBlocked(from end: ConnectionEnd) -> Bool {
        (end == .central ? inFlight.0 : inFlight.1) >= inFlightMax
    }

    /// A message has arrived: there is room for another one from that side.
    public mutating func arrived(from end: ConnectionEnd) {
        if end == .central { inFlight.0 = max(inFlight.0 - 1, 0) } else { inFlight.1 = max(inFlight.1 - 1, 0) }
    }

    /// Takes a message, which goes after those taken before; nil if that side is blocked.
    public mutating func send(
        bytes: Int, from end: ConnectionEnd, now: Int64, random: inout RandomStream
    ) -> Transfer? {
        guard !isBlocked(from: end) else { return nil }
        if end == .central { inFlight.0 += 1 } else { inFlight.1 += 1 }
        var transfer = Transfer()
        var left = max(bytes, 0)
        var (room, header) = (Self.firstFrameBytesMax, 6)
        var time = now
        repeat {
            let part = min(left, room)
            transfer.parts += 1
            guard sendUnit(part + header, end, &time, &transfer, &random) else {
                transfer.arrives = false
                transfer.timeMicroseconds = lastSuccessMicroseconds + parameters.supervisionTimeoutMicroseconds
                return transfer
            }
            left -= part
            (room, header) = (Self.nextFrameBytesMax, 4)
        } while left > 0
        transfer.timeMicroseconds = time
        return transfer
    }

    /// One data PDU until it is acknowledged. `time` is when it may begin, and then when it has arrived; false if the
    /// connection ends before.
    private mutating func sendUnit(
        _ bytes: Int, _ end: ConnectionEnd, _ time: inout Int64, _ transfer: inout Transfer,
        _ random: inout RandomStream
    ) -> Bool {
        let data = Airtime.dataUnitMicroseconds(bytes: bytes)
        let empty = Airtime.emptyUnitMicroseconds
        let gap = Airtime.interFrameMicroseconds
        let isCentral = end == .central
        let dataSuccess = success(payloadBytes: bytes, isCentral ? bitLogarithms.0 : bitLogarithms.1)
        let otherSuccess = isCentral ? emptySuccess.1 : emptySuccess.0
        var hasArrived = false
        var earliest = time
        while true {
            guard var start = nextExchange(from: earliest, end, data + empty + 2 * gap, &random) else { return false }
            let begin = start
            earliest = start
            if !isCentral {
                transfer.receiverMicroseconds += empty
                guard random.chance(otherSuccess) else {
                    isClosed = true
                    continue
                }
                start += empty + gap
            }
            transfer.senderMicroseconds += data
            transfer.units += 1
            guard random.chance(dataSuccess) else {
                isClosed = true
                continue
            }
            if !hasArrived { (hasArrived, time) = (true, start + data) }
            lastSuccessMicroseconds = max(lastSuccessMicroseconds, start + data)
            if isCentral { transfer.receiverMicroseconds += empty }
            nextMicroseconds = begin + data + empty + 2 * gap
            if random.chance(otherSuccess) { return true }
            isClosed = true
        }
    }

    /// Begin of the next exchange of this length at or after `earliest`; nil if the connection ends before.
    private mutating func nextExchange(
        from earliest: Int64, _ end: ConnectionEnd, _ length: Int64, _ random: inout RandomStream
    ) -> Int64? {
        let interval = parameters.intervalMicroseconds
        let eventEnd = parameters.anchorMicroseconds + (eventIndex + 1) * interval
        if !isClosed, nextMicroseconds >= earliest, unitsInEvent < parameters.unitsPerEventMax,
            nextMicroseconds + length <= eventEnd
        {
            unitsInEvent += 1
            return nextMicroseconds
        }
        var index = max(eventIndex + 1, parameters.eventIndex(earliest))
        let latency = Int64(parameters.peripheralLatency)
        if latency > 0, end == .central, !isClosed, eventIndex >= 0 {
            // A peripheral that owes nothing sleeps, and wakes at every so many events after the last one with data.
            let since = index - eventIndex
            index = eventIndex + (since + latency) / (latency + 1) * (latency + 1)
        }
        let last = index + parameters.eventsToTimeout
        while missedPart > 0, index < last, random.chance(missedPart) { index += 1 }
        let begin = parameters.anchorMicroseconds + index * interval
        // While nothing is sent, empty PDUs keep the connection up: `nextLoss` answers for that.
        let quiet = eventIndex < 0 || !isClosed ? parameters.anchorMicroseconds + (index - 1) * interval : 0
        lastSuccessMicroseconds = max(lastSuccessMicroseconds, quiet)
        guard begin - lastSuccessMicroseconds <= parameters.supervisionTimeoutMicroseconds else { return nil }
        (eventIndex, unitsInEvent, isClosed) = (index, 1, false)
        nextMicroseconds = begin
        eventsWithData += 1
        return begin
    }
}

// MARK: - Upkeep and loss

extension ConnectionModel {
    /// Time on the air of both sides for events without data since it was last asked, and not for those with data, whose
    /// acknowledgements count with their transfers.
    public mutating func takeUpkeep(until: Int64) -> (centralMicroseconds: Int64, peripheralMicroseconds: Int64) {
        let all = parameters.events(from: upkeepMicroseconds, until: until)
        upkeepMicroseconds = max(upkeepMicroseconds, until)
        let displaced = min(eventsWithData, all)
        eventsWithData -= displaced
        let served = Int64((Double(all - displaced) * (1 - missedPart)).rounded())
        let answered = served / Int64(parameters.peripheralLatency + 1)
        return (served * Airtime.emptyUnitMicroseconds, answered * Airtime.emptyUnitMicroseconds)
    }

    /// Probability that an event fails for the central, which is the first to give up: its packet or the answer is lost,
    /// or an adapter misses it.
    public var eventFailure: Double { 1 - (1 - missedPart) * emptySuccess.0 * emptySuccess.1 }

    /// Mean time until as many events in a row fail as end the connection: (f^-n - 1) / (1 - f) events (Feller, An
    /// Introduction to Probability Theory, volume 1, XIII.7).
    public var meanLifetimeMicroseconds: Double {
        let failure = eventFailure
        let needed = Double(parameters.eventsToTimeout)
        let interval = Double(parameters.intervalMicroseconds)
        guard failure > 0 else { return .infinity }
        guard failure < 1 else { return needed * interval }
        let power = Mathematics.exponential(-needed * Mathematics.naturalLogarithm(failure))
        return (power - 1) / (1 - failure) * interval
    }

    /// Draws when the supervision timeout ends the connection if its conditions stay as they are; nil if not within
    /// 2^62 us. The time of a first run of failures is geometric but for the run itself, so that one may draw again
    /// whenever conditions change.
    public func nextLoss(after now: Int64, random: inout RandomStream) -> Int64? {
        let run = Double(parameters.eventsToTimeout * parameters.intervalMicroseconds)
        let mean = meanLifetimeMicroseconds
        guard mean < 0x1p80 else { return nil }
        let wait = run + random.exponential(mean: max(mean - run, 0))
        return wait < 0x1p62 ? now + Int64(wait) : nil
    }
}
