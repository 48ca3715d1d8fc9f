/// What a packet holds for its owner alone: the plaintext that the first bridge seals. The service data is borrowed.
///
/// Layout: address type 1, address 6 as printed, time heard 4, length of the service data 1, service data, zeros,
/// in all 40 bytes if the service data has at most 28, else 145.
@frozen public struct HeardEvent {
    public var addressKind: AddressKind
    /// The six bytes in the low 48 bits: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public var address: UInt64
    public var timeHeard: WallTime
    /// What follows the UUID 0xFCD2 in the advertisement.
    public var serviceData: UnsafeRawBufferPointer

    public static let bytesBeforeServiceData = 12
    public static let serviceDataMax = PacketLayout.bytesPlaintextLarge - bytesBeforeServiceData
    static let serviceDataSmallMax = PacketLayout.bytesPlaintextSmall - bytesBeforeServiceData

    public init(
        addressKind: AddressKind, address: UInt64, timeHeard: WallTime, serviceData: UnsafeRawBufferPointer
    ) {
        self.addressKind = addressKind
        self.address = address & 0xffff_ffff_ffff
        self.timeHeard = timeHeard
        self.serviceData = serviceData
    }

    /// The bytes of the padded plaintext, 40 or 145. Throws `tooLong` over 133 bytes of service data.
    public static func bytesPadded(serviceDataBytes: Int) throws(WireError) -> Int {
        guard serviceDataBytes >= 0, serviceDataBytes <= serviceDataMax else { throw .tooLong }
        return serviceDataBytes <= serviceDataSmallMax
            ? PacketLayout.bytesPlaintextSmall : PacketLayout.bytesPlaintextLarge
    }

    /// Reads an opened plaintext. Throws `wrongLength` unless it has the size that its service data asks for,
    /// `valueOutOfRange` for an unknown address type or padding that is not zero.
    public init(_ plaintext: UnsafeRawBufferPointer) throws(WireError) {
        guard plaintext.count == PacketLayout.bytesPlaintextSmall || plaintext.count == PacketLayout.bytesPlaintextLarge
        else { throw .wrongLength }
        var reader = ByteReader(plaintext)
        guard let kind = AddressKind(rawValue: try reader.integer()) else { throw .valueOutOfRange }
        let high = UInt64(UInt16(bigEndian: try reader.bytes(2).loadUnaligned(as: UInt16.self)))
        let low = UInt64(UInt32(bigEndian: try reader.bytes(4).loadUnaligned(as: UInt32.self)))
        let time = WallTime(seconds: try reader.integer())
        let length = Int(try reader.integer(UInt8.self))
        guard length <= Self.serviceDataMax, try Self.bytesPadded(serviceDataBytes: length) == plaintext.count else {
            throw .wrongLength
        }
        let data = try reader.bytes(length)
        for byte in try reader.bytes(reader.remaining) where byte != 0 { throw .valueOutOfRange }
        self.init(addressKind: kind, address: high << 32 | low, timeHeard: time, serviceData: data)
    }

    /// Writes the padded plaintext to the start of `target`. Returns its bytes, 40 or 145. Throws `tooLong`, `noRoom`.
    public func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        let count = try Self.bytesPadded(serviceDataBytes: serviceData.count)
        guard target.count >= count else { throw .noRoom }
        var writer = ByteWriter(target)
        try writer.integer(addressKind.rawValue)
        try writer.integer(UInt16(truncatingIfNeeded: address >> 32).byteSwapped)
        try writer.integer(UInt32(truncatingIfNeeded: address).byteSwapped)
        try writer.integer(timeHeard.seconds)
        try writer.integer(UInt8(serviceData.count))
        try writer.bytes(serviceData)
        try writer.zeros(count - writer.count)
        return count
    }
}
