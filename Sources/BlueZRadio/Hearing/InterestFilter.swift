import Wire

/// Tells what matters here from the rest of the street: BTHome service data, and the beacons of bridges.
public enum InterestFilter {
    /// Service data under a 16-bit UUID (Bluetooth Assigned Numbers, 2.3).
    static let serviceData16: UInt8 = 0x16
    /// Service data under a 128-bit UUID (Bluetooth Assigned Numbers, 2.3).
    static let serviceData128: UInt8 = 0x21
    /// 0xfcd2, in the order in which it is sent.
    static let bthomeIdentifier: [UInt8] = [0xd2, 0xfc]
    static let beaconIdentifier = BeaconAdvertisement.uuid.withUnsafeBytes { Array($0) }
    private static let beaconLow = BeaconAdvertisement.uuid.withUnsafeBytes { $0.integer(at: 0, as: UInt64.self) }
    private static let beaconHigh = BeaconAdvertisement.uuid.withUnsafeBytes { $0.integer(at: 8, as: UInt64.self) }

    /// Whether `data`, any bytes, holds such a structure (Bluetooth Core 3.C.11). One that runs over the end, or has no
    /// length, ends the search.
    public static func matters(_ data: UnsafeRawBufferPointer) -> Bool {
        guard data.count <= AdvertisementReport.dataBytesMax else { return false }
        var start = 0
        while start &+ 1 < data.count {
            let length = Int(data[start])
            guard length > 0, length < data.count &- start else { return false }
            if length >= 3 {
                let type = data[start &+ 1]
                if type == serviceData16 {
                    if data.integer(at: start &+ 2, as: UInt16.self) == 0xfcd2 { return true }
                } else if type == serviceData128, length >= 17, isBeacon(data, start &+ 2) {
                    return true
                }
            }
            start = start &+ 1 &+ length
        }
        return false
    }

    private static func isBeacon(_ data: UnsafeRawBufferPointer, _ offset: Int) -> Bool {
        data.integer(at: offset, as: UInt64.self) == beaconLow
            && data.integer(at: offset &+ 8, as: UInt64.self) == beaconHigh
    }
}
