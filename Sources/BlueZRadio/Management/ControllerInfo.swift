import Wire

/// What a controller can do or has on (doc/mgmt-api.txt of BlueZ, "Read Controller Information").
struct ControllerSettings: OptionSet, Hashable, Sendable {
    let rawValue: UInt32

    static let powered = ControllerSettings(rawValue: 1 << 0)
    static let classic = ControllerSettings(rawValue: 1 << 7)
    static let lowEnergy = ControllerSettings(rawValue: 1 << 9)
    static let privacy = ControllerSettings(rawValue: 1 << 13)

    /// It works, for all that a bridge wants of it.
    var isOn: Bool { isSuperset(of: [.powered, .lowEnergy]) }
}

/// The answer to Read Controller Information, as far as it is used.
struct ControllerInfo: Hashable, Sendable {
    /// Address 6, version 1, manufacturer 2, supported 4, current 4, and what follows.
    static let byteCount = 280

    let address: RadioAddress
    let supported: ControllerSettings
    let current: ControllerSettings

    /// All zero, the kernel has found no public address in it.
    var hasAddress: Bool { address.value != 0 }
    /// A bridge can use it, once it is on: links need an address.
    var isFit: Bool { supported.contains(.lowEnergy) && hasAddress }

    /// Throws `tooShort`.
    init(_ bytes: UnsafeRawBufferPointer) throws(ManagementError) {
        guard bytes.count >= Self.byteCount else { throw .tooShort }
        address = RadioAddress(value: bytes.address(at: 0), kind: .public)
        supported = ControllerSettings(rawValue: bytes.integer(at: 9))
        current = ControllerSettings(rawValue: bytes.integer(at: 13))
    }
}

/// The answer to Read Advertising Features, as far as it is used.
struct AdvertisingFeatures: Hashable, Sendable {
    let instancesMax: UInt8
    /// Instances in use, by whomever.
    let instances: [UInt8]

    /// Supported flags 4, longest data 1, longest scan response 1, most instances 1, instances 1 and one byte each.
    /// Throws `tooShort`.
    init(_ bytes: UnsafeRawBufferPointer) throws(ManagementError) {
        guard bytes.count >= 8, bytes.count &- 8 >= Int(bytes[7]) else { throw .tooShort }
        instancesMax = bytes[6]
        instances = Array(bytes[8..<(8 + Int(bytes[7]))])
    }
}

extension UnsafeRawBufferPointer {
    /// The six bytes of an address at `offset`, which the caller has checked to be inside.
    @inline(__always) func address(at offset: Int) -> UInt64 {
        UInt64(integer(at: offset, as: UInt32.self)) | UInt64(integer(at: offset &+ 4, as: UInt16.self)) << 32
    }
}
