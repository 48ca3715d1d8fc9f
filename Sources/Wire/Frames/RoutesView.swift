/// What a neighbour announces of one home.
@frozen public struct RouteEntry: Hashable, Sendable {
    /// The home's member id.
    public var home: UInt64
    public var sequenceNumber: UInt16
    /// The cost from the neighbour to the home; 0xFFFF is unreachable.
    public var metric: UInt16

    @inlinable public init(home: UInt64, sequenceNumber: UInt16, metric: UInt16) {
        self.home = home
        self.sequenceNumber = sequenceNumber
        self.metric = metric
    }
}

/// A request for a newer sequence number of a home.
@frozen public struct RouteRequest: Hashable, Sendable {
    /// The home's member id.
    public var home: UInt64
    public var sequenceNumber: UInt16
    public var hopsLeft: UInt8

    @inlinable public init(home: UInt64, sequenceNumber: UInt16, hopsLeft: UInt8) {
        self.home = home
        self.sequenceNumber = sequenceNumber
        self.hopsLeft = hopsLeft
    }
}

/// A list of routes in borrowed bytes: 1 to 32 × {home 8, sequence number 2, metric 2}.
@frozen public struct RoutesView: RandomAccessCollection {
    @usableFromInline let entries: UnsafeRawBufferPointer

    @inlinable init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        try FrameView.checkList(bytes.count, entry: FrameLayout.bytesRoute, 1...FrameLayout.routesMax)
        entries = bytes
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { entries.count / FrameLayout.bytesRoute }

    @inlinable public subscript(index: Int) -> RouteEntry {
        let offset = index &* FrameLayout.bytesRoute
        return RouteEntry(
            home: UInt64(littleEndian: entries.loadUnaligned(fromByteOffset: offset, as: UInt64.self)),
            sequenceNumber: UInt16(littleEndian: entries.loadUnaligned(fromByteOffset: offset &+ 8, as: UInt16.self)),
            metric: UInt16(littleEndian: entries.loadUnaligned(fromByteOffset: offset &+ 10, as: UInt16.self)))
    }
}
