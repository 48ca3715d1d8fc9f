import Bridging

/// The messages of one channel that the radio could not take yet: at most 32, in order, in memory that is kept.
struct KeptMessages {
    static let messagesMax = KeptMessageRules.messagesMax

    private var bytes: [UInt8] = []
    private var ends: [Int] = []
    /// How many from the front have been taken.
    private var taken = 0
    /// The place in `ends` of the last packet.
    private var lastPacket = -1

    /// Whether a packet is among them.
    var holdPacket: Bool { lastPacket >= taken }
    var isEmpty: Bool { taken == ends.count }

    var count: Int { ends.count - taken }
    var byteCount: Int { bytes.count - (taken == 0 ? 0 : ends[taken - 1]) }

    /// False: there is no room.
    mutating func append(_ message: UnsafeRawBufferPointer, isPacket: Bool) -> Bool {
        guard ends.count - taken < Self.messagesMax else { return false }
        if taken > 0 { compact() }
        bytes.append(contentsOf: message)
        if isPacket { lastPacket = ends.count }
        ends.append(bytes.count)
        return true
    }

    /// Hands each message to `send` until it says no. True when none is left.
    mutating func flush(_ send: (UnsafeRawBufferPointer) -> Bool) -> Bool {
        while taken < ends.count {
            let start = taken == 0 ? 0 : ends[taken - 1]
            let end = ends[taken]
            guard bytes.withUnsafeBytes({ send(UnsafeRawBufferPointer(rebasing: $0[start..<end])) }) else {
                return false
            }
            taken += 1
        }
        removeAll()
        return true
    }

    mutating func removeAll() {
        bytes.removeAll(keepingCapacity: true)
        ends.removeAll(keepingCapacity: true)
        (taken, lastPacket) = (0, -1)
    }

    private mutating func compact() {
        let start = ends[taken - 1]
        bytes.removeFirst(start)
        ends.removeFirst(taken)
        for index in ends.indices { ends[index] -= start }
        lastPacket = max(-1, lastPacket - taken)
        taken = 0
    }
}
