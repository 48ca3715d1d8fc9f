/// Finds and makes the part of an advertisement that BTHome uses.
///
/// Advertising data is a row of structures: a byte of length, a byte of type, then length - 1 bytes (Bluetooth Core,
/// Vol 3 Part C, 11). BTHome's has the type 16, service data with a UUID of 16 bits, and the UUID FCD2.
public enum BTHomeAdvertisement {
    /// Where the service data lies, behind the UUID, in raw advertising data; nil if there is none. Takes any bytes and
    /// allocates nothing. The first such structure counts; a structure that runs past the end, ends the search.
    @inlinable
    public static func find(in advertisingData: UnsafeRawBufferPointer) -> Range<Int>? {
        var position = 0
        while position < advertisingData.count {
            let length = Int(advertisingData[position])
            let start = position &+ 1
            let end = start &+ length
            // A length of zero marks the rest as padding.
            guard length > 0, end <= advertisingData.count else { return nil }
            if length >= 3, advertisingData[start] == 0x16, advertisingData[start &+ 1] == 0xD2,
                advertisingData[start &+ 2] == 0xFC
            {
                return start &+ 3..<end
            }
            position = end
        }
        return nil
    }

    /// Most bytes of service data that one structure holds: 255 less type and UUID.
    public static let serviceDataBytesMax = 252

    /// A whole advertisement: flags `020106`, then the service data.
    public static func bytes(serviceData: [UInt8]) throws(BTHomeError) -> [UInt8] {
        guard serviceData.count <= serviceDataBytesMax else { throw .tooLong }
        return [0x02, 0x01, 0x06, UInt8(serviceData.count + 3), 0x16, 0xD2, 0xFC] + serviceData
    }
}
