/// Blocks of a pcapng file (draft-ietf-opsawg-pcapng), little-endian, of one interface.
enum CaptureBlock {
    /// LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR.
    private static let linkType: UInt16 = 256

    /// Section header and interface description: the file's beginning.
    static func beginning(of name: String) -> [UInt8] {
        var header: [UInt8] = []
        header.appendLittleEndian(UInt32(0x1a2b_3c4d))
        header.appendLittleEndian(UInt16(1))
        header.appendLittleEndian(UInt16(0))
        header.appendLittleEndian(UInt64.max)
        // shb_userappl
        option(4, Array("sidegate simulate".utf8), in: &header)
        endOptions(in: &header)

        var interface: [UInt8] = []
        interface.appendLittleEndian(linkType)
        interface.appendLittleEndian(UInt16(0))
        interface.appendLittleEndian(UInt32(0))
        // if_name, if_description, if_tsresol: microseconds.
        option(2, Array("air".utf8), in: &interface)
        option(3, Array(name.utf8.prefix(1_000)), in: &interface)
        option(9, [6], in: &interface)
        endOptions(in: &interface)
        return block(0x0a0d_0d0a, header) + block(1, interface)
    }

    /// An enhanced packet block.
    static func packet(_ bytes: [UInt8], timeMicroseconds: UInt64) -> [UInt8] {
        var body: [UInt8] = []
        body.reserveCapacity(bytes.count + 24)
        body.appendLittleEndian(UInt32(0))
        body.appendLittleEndian(UInt32(truncatingIfNeeded: timeMicroseconds >> 32))
        body.appendLittleEndian(UInt32(truncatingIfNeeded: timeMicroseconds))
        body.appendLittleEndian(UInt32(bytes.count))
        body.appendLittleEndian(UInt32(bytes.count))
        append(padded: bytes, to: &body)
        return block(6, body)
    }

    private static func block(_ type: UInt32, _ body: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(body.count + 12)
        bytes.appendLittleEndian(type)
        bytes.appendLittleEndian(UInt32(body.count + 12))
        bytes += body
        bytes.appendLittleEndian(UInt32(body.count + 12))
        return bytes
    }

    private static func option(_ code: UInt16, _ value: [UInt8], in bytes: inout [UInt8]) {
        bytes.appendLittleEndian(code)
        bytes.appendLittleEndian(UInt16(value.count))
        append(padded: value, to: &bytes)
    }

    private static func endOptions(in bytes: inout [UInt8]) { bytes.appendLittleEndian(UInt32(0)) }

    private static func append(padded value: [UInt8], to bytes: inout [UInt8]) {
        bytes += value
        while bytes.count % 4 != 0 { bytes.append(0) }
    }
}
