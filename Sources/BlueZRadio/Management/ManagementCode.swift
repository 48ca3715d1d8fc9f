/// The commands of the kernel's management interface that are used here (doc/mgmt-api.txt of BlueZ).
struct ManagementOpcode: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt16

    static let readVersion = ManagementOpcode(rawValue: 0x0001)
    static let readIndexList = ManagementOpcode(rawValue: 0x0003)
    static let readInfo = ManagementOpcode(rawValue: 0x0004)
    static let setPowered = ManagementOpcode(rawValue: 0x0005)
    static let setLowEnergy = ManagementOpcode(rawValue: 0x000d)
    static let getConnections = ManagementOpcode(rawValue: 0x0015)
    static let startDiscovery = ManagementOpcode(rawValue: 0x0023)
    static let stopDiscovery = ManagementOpcode(rawValue: 0x0024)
    static let readAdvertisingFeatures = ManagementOpcode(rawValue: 0x003d)
    static let addAdvertising = ManagementOpcode(rawValue: 0x003e)
    static let removeAdvertising = ManagementOpcode(rawValue: 0x003f)
    static let setExperimentalFeature = ManagementOpcode(rawValue: 0x004a)
    static let addPatternMonitor = ManagementOpcode(rawValue: 0x0052)
    static let removeMonitor = ManagementOpcode(rawValue: 0x0053)
    static let addAdvertisingParameters = ManagementOpcode(rawValue: 0x0054)
    static let addAdvertisingData = ManagementOpcode(rawValue: 0x0055)
    static let setMeshReceiver = ManagementOpcode(rawValue: 0x0057)
}

/// The events of the kernel's management interface that are used here (doc/mgmt-api.txt of BlueZ).
enum ManagementEvent {
    static let commandComplete: UInt16 = 0x0001
    static let commandStatus: UInt16 = 0x0002
    static let indexAdded: UInt16 = 0x0004
    static let indexRemoved: UInt16 = 0x0005
    static let newSettings: UInt16 = 0x0006
    static let deviceConnected: UInt16 = 0x000b
    static let deviceDisconnected: UInt16 = 0x000c
    static let connectFailed: UInt16 = 0x000d
    static let deviceFound: UInt16 = 0x0012
    static let discovering: UInt16 = 0x0013
    static let advertisingAdded: UInt16 = 0x0023
    static let advertisingRemoved: UInt16 = 0x0024
    static let monitorRemoved: UInt16 = 0x002c
    static let monitorDeviceFound: UInt16 = 0x002f
    static let meshDeviceFound: UInt16 = 0x0031
}
