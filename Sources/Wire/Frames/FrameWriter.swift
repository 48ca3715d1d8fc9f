/// Writes messages of a session, `type 1 ‖ body`, to the start of a caller's buffer. Each function returns the bytes
/// written, and throws `noRoom` for a short buffer, `badList` for a list that no message can hold, and `wrongLength`
/// for a body of the wrong size.
public enum FrameWriter {
    @inlinable static func start(
        _ type: MessageType, _ target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> ByteWriter {
        var writer = ByteWriter(target)
        try writer.integer(type.rawValue)
        return writer
    }

    @inlinable public static func packet(
        _ packet: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        guard PacketLayout.isPacketSize(packet.count) else { throw .wrongLength }
        var writer = try start(.packet, target)
        try writer.bytes(packet)
        return writer.count
    }

    /// 1 to 64 answers.
    @inlinable public static func answers(
        _ answers: some Collection<PacketAnswer>, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        let count = answers.count
        guard count >= 1, count <= FrameLayout.answersMax else { throw .badList }
        var writer = try start(.answers, target)
        for entry in answers {
            try writer.integer(entry.frameNumber)
            try writer.integer(entry.answer.rawValue)
        }
        return writer.count
    }

    /// 1 to 32 event ids.
    @inlinable public static func confirm(
        _ eventIDs: some Collection<UInt64>, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        let count = eventIDs.count
        guard count >= 1, count <= FrameLayout.confirmMax else { throw .badList }
        var writer = try start(.confirm, target)
        for id in eventIDs { try writer.integer(id) }
        return writer.count
    }

    /// 1 to 32 routes.
    @inlinable public static func routes(
        _ routes: some Collection<RouteEntry>, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        let count = routes.count
        guard count >= 1, count <= FrameLayout.routesMax else { throw .badList }
        var writer = try start(.routes, target)
        for route in routes {
            try writer.integer(route.home)
            try writer.integer(route.sequenceNumber)
            try writer.integer(route.metric)
        }
        return writer.count
    }

    public static func routeRequest(
        _ request: RouteRequest, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.routeRequest, target)
        try writer.integer(request.home)
        try writer.integer(request.sequenceNumber)
        try writer.integer(request.hopsLeft)
        return writer.count
    }

    /// 0 to 60 record ids.
    @inlinable public static func recordIDs(
        _ recordIDs: some Collection<UInt64>, isLast: Bool, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        guard recordIDs.count <= FrameLayout.recordIDsMax else { throw .badList }
        var writer = try start(.recordIDs, target)
        try writer.integer(UInt8(isLast ? 1 : 0))
        for id in recordIDs { try writer.integer(id) }
        return writer.count
    }

    /// 1 to 60 record ids.
    @inlinable public static func recordRequest(
        _ recordIDs: some Collection<UInt64>, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        let count = recordIDs.count
        guard count >= 1, count <= FrameLayout.recordIDsMax else { throw .badList }
        var writer = try start(.recordRequest, target)
        for id in recordIDs { try writer.integer(id) }
        return writer.count
    }

    /// A record as bytes, 1 to 495.
    public static func record(
        _ record: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        guard record.count >= 1, record.count <= FrameLayout.bytesBodyMax else { throw .wrongLength }
        var writer = try start(.record, target)
        try writer.bytes(record)
        return writer.count
    }

    public static func keepalive(
        _ keepalive: Keepalive, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.keepalive, target)
        try writer.integer(UInt8(keepalive.isAnswer ? 1 : 0))
        try writer.integer(keepalive.number)
        return writer.count
    }

    public static func bye(
        _ reason: ByeReason, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.bye, target)
        try writer.integer(reason.rawValue)
        return writer.count
    }

    public static func testRequest(
        _ request: TestRequest, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.testRequest, target)
        try writer.integer(request.grantID)
        try writer.fixed(request.random)
        return writer.count
    }

    public static func lending(
        _ notice: LendingNotice, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.lending, target)
        try writer.integer(notice.rawValue)
        return writer.count
    }

    public static func joinRequest(
        _ request: JoinRequest, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        var writer = try start(.joinRequest, target)
        try writer.fixed(request.signingKey)
        try writer.name(request.name)
        return writer.count
    }

    /// Both keys have 32 bytes and are secret: the caller wipes `target` once the message is sealed.
    public static func joinReply(
        networkKey: UnsafeRawBufferPointer, recognitionKey: UnsafeRawBufferPointer, founderSigningKey: Bytes32,
        recordCount: UInt8, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        guard networkKey.count == 32, recognitionKey.count == 32 else { throw .wrongLength }
        var writer = try start(.joinReply, target)
        try writer.bytes(networkKey)
        try writer.bytes(recognitionKey)
        try writer.fixed(founderSigningKey)
        try writer.integer(recordCount)
        return writer.count
    }

    public static func joinDone(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        try start(.joinDone, target).count
    }
}
