/// Which ways of hearing and of being heard the kernel has, by the commands that it takes. Whether an adapter goes along
/// shows only when it is tried.
struct KernelWays {
    /// Read Management Supported Commands. It names those alone that the asker may use.
    static let command = ManagementCommand(ManagementOpcode(rawValue: 0x0002), ManagementPacket.indexNone)

    private let commands: Set<UInt16>

    /// Numbers of commands and events 2 each, commands 2 each, events.
    init(_ bytes: UnsafeRawBufferPointer) {
        guard bytes.count >= 4 else {
            commands = []
            return
        }
        let count = min(Int(bytes.integer(at: 0, as: UInt16.self)), (bytes.count - 4) / 2)
        commands = Set((0..<count).map { bytes.integer(at: 4 + 2 * $0) })
    }

    /// Nil where the asker may use none.
    var words: String? {
        let hearing = HearingTier.allCases.filter { has(Self.needs($0)) }.map(\.words)
        let beacons = BeaconTier.allCases.filter { has(Self.needs($0)) }.map(\.words)
        guard !hearing.isEmpty, !beacons.isEmpty else { return nil }
        return "to hear by: \(hearing.joined(separator: ", ")); to beacon by: \(beacons.joined(separator: ", "))"
    }

    private func has(_ needs: [ManagementOpcode]) -> Bool { needs.allSatisfy { commands.contains($0.rawValue) } }

    private static func needs(_ tier: HearingTier) -> [ManagementOpcode] {
        switch tier {
        case .mesh: [.setExperimentalFeature, .setMeshReceiver]
        case .monitor: [.addPatternMonitor, .startDiscovery]
        case .discovery: [.startDiscovery]
        }
    }

    private static func needs(_ tier: BeaconTier) -> [ManagementOpcode] {
        switch tier {
        case .extended: [.addAdvertisingParameters, .addAdvertisingData]
        case .plain: [.addAdvertising]
        }
    }
}
