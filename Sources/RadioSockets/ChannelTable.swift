import RadioInterface

/// What stands in a radio's table of channels.
public protocol ChannelEntry {
    var id: ChannelID { get }
    var isFree: Bool { get }
    /// A free one.
    init(id: ChannelID)
}

/// A radio's channels. Entries never move: a sink may send or close in the midst of a poll.
public final class ChannelTable<Entry: ChannelEntry> {
    @usableFromInline let start: UnsafeMutablePointer<Entry>
    /// As long as the table lives.
    public let entries: UnsafeMutableBufferPointer<Entry>
    private var next = 0

    /// - Parameter count: 1 to 255, as `RadioLimits.channelsMax` is.
    public init(count: Int) {
        start = .allocate(capacity: count)
        entries = UnsafeMutableBufferPointer(start: start, count: count)
        for index in entries.indices {
            let id = ChannelID(index: UInt8(truncatingIfNeeded: index), generation: 0)
            entries.initializeElement(at: index, to: Entry(id: id))
        }
    }

    deinit {
        entries.deinitialize()
        start.deallocate()
    }

    /// The index of a channel; nil if it has ended.
    @inlinable public func find(_ id: ChannelID) -> Int? {
        guard id.index < entries.count, entries[id.index].id == id, !entries[id.index].isFree else { return nil }
        return id.index
    }

    /// Where an entry stands; `index` is one of the table's.
    @inlinable public func entry(_ index: Int) -> UnsafeMutablePointer<Entry> { start + index }

    /// A free entry. They are taken in turn, so that an id comes round as late as it can.
    public func allocate() -> Int? {
        for _ in entries.indices {
            let index = next
            next = (next &+ 1) % entries.count
            if entries[index].isFree { return index }
        }
        return nil
    }

    /// What the next channel in an entry's place goes by.
    public func nextID(_ index: Int) -> ChannelID {
        ChannelID(index: UInt8(truncatingIfNeeded: index), generation: entries[index].id.generation &+ 1)
    }
}
