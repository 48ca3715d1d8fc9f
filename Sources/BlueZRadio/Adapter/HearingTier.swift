/// The ways in which an adapter can hear, the best one first.
public enum HearingTier: UInt8, Sendable, CaseIterable {
    /// The kernel's receiver for Bluetooth Mesh (from 6.1, experimental): passive, nothing held back, chosen by AD type.
    case mesh
    /// A pattern monitor with discovery: active, nothing held back.
    case monitor
    /// Discovery alone: active, and the controller holds repetitions back.
    case discovery

    var words: String {
        switch self {
        case .mesh: "mesh receiver"
        case .monitor: "pattern monitor and discovery"
        case .discovery: "discovery"
        }
    }

    var next: HearingTier? { HearingTier(rawValue: rawValue &+ 1) }
}

/// The ways in which an adapter can send beacons, the better one first.
public enum BeaconTier: UInt8, Sendable, CaseIterable {
    /// Add Extended Advertising Parameters and Data: the interval is ours.
    case extended
    /// Add Advertising: the interval is the kernel's, about a second.
    case plain

    var words: String {
        switch self {
        case .extended: "advertising parameters"
        case .plain: "plain advertising"
        }
    }
}

/// How a command ended: with a status, or not at all in its time.
enum CommandEnd: Hashable {
    case status(ManagementStatus)
    case silent

    var isSuccess: Bool { self == .status(.success) }

    var words: String {
        switch self {
        case .status(let status): status.words
        case .silent: "no answer"
        }
    }
}
