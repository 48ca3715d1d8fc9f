import Bridging
import Wire

/// A bridge while it runs: gone with a crash.
final class RunningBridge {
    var bridge: Bridge
    var effects = Effects()
    /// How often its node has started before: what was meant for an earlier run is void.
    let boot: Int
    /// Its monotonic clock counts from another point than the street's.
    let instantOffset: Int64
    /// When the street will call `advance` next.
    var wakeAt = Int64.max
    /// The channels by the number that this bridge's radio gave them.
    var channels: [UInt32: StreetChannel] = [:]
    var nextChannel: UInt32 = 1

    init(bridge: consuming Bridge, boot: Int, instantOffset: Int64) {
        self.bridge = bridge
        self.boot = boot
        self.instantOffset = instantOffset
        effects.notesWanted = true
    }
}

/// A house on the street: its disk, its clock, and its bridge while that runs.
final class StreetNode {
    let index: Int
    var disk: StreetDisk
    var configuration: BridgeConfiguration
    /// How far its wall clock is off.
    var wallOffsetSeconds: Int64 = 0
    var running: RunningBridge?
    var boots = 0
    /// What it advertises, and the address it goes by meanwhile.
    var payloads: [[UInt8]] = []
    var address: RadioAddress
    var joinFailure: JoinFailure?
    var log = NodeLog()

    init(index: Int, disk: StreetDisk, configuration: BridgeConfiguration, address: RadioAddress) {
        self.index = index
        self.disk = disk
        self.configuration = configuration
        self.address = address
    }

    var isMember: Bool { running != nil && disk.network != nil }
}
