/// What a button did (object 3A). `none` stands for a button of several that did nothing.
public enum ButtonEvent: UInt8, CaseIterable, Hashable, Sendable {
    case none = 0x00
    case press = 0x01
    case doublePress = 0x02
    case triplePress = 0x03
    case longPress = 0x04
    case longDoublePress = 0x05
    case longTriplePress = 0x06
    case holdPress = 0x80
    case holdRelease = 0x81

    /// The event type as Home Assistant names it.
    public var name: String {
        switch self {
        case .none: "none"
        case .press: "press"
        case .doublePress: "double_press"
        case .triplePress: "triple_press"
        case .longPress: "long_press"
        case .longDoublePress: "long_double_press"
        case .longTriplePress: "long_triple_press"
        case .holdPress: "hold_press"
        case .holdRelease: "hold_release"
        }
    }

    public init?(name: String) {
        guard let event = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = event
    }
}

/// Which way a dimmer was turned (object 3C, first byte).
public enum DimmerDirection: UInt8, CaseIterable, Hashable, Sendable {
    case none = 0x00
    case left = 0x01
    case right = 0x02

    /// The event type as Home Assistant names it.
    public var name: String {
        switch self {
        case .none: "none"
        case .left: "rotate_left"
        case .right: "rotate_right"
        }
    }

    public init?(name: String) {
        guard let direction = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = direction
    }
}

/// What a remote control asks for (object 3B, second byte).
public enum CommandEvent: UInt8, CaseIterable, Hashable, Sendable {
    case off = 0x00
    case on = 0x01
    case toggle = 0x02
    case stepUp = 0x03
    case stepDown = 0x04

    /// The event type as Home Assistant names it.
    public var name: String {
        switch self {
        case .off: "off"
        case .on: "on"
        case .toggle: "toggle"
        case .stepUp: "step_up"
        case .stepDown: "step_down"
        }
    }

    public init?(name: String) {
        guard let event = Self.allCases.first(where: { $0.name == name }) else { return nil }
        self = event
    }
}
