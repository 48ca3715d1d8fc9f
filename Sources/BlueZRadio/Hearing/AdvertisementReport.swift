import Wire

/// An advertisement that the kernel heard, in place, by whichever tier: Device Found, Adv Monitor Device Found, or Mesh
/// Device Found (doc/mgmt-api.txt of BlueZ).
///
/// Address 6 and its kind 1, signal 1, flags 4 are in each. A monitor's handle of 2 goes before them, the time 8 of a mesh
/// report after them; then come the data's length 2 and the data.
@frozen public struct AdvertisementReport {
    /// As much as one extended advertisement carries in one piece.
    public static let dataBytesMax = 229
    /// A signal that the controller did not measure (Bluetooth Core 4.E.7.7.65.2) counts as a weak one.
    private static let signalUnknown: Int8 = 127
    private static let signalWeak: Int8 = -100

    public let address: RadioAddress
    public let signalDBm: Int8
    public let data: UnsafeRawBufferPointer

    /// Nil if `packet` is another event, or not from Bluetooth LE. Throws `tooShort`, `tooLong`, `addressKindUnknown`.
    public init?(_ packet: ManagementPacket) throws(ManagementError) {
        guard let start = Self.addressOffset(packet.code) else { return nil }
        let bytes = packet.parameters
        let lengthOffset = packet.code == ManagementEvent.meshDeviceFound ? 20 : start &+ 12
        guard bytes.count >= lengthOffset &+ 2 else { throw .tooShort }
        let length = Int(bytes.integer(at: lengthOffset, as: UInt16.self))
        let present = bytes.count &- lengthOffset &- 2
        guard present >= length else { throw .tooShort }
        guard present == length else { throw .tooLong }
        switch bytes[start &+ 6] {
        case 0: return nil
        case 1: address = RadioAddress(value: bytes.address(at: start), kind: .public)
        case 2: address = RadioAddress(value: bytes.address(at: start), kind: .random)
        default: throw .addressKindUnknown
        }
        let signal = Int8(bitPattern: bytes[start &+ 7])
        signalDBm = signal == Self.signalUnknown ? Self.signalWeak : signal
        data = UnsafeRawBufferPointer(rebasing: bytes[(lengthOffset &+ 2)...])
    }

    @inline(__always) private static func addressOffset(_ code: UInt16) -> Int? {
        switch code {
        case ManagementEvent.deviceFound, ManagementEvent.meshDeviceFound: 0
        case ManagementEvent.monitorDeviceFound: 2
        default: nil
        }
    }
}
