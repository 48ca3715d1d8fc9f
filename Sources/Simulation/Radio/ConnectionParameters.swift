/// What two radios agree on for a connection (Core Specification, volume 6, part B, 4.5).
public struct ConnectionParameters: Sendable, Equatable {
    public var intervalMicroseconds: Int64
    /// Begin of the first connection event; one begins every interval after it.
    public var anchorMicroseconds: Int64
    public var peripheralLatency: Int
    public var supervisionTimeoutMicroseconds: Int64
    /// Data PDUs in one connection event: what an adapter has buffers for.
    public var unitsPerEventMax: Int

    public init(
        intervalMicroseconds: Int64, anchorMicroseconds: Int64, peripheralLatency: Int = 0,
        supervisionTimeoutMicroseconds: Int64 = 4_000_000, unitsPerEventMax: Int = 6
    ) {
        self.intervalMicroseconds = max(intervalMicroseconds, 1_250)
        self.anchorMicroseconds = anchorMicroseconds
        self.peripheralLatency = max(peripheralLatency, 0)
        self.supervisionTimeoutMicroseconds = max(supervisionTimeoutMicroseconds, 1_250)
        self.unitsPerEventMax = max(unitsPerEventMax, 1)
    }

    /// A connection whose CONNECT_IND ends at `requestedMicroseconds`. Its interval is drawn in steps of 1.25 ms, as
    /// Petersen et al. (CoNEXT 2021) advise, since connections with equal intervals stand in each other's way for good;
    /// its first event is anywhere in the transmit window, which is as wide as the interval.
    public init(_ plan: RadioPlan, requestedMicroseconds: Int64, random: inout RandomStream) {
        let step: Int64 = 1_250
        let lowest = max((plan.connectionIntervalMinMicroseconds + step - 1) / step, 1)
        let highest = max(plan.connectionIntervalMaxMicroseconds / step, lowest)
        let interval = (lowest + Int64(random.number(below: Int(highest - lowest) + 1))) * step
        let offset = Int64(random.number(below: Int(interval / step))) * step
        self.init(
            intervalMicroseconds: interval,
            anchorMicroseconds: requestedMicroseconds + Airtime.transmitWindowDelayMicroseconds + offset,
            peripheralLatency: plan.peripheralLatency,
            supervisionTimeoutMicroseconds: plan.supervisionTimeoutMicroseconds,
            unitsPerEventMax: plan.dataUnitsPerEventMax)
    }

    /// Connection events without a packet after which a side gives the connection up. A peripheral that has slept and
    /// then hears nothing listens at every event, so it misses its latency once.
    public var eventsToTimeout: Int64 {
        max(supervisionTimeoutMicroseconds / intervalMicroseconds - Int64(peripheralLatency), 1)
    }

    /// When the channel on it is up if no packet is lost: an event each for the data length, for the L2CAP request for a
    /// credit-based channel and for its answer (volume 6, part B, 5.1.9; volume 3, part A, 4.22).
    public var channelUpMicroseconds: Int64 { anchorMicroseconds + 3 * intervalMicroseconds }

    /// Connection events that begin within these times.
    public func events(from: Int64, until: Int64) -> Int64 { max(eventIndex(until) - eventIndex(from), 0) }

    /// Number of the first event that begins at or after this time.
    func eventIndex(_ time: Int64) -> Int64 {
        let since = time - anchorMicroseconds
        return since <= 0 ? 0 : (since + intervalMicroseconds - 1) / intervalMicroseconds
    }

    /// Part of a connection's events that an adapter misses because it serves another connection: two events overlap at
    /// random phases, and the later one gives way.
    public static func missedPart(otherIntervalsMicroseconds: [Int64]) -> Double {
        var kept = 1.0
        for interval in otherIntervalsMicroseconds {
            kept *= 1 - min(1, Double(Airtime.idleEventMicroseconds) / Double(max(interval, 1)))
        }
        return 1 - kept
    }
}
