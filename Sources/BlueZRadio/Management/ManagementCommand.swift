/// A command to the kernel's management interface. The layouts are those of doc/mgmt-api.txt of BlueZ.
struct ManagementCommand: Hashable, Sendable {
    let opcode: ManagementOpcode
    let index: UInt16
    let parameters: [UInt8]

    init(_ opcode: ManagementOpcode, _ index: UInt16, _ parameters: [UInt8] = []) {
        self.opcode = opcode
        self.index = index
        self.parameters = parameters
    }

    /// The packet as it is sent: header and parameters.
    var encoded: [UInt8] {
        littleEndian(opcode.rawValue) + littleEndian(index) + littleEndian(UInt16(truncatingIfNeeded: parameters.count))
            + parameters
    }

    static let readVersion = ManagementCommand(.readVersion, ManagementPacket.indexNone)
    static let readIndexList = ManagementCommand(.readIndexList, ManagementPacket.indexNone)

    static func readInfo(_ index: UInt16) -> ManagementCommand { ManagementCommand(.readInfo, index) }
    static func setPowered(_ index: UInt16, isOn: Bool) -> ManagementCommand {
        ManagementCommand(.setPowered, index, [isOn ? 1 : 0])
    }
    static func setLowEnergy(_ index: UInt16) -> ManagementCommand { ManagementCommand(.setLowEnergy, index, [1]) }

    static func getConnections(_ index: UInt16) -> ManagementCommand { ManagementCommand(.getConnections, index) }

    // MARK: Hearing

    /// Bit 1: public addresses of LE, bit 2: random ones.
    static let discoveryLowEnergy: UInt8 = 0x06
    /// What the kernel takes the mesh receiver for, before anybody has discovered.
    static let discoveryNone: UInt8 = 0x00

    static func startDiscovery(_ index: UInt16) -> ManagementCommand {
        ManagementCommand(.startDiscovery, index, [discoveryLowEnergy])
    }
    static func stopDiscovery(_ index: UInt16, type: UInt8 = discoveryLowEnergy) -> ManagementCommand {
        ManagementCommand(.stopDiscovery, index, [type])
    }

    /// 2ce463d7-7a03-4d8d-bf05-5f24e8f36e76, in the order in which it is sent.
    static let meshFeature: [UInt8] = [
        0x76, 0x6e, 0xf3, 0xe8, 0x24, 0x5f, 0x05, 0xbf, 0x8d, 0x4d, 0x03, 0x7a, 0xd7, 0x63, 0xe4, 0x2c,
    ]

    static func enableMeshFeature(_ index: UInt16) -> ManagementCommand {
        ManagementCommand(.setExperimentalFeature, index, meshFeature + [1])
    }

    /// Interval and window of 30 ms: passive, all the time. Only service data comes through, under 16 and 128-bit UUIDs.
    static func setMeshReceiver(_ index: UInt16, isOn: Bool) -> ManagementCommand {
        let types = isOn ? [InterestFilter.serviceData16, InterestFilter.serviceData128] : []
        return ManagementCommand(
            .setMeshReceiver, index,
            [isOn ? 1 : 0] + littleEndian(UInt16(0x30)) + littleEndian(UInt16(0x30)) + [UInt8(types.count)] + types)
    }

    /// A monitor that any of two patterns satisfies: BTHome, and the beacons of bridges.
    static func addPatternMonitor(_ index: UInt16) -> ManagementCommand {
        ManagementCommand(
            .addPatternMonitor, index,
            [2] + pattern(InterestFilter.serviceData16, InterestFilter.bthomeIdentifier)
                + pattern(InterestFilter.serviceData128, InterestFilter.beaconIdentifier))
    }

    static func removeMonitor(_ index: UInt16, handle: UInt16) -> ManagementCommand {
        ManagementCommand(.removeMonitor, index, littleEndian(handle))
    }

    /// AD type 1, offset in its data 1, length 1, value 31.
    private static func pattern(_ type: UInt8, _ value: [UInt8]) -> [UInt8] {
        [type, 0, UInt8(truncatingIfNeeded: value.count)] + value
            + [UInt8](repeating: 0, count: max(0, 31 - value.count))
    }

    // MARK: Beacons

    static func readAdvertisingFeatures(_ index: UInt16) -> ManagementCommand {
        ManagementCommand(.readAdvertisingFeatures, index)
    }

    private static let flagConnectable: UInt32 = 1 << 0
    private static let flagTimeout: UInt32 = 1 << 13
    private static let flagInterval: UInt32 = 1 << 14

    /// Connectable, for `seconds`: whatever becomes of this process, the kernel ends it then.
    /// Instance 1, flags 4, duration 2, timeout 2, lengths of data and scan response 1 each, data.
    static func addAdvertising(_ index: UInt16, instance: UInt8, seconds: UInt16, data: [UInt8]) -> ManagementCommand {
        ManagementCommand(
            .addAdvertising, index,
            [instance] + littleEndian(flagConnectable) + littleEndian(UInt16(0)) + littleEndian(seconds)
                + [UInt8(truncatingIfNeeded: data.count), 0] + data)
    }

    /// The same in two steps, with an interval of 100 to 150 ms.
    /// Instance 1, flags 4, duration 2, timeout 2, shortest and longest interval in 0.625 ms 4 each, transmit power 1.
    static func addAdvertisingParameters(_ index: UInt16, instance: UInt8, seconds: UInt16) -> ManagementCommand {
        ManagementCommand(
            .addAdvertisingParameters, index,
            [instance] + littleEndian(flagConnectable | flagTimeout | flagInterval) + littleEndian(UInt16(0))
                + littleEndian(seconds) + littleEndian(UInt32(160)) + littleEndian(UInt32(240)) + [0])
    }

    /// Instance 1, lengths of data and scan response 1 each, data.
    static func addAdvertisingData(_ index: UInt16, instance: UInt8, data: [UInt8]) -> ManagementCommand {
        ManagementCommand(
            .addAdvertisingData, index, [instance, UInt8(truncatingIfNeeded: data.count), 0] + data)
    }

    static func removeAdvertising(_ index: UInt16, instance: UInt8) -> ManagementCommand {
        ManagementCommand(.removeAdvertising, index, [instance])
    }
}

func littleEndian<Value: FixedWidthInteger>(_ value: Value) -> [UInt8] {
    withUnsafeBytes(of: value.littleEndian) { Array($0) }
}
