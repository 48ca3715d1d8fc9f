/// Whether a device's Bluetooth address was assigned by the IEEE or drawn by the device.
@frozen public enum AddressKind: UInt8, Hashable, Sendable, CaseIterable {
    case `public` = 0
    case random = 1
}
