import CPrefetch
import Relaying
import Sealing
import Wire

// Where thousands of bridges take turns, nothing of one is in a cache any more when its turn comes. Whoever knows whose
// turn is next has what it will touch fetched meanwhile, one pointer further with each step. Hints: they change nothing.
extension Bridge {
    /// What the bridge's own fields point to.
    package mutating func fetchTables() {
        sessions.fetchTable()
        neighbours.fetchTables()
        relay.fetchAhead()
    }

    /// What the tables point to.
    package mutating func fetchSessions() { sessions.fetchHots() }

    /// The ciphers of a channel, and then what they work in.
    package mutating func fetchCiphers(_ channel: LinkChannel) { eachCipher(channel) { $0.fetchCipher() } }
    package mutating func fetchContexts(_ channel: LinkChannel) { eachCipher(channel) { $0.fetchContext() } }

    @inline(__always)
    private mutating func eachCipher(_ channel: LinkChannel, _ body: (LinkCipher) -> Void) {
        guard let hot = sessions.hot(channel) else { return }
        hot.pointee.openingUncounted?._withUnsafeGuaranteedRef { body($0) }
        hot.pointee.sealingUncounted?._withUnsafeGuaranteedRef { body($0) }
    }
}

/// The line in which an array has its count, and the next, in which its first elements are.
@inline(__always)
func fetch<Element>(_ elements: UnsafeBufferPointer<Element>) {
    guard let start = UnsafeRawPointer(elements.baseAddress) else { return }
    cache_prefetch(start - 16)
    cache_prefetch(start + 48)
}
