/// The first byte of a message within a session.
@frozen public enum MessageType: UInt8, Hashable, Sendable, CaseIterable {
    case packet = 0x01
    case answers = 0x02
    case confirm = 0x03
    case routes = 0x04
    case routeRequest = 0x05
    case recordIDs = 0x06
    case recordRequest = 0x07
    case record = 0x08
    case keepalive = 0x09
    case bye = 0x0a
    case testRequest = 0x0b
    case lending = 0x0c
    case joinRequest = 0x10
    case joinReply = 0x11
    case joinDone = 0x12

    /// From here on an unknown type ends the link; below, it is ignored and counted.
    @inlinable public static var firstThatMustBeKnown: UInt8 { 0x80 }
}
