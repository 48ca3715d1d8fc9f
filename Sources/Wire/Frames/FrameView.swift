/// A message within a session, opened: `type 1 ‖ body`, in borrowed bytes. Lists are read in place, entry by entry.
@frozen public enum FrameView {
    /// One packet, to be read by `PacketView`: a malformed one is refused and does not end the link.
    case packet(UnsafeRawBufferPointer)
    case answers(AnswersView)
    /// Ids of events that have been opened.
    case confirm(IdentifiersView)
    case routes(RoutesView)
    case routeRequest(RouteRequest)
    case recordIDs(IdentifiersView, isLast: Bool)
    case recordRequest(IdentifiersView)
    /// One record, to be read by `RegistryRecord`.
    case record(UnsafeRawBufferPointer)
    case keepalive(Keepalive)
    /// Nil for a reason that this version does not know.
    case bye(ByeReason?)
    case testRequest(TestRequest)
    case lending(LendingNotice)
    case joinRequest(JoinRequest)
    case joinReply(JoinReplyView)
    case joinDone
    /// A message of a later version, to be counted and otherwise ignored. Its type.
    case ignored(UInt8)

    /// Reads an opened message. Every error ends the link with `bye` 4: `wrongLength` for an empty or too long
    /// message or a body shorter than its layout, `unknownType` for one that must be known, `badList`, `badText`.
    @inlinable public init(_ message: UnsafeRawBufferPointer) throws(WireError) {
        guard message.count >= 1, message.count <= FrameLayout.bytesFrameMax else { throw .wrongLength }
        let body = UnsafeRawBufferPointer(rebasing: message[1...])
        guard let type = MessageType(rawValue: message[0]) else {
            guard message[0] < MessageType.firstThatMustBeKnown else { throw .unknownType }
            self = .ignored(message[0])
            return
        }
        switch type {
        case .packet: self = .packet(body)
        case .answers: self = .answers(try AnswersView(body))
        case .confirm: self = .confirm(try IdentifiersView(body, count: 1...FrameLayout.confirmMax))
        case .routes: self = .routes(try RoutesView(body))
        case .recordRequest: self = .recordRequest(try IdentifiersView(body, count: 1...FrameLayout.recordIDsMax))
        case .record: self = .record(body)
        default: self = try FrameView.rare(type, body)
        }
    }

    @usableFromInline static func rare(
        _ type: MessageType, _ body: UnsafeRawBufferPointer
    ) throws(WireError) -> FrameView {
        var reader = ByteReader(body)
        switch type {
        case .routeRequest:
            return .routeRequest(
                RouteRequest(
                    home: try reader.integer(), sequenceNumber: try reader.integer(), hopsLeft: try reader.integer()))
        case .recordIDs:
            let flags: UInt8 = try reader.integer()
            let list = try reader.bytes(reader.remaining)
            return .recordIDs(
                try IdentifiersView(list, count: 0...FrameLayout.recordIDsMax), isLast: flags & 1 == 1)
        case .keepalive:
            let direction: UInt8 = try reader.integer()
            let number: UInt16 = try reader.integer()
            guard direction <= 1 else { return .ignored(type.rawValue) }
            return .keepalive(Keepalive(isAnswer: direction == 1, number: number))
        case .bye: return .bye(ByeReason(rawValue: try reader.integer()))
        case .testRequest:
            return .testRequest(TestRequest(grantID: try reader.integer(), random: try reader.fixed()))
        case .lending: return .lending(LendingNotice(rawValue: try reader.integer()))
        case .joinRequest: return .joinRequest(JoinRequest(signingKey: try reader.fixed(), name: try reader.name()))
        case .joinReply: return .joinReply(try JoinReplyView(body))
        case .joinDone: return .joinDone
        case .packet, .answers, .confirm, .routes, .recordRequest, .record: throw .unknownType
        }
    }

    /// Throws `badList` unless `bytes` is a whole number of entries of `entry` bytes, and their number within `range`.
    @inlinable static func checkList(_ bytes: Int, entry: Int, _ range: ClosedRange<Int>) throws(WireError) {
        guard bytes % entry == 0, range.contains(bytes / entry) else { throw .badList }
    }
}
