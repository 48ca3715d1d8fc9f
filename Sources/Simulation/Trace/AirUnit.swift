import Wire

/// One link-layer PDU on the air: what a sniffer writes down.
struct AirUnit {
    var timeMicroseconds: Int64
    /// 0 to 39: 2,402 MHz and 2 MHz more for each.
    var radioChannel: UInt8
    var accessAddress: UInt32
    var crcStart: UInt32
    var direction: Direction
    /// Header and payload.
    var bytes: [UInt8]

    /// The bits of the pseudo-header's flags that say what sort of PDU it is.
    enum Direction: UInt16 {
        case advertising = 0
        case fromCentral = 0x0100
        case fromPeripheral = 0x0180
    }

    static let advertisingAccessAddress: UInt32 = 0x8e89_bed6
    /// Between two PDUs of one exchange (Vol 6 Part B, 4.1.1).
    static let interFrameMicroseconds: Int64 = 150

    /// At 1 Mbit/s: preamble, access address, what is there, CRC.
    var airtimeMicroseconds: Int64 { Int64(8 * (1 + 4 + bytes.count + 3)) }

    /// As LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR has it: dewhitened, its reference address valid, its CRC checked and valid.
    var captured: [UInt8] {
        let flags: UInt16 = 0x0001 | 0x0010 | 0x0400 | 0x0800
        var result: [UInt8] = [radioChannel, 0, 0, 0]
        result.appendLittleEndian(accessAddress)
        result.appendLittleEndian(flags | direction.rawValue)
        result.appendLittleEndian(accessAddress)
        result += bytes
        result.appendLittleEndian(UInt64(LinkLayerCRC.value(of: bytes, start: crcStart)), bytes: 3)
        return result
    }

    /// The radio channel of a channel index: 37, 38 and 39 lie between and around the others (Vol 6 Part B, 1.4.1).
    static func radioChannel(ofIndex index: Int) -> UInt8 {
        switch index {
        case 37: 0
        case 38: 12
        case 39: 39
        case ...10: UInt8(truncatingIfNeeded: index + 1)
        default: UInt8(truncatingIfNeeded: index + 2)
        }
    }

    /// The PDU of an advertising event on one of the advertising channels.
    static func advertising(
        _ type: UInt8, at time: Int64, channelIndex: Int, sender: RadioAddress, target: RadioAddress? = nil,
        payload: [UInt8]
    ) -> AirUnit {
        let senderBit: UInt8 = sender.kind == .random ? 0x40 : 0
        let targetBit: UInt8 = target?.kind == .random ? 0x80 : 0
        return AirUnit(
            timeMicroseconds: time, radioChannel: radioChannel(ofIndex: channelIndex),
            accessAddress: advertisingAccessAddress, crcStart: LinkLayerCRC.advertisingStart, direction: .advertising,
            bytes: [type | senderBit | targetBit, UInt8(truncatingIfNeeded: payload.count)] + payload)
    }
}
