import RadioInterface
import Wire

/// One advertisement on its way to one hearer: what is sent to the datagram socket `NAME.air`.
///
/// | offset | bytes | what |
/// |---|---|---|
/// | 0 | 1 | 0x53 |
/// | 1 | 1 | version, 1 |
/// | 2 | 1 | bit 0: connectable; bit 1: the address is random; others 0 |
/// | 3 | 1 | signal at the hearer in dBm, signed |
/// | 4 | 2 | delay in ms before it is heard, little-endian |
/// | 6 | 6 | address, in the order it is printed |
/// | 12 | 1 | n, bytes of the sender's name, 1 to 32 |
/// | 13 | n | the sender's name |
/// | 13 + n | 0 to 229 | advertising data |
///
/// The sender applies the street: it leaves hearers out, drops what is lost, and fills in signal and delay.
struct AirDatagram {
    static let headerBytes = 13
    static let dataBytesMax = 229
    static let bytesMax = headerBytes + AirName.bytesMax + dataBytesMax

    var isConnectable: Bool
    var signalDBm: Int8
    var delayMilliseconds: UInt16
    var address: RadioAddress
    var name: UnsafeRawBufferPointer
    var data: UnsafeRawBufferPointer

    /// Returns nil for what is no datagram of this version. Views `bytes`.
    init?(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count > AirDatagram.headerBytes, bytes.count <= AirDatagram.bytesMax,
            bytes[0] == 0x53, bytes[1] == 1, bytes[2] & ~3 == 0
        else { return nil }
        let nameEnd = AirDatagram.headerBytes &+ Int(bytes[12])
        guard nameEnd <= bytes.count, bytes.count &- nameEnd <= AirDatagram.dataBytesMax else { return nil }
        name = UnsafeRawBufferPointer(rebasing: bytes[AirDatagram.headerBytes..<nameEnd])
        guard AirName.isName(name),
            let address = RadioAddress(
                bytesAsPrinted: UnsafeRawBufferPointer(rebasing: bytes[6..<12]),
                kind: bytes[2] & 2 == 0 ? .public : .random)
        else { return nil }
        self.address = address
        isConnectable = bytes[2] & 1 != 0
        signalDBm = Int8(bitPattern: bytes[3])
        delayMilliseconds = UInt16(bytes[4]) | UInt16(bytes[5]) << 8
        data = UnsafeRawBufferPointer(rebasing: bytes[nameEnd...])
    }

    /// Makes an encoded datagram one for a hearer at the end of `path`.
    static func fill(_ datagram: inout [UInt8], with path: AirPath) {
        guard datagram.count >= headerBytes else { return }
        datagram[3] = UInt8(bitPattern: path.signalDBm)
        datagram[4] = UInt8(truncatingIfNeeded: path.delayMilliseconds)
        datagram[5] = UInt8(path.delayMilliseconds >> 8)
    }

    /// The datagram for a hearer at the end of `path`. `data` is at most 229 bytes.
    static func encode(
        from name: AirName, _ address: RadioAddress, isConnectable: Bool, path: AirPath, data: some Collection<UInt8>
    ) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(headerBytes + name.text.utf8.count + data.count)
        bytes += [0x53, 1, (isConnectable ? 1 : 0) | (address.kind == .random ? 2 : 0)]
        bytes += [UInt8(bitPattern: path.signalDBm)]
        bytes += [UInt8(truncatingIfNeeded: path.delayMilliseconds), UInt8(path.delayMilliseconds >> 8)]
        for index in 0..<6 { bytes.append(address[index]) }
        bytes.append(UInt8(truncatingIfNeeded: name.text.utf8.count))
        bytes += name.text.utf8
        bytes += data.prefix(dataBytesMax)
        return bytes
    }
}
