import Synchronization

/// What the store's thread tells and the bridge's thread has not yet taken, in the order in which it came.
///
/// Bounded: each result settles something that the bridge waits for, of which there is a limited number, and results
/// that only tell the disk's state replace each other.
final class ResultsBox: Sendable {
    private let results = Mutex<[StoreResults]>([])

    /// Whether the bridge's thread has to be asked to come: nobody has since it last took anything.
    func add(_ told: StoreResults) -> Bool {
        results.withLock { results in
            let isFirst = results.isEmpty
            if told.isEmpty, let last = results.last, last.isEmpty { results.removeLast() }
            results.append(told)
            return isFirst
        }
    }

    func take() -> [StoreResults] {
        results.withLock { results in
            defer { results = [] }
            return results
        }
    }
}
