/// How long things take on the air, to the microsecond, as the Bluetooth Core Specification has it (version 5.4,
/// volume 6, part B: 2.1 and 2.2 for packet formats, 2.3 advertising, 2.4 data, 4.1.1 for T_IFS).
public enum Airtime {
    /// How bits are sent. Sidegate uses one megabit per second; the others are there to compare with.
    public enum Phy: Sendable, CaseIterable {
        case oneMegabit
        case twoMegabit
        /// Long range, two symbols a bit.
        case codedHalf
        /// Long range, eight symbols a bit.
        case codedEighth
    }

    /// Between two packets of one connection event or advertising event: T_IFS.
    public static let interFrameMicroseconds: Int64 = 150
    /// From the end of a CONNECT_IND to the transmit window (4.5.3).
    public static let transmitWindowDelayMicroseconds: Int64 = 1_250
    /// The most that an advertising event is put off by, drawn anew each time: advDelay (4.4.2.2.1).
    public static let advertisingDelayMaxMicroseconds: Int64 = 10_000
    /// From the end of an advertisement on one channel to the begin of the next one's. The specification allows up to
    /// 10 ms from begin to begin; controllers take as long as their radio needs to listen and to tune.
    public static let channelChangeMicroseconds: Int64 = 400

    public static let advertisingDataBytesMax = 31
    public static let dataUnitBytesMax = 251

    /// Of a packet with a PDU of a 2-byte header and `payloadBytes`.
    ///
    /// Uncoded: preamble (1 byte, 2 at two megabits), access address 4, header 2, payload, CRC 3. Coded: preamble 80 us,
    /// then access address, coding indicator and first terminator at eight symbols a bit (296 us), then PDU, CRC and
    /// the second terminator (3 bits).
    @inlinable public static func packetMicroseconds(payloadBytes: Int, phy: Phy = .oneMegabit) -> Int64 {
        let count = Int64(payloadBytes)
        return switch phy {
        case .oneMegabit: (10 + count) * 8
        case .twoMegabit: (11 + count) * 4
        case .codedHalf: 376 + ((2 + count) * 8 + 24 + 3) * 2
        case .codedEighth: 376 + ((2 + count) * 8 + 24 + 3) * 8
        }
    }

    /// ADV_IND, ADV_NONCONN_IND, ADV_SCAN_IND and SCAN_RSP with so many bytes of data: AdvA is 6.
    @inlinable public static func advertisementMicroseconds(dataBytes: Int) -> Int64 {
        packetMicroseconds(payloadBytes: 6 + dataBytes)
    }

    /// ScanA and AdvA.
    public static let scanRequestMicroseconds = packetMicroseconds(payloadBytes: 12)
    /// InitA, AdvA and LLData of 22 bytes.
    public static let connectRequestMicroseconds = packetMicroseconds(payloadBytes: 34)

    /// ADV_EXT_IND that points to an auxiliary packet: header length and flags 2, ADI 2, AuxPtr 3.
    public static func extendedPointerMicroseconds(phy: Phy = .oneMegabit) -> Int64 {
        packetMicroseconds(payloadBytes: 7, phy: phy)
    }

    /// AUX_ADV_IND: header length and flags 2, AdvA 6, ADI 2, data.
    public static func auxiliaryMicroseconds(dataBytes: Int, phy: Phy = .oneMegabit) -> Int64 {
        packetMicroseconds(payloadBytes: 10 + dataBytes, phy: phy)
    }

    /// A data PDU; without encryption by the link layer there is no MIC (Sidegate never pairs), with it 4 bytes.
    @inlinable public static func dataUnitMicroseconds(
        bytes: Int, isEncrypted: Bool = false, phy: Phy = .oneMegabit
    ) -> Int64 {
        packetMicroseconds(payloadBytes: isEncrypted && bytes > 0 ? bytes + 4 : bytes, phy: phy)
    }

    /// A data PDU with nothing in it: an acknowledgement, or a sign of life.
    public static let emptyUnitMicroseconds = packetMicroseconds(payloadBytes: 0)

    /// A connection event in which nobody has anything to say: two empty PDUs and T_IFS between them.
    public static let idleEventMicroseconds = 2 * emptyUnitMicroseconds + interFrameMicroseconds

    /// An advertising event on all three channels, from its first bit to its last.
    public static func advertisingEventMicroseconds(dataBytes: Int) -> Int64 {
        3 * advertisementMicroseconds(dataBytes: dataBytes) + 2 * channelChangeMicroseconds
    }
}
