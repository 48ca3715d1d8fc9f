import Bridging
import CPrefetch

/// Each happening is at another house, of which nothing is in a cache any more. What comes next is known: its memory is
/// fetched while other things happen, one pointer further with each step. Hints: they change nothing.
extension Mesh {
    private static let houseLines = 12
    private static let bridgeLines = (MemoryLayout<Bridge>.size + 127) / 64

    @inline(__always)
    func fetchAhead() {
        if let happening = coming(after: 6) { fetchHouses(happening) }
        if let happening = coming(after: 4) { fetchBridge(happening) }
        if let happening = coming(after: 3) { bridge(happening) { $0.fetchTables() } }
        if let happening = coming(after: 2) { bridge(happening) { $0.fetchSessions() } }
        if let happening = coming(after: 1), happening.kind == .arrival {
            let channel = SimulatedChannel.id(key: happening.number, happening.end)
            bridge(happening) { $0.fetchCiphers(channel) }
        }
        if let happening = coming(after: 0), happening.kind == .arrival {
            let channel = SimulatedChannel.id(key: happening.number, happening.end)
            bridge(happening) { $0.fetchContexts(channel) }
        }
    }

    /// What will happen after so many others, if it is an input of `house`'s bridge.
    @inline(__always)
    private func coming(after others: Int) -> Happening? {
        guard let happening = queue.coming(after: others) else { return nil }
        switch happening.kind {
        case .wake, .beacon, .arrival: return happening
        default: return nil
        }
    }

    @inline(__always)
    private func bridge(_ happening: Happening, _ body: (inout Bridge) -> Void) {
        let running = housesUncounted[Int(happening.house)]._withUnsafeGuaranteedRef { $0.runningUncounted }
        running?._withUnsafeGuaranteedRef { body(&$0.bridge) }
    }

    private func fetchHouses(_ happening: Happening) {
        fetch(housesUncounted[Int(happening.house)].toOpaque(), lines: Self.houseLines)
        switch happening.kind {
        case .beacon: fetch(housesUncounted[Int(happening.other)].toOpaque(), lines: Self.houseLines)
        case .arrival:
            channels.fetch(key: happening.number)
            pool.fetch(Int32(bitPattern: happening.other))
        default: break
        }
    }

    private func fetchBridge(_ happening: Happening) {
        let running = housesUncounted[Int(happening.house)]._withUnsafeGuaranteedRef { $0.runningUncounted }
        if let running { fetch(running.toOpaque(), lines: Self.bridgeLines) }
    }

    @inline(__always)
    private func fetch(_ start: UnsafeRawPointer, lines: Int) {
        for line in 0..<lines { cache_prefetch(start + line &* 64) }
    }
}
