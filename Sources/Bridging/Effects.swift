import Wire

/// One channel of the radio, by the number that the radio gave it.
@frozen public struct LinkChannel: Hashable, Sendable {
    public let rawValue: UInt32
    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }
}

/// What must happen outside, in the order in which it must happen: first `sends`, then `actions`. Openings may go first.
/// The caller keeps one buffer, carries it out after each input and empties it.
public struct Effects: ~Copyable {
    /// One message to hand to the radio: bytes `offset ..< offset + count` of `bytes`.
    @frozen public struct Send: Sendable {
        public var channel: LinkChannel
        public var offset: Int
        public var count: Int
        /// The first byte of what was sealed; 0 in a handshake. For the laboratory, which tells apart what airtime is for.
        package var type: UInt8
        /// Whether it is a packet, which is not to be sent once its grant has ended.
        public var isPacket: Bool { type == MessageType.packet.rawValue }
    }

    /// At most this many bytes of messages come from one input: 16 links, 32 messages each.
    public static let sendBytesMax = 16 * 32 * 512

    public private(set) var sends: [Send] = []
    public private(set) var actions: [BridgeAction] = []
    /// What a watcher may see. Filled only while `notesWanted`.
    public private(set) var notes: [BridgeNote] = []
    public var notesWanted = false
    /// What the laboratory follows. Filled only while `tracesWanted`, which nothing but the laboratory sets.
    package private(set) var traces: [BridgeTrace] = []
    package var tracesWanted = false
    public private(set) var bytes: UnsafeMutableRawBufferPointer
    public private(set) var bytesUsed = 0

    public init() {
        bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 * 1024, alignment: 16)
        sends.reserveCapacity(256)
    }

    deinit { bytes.deallocate() }

    public mutating func removeAll() {
        sends.removeAll(keepingCapacity: true)
        actions.removeAll(keepingCapacity: true)
        notes.removeAll(keepingCapacity: true)
        traces.removeAll(keepingCapacity: true)
        bytesUsed = 0
    }

    public var isEmpty: Bool { sends.isEmpty && actions.isEmpty && notes.isEmpty }

    /// The bytes of one message, valid until `removeAll`.
    public func message(_ send: Send) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[send.offset..<(send.offset + send.count)])
    }

    /// Room for one message of at most `Frame` size; `nil` when this input has sent all it may.
    mutating func room(_ count: Int) -> UnsafeMutableRawBufferPointer? {
        if bytesUsed + count > bytes.count {
            guard bytes.count < Self.sendBytesMax else { return nil }
            let larger = UnsafeMutableRawBufferPointer.allocate(
                byteCount: min(bytes.count * 2, Self.sendBytesMax), alignment: 16)
            larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<bytesUsed]))
            bytes.deallocate()
            bytes = larger
        }
        return UnsafeMutableRawBufferPointer(rebasing: bytes[bytesUsed..<(bytesUsed + count)])
    }

    /// Takes `count` bytes, just written at the start of `room`, as a message for `channel`.
    mutating func send(_ count: Int, to channel: LinkChannel, type: UInt8 = 0) {
        sends.append(Send(channel: channel, offset: bytesUsed, count: count, type: type))
        bytesUsed += count
    }

    mutating func act(_ action: BridgeAction) { actions.append(action) }

    mutating func note(_ note: @autoclosure () -> BridgeNote) {
        if notesWanted { notes.append(note()) }
    }

    mutating func trace(_ trace: @autoclosure () -> BridgeTrace) {
        if tracesWanted { traces.append(trace()) }
    }
}
