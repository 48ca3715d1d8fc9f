import Wire

/// Whether the wall clock can be relied on. It is nobody else's word: no record, packet or neighbour enters here.
@frozen public enum ClockState: UInt8, Hashable, Sendable {
    case good
    /// Before the program was built: the machine does not know the time.
    case unset
    /// Before a time that this bridge stored.
    case behind

    /// How far clocks may differ.
    public static let toleranceSeconds: UInt32 = 120

    /// Judges `wall` by the time the program was built and by the latest time that was ever stored (zero for none).
    public static func judge(wall: WallTime, built: WallTime, stored: WallTime) -> ClockState {
        if wall < built { return .unset }
        if wall.advanced(seconds: Int64(toleranceSeconds)) < stored { return .behind }
        return .good
    }
}
