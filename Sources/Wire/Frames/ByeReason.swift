/// Why a bridge ends a link.
@frozen public enum ByeReason: UInt8, Hashable, Sendable, CaseIterable {
    case closing = 0
    case noRoom = 1
    case secondLink = 2
    case notAMember = 3
    case protocolError = 4
}
