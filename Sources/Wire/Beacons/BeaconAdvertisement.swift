/// The advertisement that carries a beacon value: one structure of service data with a 128-bit UUID, 28 bytes.
public enum BeaconAdvertisement {
    public static let byteCount = 28
    /// Service data with a 128-bit UUID (Bluetooth Assigned Numbers, 2.3).
    static let structureType: UInt8 = 0x21
    /// ce62cb09-e529-46d2-afef-e708baaad48f, in the order in which it is sent.
    public static let uuid = Bytes16(low: 0xafef_e708_baaa_d48f, high: 0xce62_cb09_e529_46d2)

    /// Finds the beacon value in raw advertising data, which may be any bytes. Nil if there is none of version 1.
    /// A structure that runs over the end, or has no length, ends the search.
    public static func find(in advertisement: UnsafeRawBufferPointer) -> BeaconValue? {
        var start = 0
        while start < advertisement.count {
            let length = Int(advertisement[start])
            guard length > 0, length < advertisement.count - start else { return nil }
            let structure = UnsafeRawBufferPointer(rebasing: advertisement[(start + 1)...(start + length)])
            if let value = value(in: structure) { return value }
            start += 1 + length
        }
        return nil
    }

    /// Finds the beacon value in the service data of `uuid`, as radios that take advertisements apart report it.
    public static func value(inServiceData data: UnsafeRawBufferPointer) -> BeaconValue? {
        do throws(WireError) { return try BeaconValue(data) } catch { return nil }
    }

    /// Writes the 28 bytes to the start of `target`. Throws `noRoom`.
    public static func write(_ value: BeaconValue, into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int
    {
        var writer = ByteWriter(target)
        try writer.integer(UInt8(byteCount - 1))
        try writer.integer(structureType)
        try writer.fixed(uuid)
        try writer.fixed(value.bytes)
        return writer.count
    }

    private static func value(in structure: UnsafeRawBufferPointer) -> BeaconValue? {
        guard structure.count == byteCount - 1, structure[0] == structureType,
            Bytes16(UnsafeRawBufferPointer(rebasing: structure[1..<17])) == uuid
        else { return nil }
        return value(inServiceData: UnsafeRawBufferPointer(rebasing: structure[17...]))
    }
}

extension Bytes16 {
    /// The value whose bytes are those of `low` and then of `high`, both little endian.
    init(low: UInt64, high: UInt64) {
        self.init()
        for index in 0..<8 {
            self[index] = UInt8(truncatingIfNeeded: low >> UInt64(8 * index))
            self[8 + index] = UInt8(truncatingIfNeeded: high >> UInt64(8 * index))
        }
    }
}
