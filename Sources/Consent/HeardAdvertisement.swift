import Wire

/// A BTHome advertisement as the filter judges it. The service data is borrowed.
public struct HeardAdvertisement {
    /// The shortest encrypted BTHome v2 service data: device information 1, counter 4, tag 4.
    static let serviceDataMin = 9

    public let addressKind: AddressKind
    /// The six bytes in the low 48 bits: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public let address: UInt64
    /// What follows the UUID 0xFCD2.
    public let serviceData: UnsafeRawBufferPointer

    public init(addressKind: AddressKind, address: UInt64, serviceData: UnsafeRawBufferPointer) {
        self.addressKind = addressKind
        self.address = address
        self.serviceData = serviceData
    }

    /// BTHome's version, the upper three bits of the first byte: 2.
    var isBTHome2: Bool { serviceData.first.map { $0 >> 5 == 2 } ?? false }
    /// Bit 0 of the first byte.
    var isEncrypted: Bool { serviceData.first.map { $0 & 1 == 1 } ?? false }
}
