import Bridging
import CPrefetch

/// A channel between two radios: reliable, in order, bounded.
final class SimulatedChannel {
    /// One radio's side of it. The calling side is end 0.
    struct End {
        let house: Int
        var boot: UInt16
        /// Whether its bridge may still be told of it.
        var isOpen: Bool
        /// Whether its bridge counts it as a link.
        var isLink = false
        /// What its radio did not take; the daemon keeps it. Places in the message pool.
        var kept: [Int32] = []
        /// Whether its daemon has closed it without its bridge's wish.
        var isGivenUp = false
        /// When the last message on the way to this end arrives.
        var lastArrival: Int64 = 0

        init(house: Int, boot: UInt16, isOpen: Bool = true) {
            (self.house, self.boot, self.isOpen) = (house, boot, isOpen)
        }
    }

    let slot: Int
    let generation: UInt32
    /// Never used again, unlike `slot`.
    let number: Int
    // Within the channel, not beside it: an end is touched with each message. Together, for an accessor that can end in
    // two places cannot be inlined, and takes memory at each call.
    private var ends: [2 of End]
    var connection: ConnectionModel
    var isUp = false
    /// When it was called.
    var dialledAt: Int64 = 0
    /// Whether the caller hears the called side before time runs out.
    var isHeard = false
    /// Nothing comes through any more, though neither side knows yet.
    var isSevered = false
    /// When both sides came to count it as a link.
    var linkedAt = Int64.max
    /// Where its life is noted.
    var life = -1

    init(slot: Int, generation: UInt32, number: Int, caller: End, called: End, connection: ConnectionModel) {
        (self.slot, self.generation, self.number) = (slot, generation, number)
        (ends, self.connection) = ([caller, called], connection)
    }

    /// What the bridge at `end` knows it by.
    func id(_ end: UInt8) -> LinkChannel { Self.id(key: key, end) }

    /// The same of a channel by its `key`.
    @inline(__always)
    static func id(key: Int64, _ end: UInt8) -> LinkChannel {
        let (slot, generation) = (UInt32(truncatingIfNeeded: key >> 32), UInt32(truncatingIfNeeded: key))
        return LinkChannel(rawValue: slot << 12 | (generation & 0x7ff) << 1 | UInt32(end))
    }

    /// - Parameter end: 0 or 1, of which the lowest bit is taken.
    subscript(end: UInt8) -> End {
        @inline(__always) _read { yield ends[Int(end & 1)] }
        @inline(__always) _modify { yield &ends[Int(end & 1)] }
    }

    var caller: End {
        @inline(__always) _read { yield ends[0] }
        @inline(__always) _modify { yield &ends[0] }
    }

    var called: End {
        @inline(__always) _read { yield ends[1] }
        @inline(__always) _modify { yield &ends[1] }
    }

    var isOver: Bool { !caller.isOpen && !called.isOpen }
    var isLink: Bool { caller.isLink && called.isLink }
    var intervalMicroseconds: Int64 { connection.parameters.intervalMicroseconds }
    func touches(_ house: Int) -> Bool { caller.house == house || called.house == house }
    func peer(_ end: UInt8) -> Int { self[1 - end].house }
}

/// All channels that are not over.
struct ChannelTable {
    /// More than any mesh can have: 10,000 houses with 26 each.
    static let channelsMax = 1 << 20

    private(set) var channels: [SimulatedChannel?] = []
    private var generations: [UInt32] = []
    private var free: [Int] = []
    private(set) var made = 0

    /// Nil if there are too many.
    mutating func add(
        caller: SimulatedChannel.End, called: SimulatedChannel.End, connection: ConnectionModel
    ) -> SimulatedChannel? {
        if free.isEmpty {
            guard channels.count < Self.channelsMax else { return nil }
            channels.append(nil)
            generations.append(0)
            free.append(channels.count - 1)
        }
        let slot = free.removeLast()
        generations[slot] &+= 1
        made += 1
        let channel = SimulatedChannel(
            slot: slot, generation: generations[slot], number: made, caller: caller, called: called,
            connection: connection)
        channels[slot] = channel
        return channel
    }

    /// The channel and end that a bridge means; nil once it is over.
    @inline(__always)
    func channel(_ id: LinkChannel) -> (SimulatedChannel, UInt8)? {
        let slot = Int(id.rawValue >> 12)
        guard slot < channels.count, let channel = channels[slot],
            channel.generation & 0x7ff == id.rawValue >> 1 & 0x7ff
        else { return nil }
        return (channel, UInt8(id.rawValue & 1))
    }

    /// By slot and generation, as happenings name it.
    @inline(__always)
    func channel(key: Int64) -> SimulatedChannel? {
        let slot = Int(key >> 32)
        guard slot < channels.count, let channel = channels[slot],
            channel.generation == UInt32(truncatingIfNeeded: key)
        else { return nil }
        return channel
    }

    /// A hint that a channel will be needed soon. Its address alone is read: a reference would be counted.
    @inline(__always)
    func fetch(key: Int64) {
        let slot = Int(key >> 32)
        guard slot < channels.count else { return }
        let start = channels.withUnsafeBytes {
            $0.load(fromByteOffset: slot &* MemoryLayout<UnsafeRawPointer>.stride, as: UnsafeRawPointer?.self)
        }
        for line in 0..<SimulatedChannel.lines { cache_prefetch(start.map { $0 + line &* 64 }) }
    }

    mutating func removeIfOver(_ channel: SimulatedChannel) {
        guard channel.isOver, channels[channel.slot] === channel else { return }
        channels[channel.slot] = nil
        free.append(channel.slot)
    }
}

extension SimulatedChannel {
    var key: Int64 { Int64(slot) << 32 | Int64(generation) }

    /// Cache lines that one takes, with what stands before its fields.
    static let lines = (MemoryLayout<ConnectionModel>.size + 2 * MemoryLayout<End>.size + 96 + 63) / 64
}
