/// Meshtastic's published relay policy, re-implemented to compare with (firmware 2.x: `FloodingRouter.cpp`,
/// `RadioInterface.cpp`; meshtastic.org, Mesh Broadcast Algorithm): who hears a packet for the first time relays it after
/// a random number of slots out of a window that is the smaller the weaker it was heard, so that far nodes go first, and
/// lets it be if it hears another one relay it meanwhile. At most `hopLimit` relays pass it on.
///
/// LoRa's airtime is not compared: packets go as extended advertisements of the same Bluetooth radio, which has no way to
/// sense a carrier before it sends. Slots keep the part that is fixed on LoRa (7.6 ms for turn-around, propagation and
/// processing), and the signal-to-noise ratios of -20 to 10 dB that span the window there are taken from the sensitivity
/// up. As with managed flooding, of all houses that hear a device only the first one sends its event.
public enum ContentionFlooding {
    public static let policy = "contention flooding"

    public struct Settings: Sendable, Equatable {
        /// Relays after the sender, 7 at most. Nil: 3, as it comes, or what the map needs across and two more.
        public var hopLimit: Int?
        /// Powers of two: slots to draw from.
        public var windowMin = 3
        public var windowMax = 8
        public var slotMicroseconds: Int64 = 7_600
        /// Packets that a node knows to have seen.
        public var historyEntries = 100
        /// Times that the sender sends in all until it hears somebody relay its packet, or the answer.
        public var sendsMax = 3
        public var processingMicroseconds: Int64 = 4_500_000
        /// Every house that hears a device sends its event, as houses would that know nothing of each other.
        public var isSentByAll = false

        public init() {}
    }

    /// Packet header; the frame of protocol buffers around the payload; which device it was.
    static let bytesHeader = 16
    static let bytesPayloadFrame = 4
    /// An answer's payload: the id of what it answers.
    static let bytesAnswer = 10

    static func hopLimit(_ settings: Settings, _ street: FloodStreet) -> Int {
        min(max(settings.hopLimit ?? max(street.hopsAcross() + 2, 3), 0), 7)
    }

    /// The window for a packet heard at this power: from `windowMin` at the sensitivity to `windowMax` 30 dB above it.
    static func window(dBm: Double, sensitivityDBm: Double, _ settings: Settings) -> Int {
        let above = min(max(dBm - sensitivityDBm, 0), 30)
        return settings.windowMin + Int(above * Double(settings.windowMax - settings.windowMin) / 30)
    }

    /// How long a relay waits: twice the greatest window for routers to go before, and a random number of slots.
    static func relayDelayMicroseconds(
        dBm: Double, sensitivityDBm: Double, _ settings: Settings, random: inout RandomStream
    ) -> Int64 {
        let slots = 1 << window(dBm: dBm, sensitivityDBm: sensitivityDBm, settings)
        return Int64(2 * settings.windowMax + random.number(below: slots)) * settings.slotMicroseconds
    }

    /// How long a sender waits for its packet to be relayed before it sends it again.
    static func retransmissionMicroseconds(airtimeMicroseconds: Int64, _ settings: Settings) -> Int64 {
        let slots =
            1 << settings.windowMin + 2 * settings.windowMax + 1 << ((settings.windowMax + settings.windowMin) / 2)
        return 2 * airtimeMicroseconds + Int64(slots) * settings.slotMicroseconds + settings.processingMicroseconds
    }

    static func run(
        _ scenario: Scenario, _ street: FloodStreet, seed: UInt64, settings: Settings = Settings(),
        isInterrupted: () -> Bool = { false }
    ) -> RunRecord {
        let run = ContentionFloodingRun(scenario, street, seed: seed, settings: settings)
        return run.run(isInterrupted: isInterrupted)
    }
}
