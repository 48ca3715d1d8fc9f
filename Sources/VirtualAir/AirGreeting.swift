import RadioInterface
import Wire

/// The first message on a connection to `NAME.link`, from the side that connects. The other side answers with one
/// `AirAnswer`; after `accepted`, every message is a message of the channel as it is.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 1 | 0x53 |
/// | 1 | 1 | version, 1 |
/// | 2 | 1 | bit 0: the address asked for is random; bit 1: the own one is; others 0 |
/// | 3 | 6 | address asked for, in the order it is printed |
/// | 9 | 6 | own address |
/// | 15 | 1 to 32 | own name |
struct AirGreeting {
    static let headerBytes = 15
    static let bytesMax = headerBytes + AirName.bytesMax

    var to: RadioAddress
    var from: RadioAddress
    var name: AirName

    init(to: RadioAddress, from: RadioAddress, name: AirName) {
        self.to = to
        self.from = from
        self.name = name
    }

    /// Returns nil for what is no greeting of this version.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > AirGreeting.headerBytes, bytes.count <= AirGreeting.bytesMax,
            bytes[0] == 0x53, bytes[1] == 1, bytes[2] & ~3 == 0,
            let to = RadioAddress(
                bytesAsPrinted: UnsafeRawBufferPointer(rebasing: bytes[3..<9]),
                kind: bytes[2] & 1 == 0 ? .public : .random),
            let from = RadioAddress(
                bytesAsPrinted: UnsafeRawBufferPointer(rebasing: bytes[9..<15]),
                kind: bytes[2] & 2 == 0 ? .public : .random),
            let name = AirName(bytes: UnsafeRawBufferPointer(rebasing: bytes[AirGreeting.headerBytes...]))
        else { return nil }
        self.init(to: to, from: from, name: name)
    }

    var encoded: [UInt8] {
        var bytes: [UInt8] = [0x53, 1, (to.kind == .random ? 1 : 0) | (from.kind == .random ? 2 : 0)]
        for index in 0..<6 { bytes.append(to[index]) }
        for index in 0..<6 { bytes.append(from[index]) }
        return bytes + name.text.utf8
    }
}

/// The answer to a greeting: three bytes, 0x53, version 1, and this.
enum AirAnswer: UInt8 {
    case accepted = 0
    /// The channel table is full.
    case refused = 1
    /// Nobody here goes by that address, or not within hearing: as if nothing had answered.
    case absent = 2

    static let bytes = 3

    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count == AirAnswer.bytes, bytes[0] == 0x53, bytes[1] == 1 else { return nil }
        self.init(rawValue: bytes[2])
    }

    var encoded: [UInt8] { [0x53, 1, rawValue] }
}
