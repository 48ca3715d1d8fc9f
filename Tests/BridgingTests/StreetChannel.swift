import Bridging

/// A channel between two radios: reliable, in order, bounded.
final class StreetChannel {
    /// One radio's side of it.
    struct End {
        let node: Int
        let boot: Int
        let channel: LinkChannel
        /// Whether its bridge may still be told of it.
        var isOpen = true
        /// What its radio did not take; the daemon keeps it.
        var kept: [[UInt8]] = []
        /// On the way to this end.
        var arriving: [[UInt8]] = []
        var lastArrival: Int64 = 0
    }

    /// Calling side, then called side; the latter is there once the channel is up.
    var ends: [End]
    /// Nothing comes through any more, though neither side knows yet.
    var isSevered = false
    let calledNode: Int

    init(caller: End, calledNode: Int) {
        ends = [caller]
        self.calledNode = calledNode
    }

    var isUp: Bool { ends.count == 2 }
    var isOver: Bool { ends.allSatisfy { !$0.isOpen } }

    func isBetween(_ first: Int, _ second: Int) -> Bool {
        let (caller, called) = (ends[0].node, calledNode)
        return (caller == first && called == second) || (caller == second && called == first)
    }

    func touches(_ node: Int) -> Bool { ends[0].node == node || calledNode == node }

    /// Which end `node` holds; a node that calls itself holds the calling one.
    func end(of node: Int) -> Int? { ends.firstIndex { $0.node == node } }
}
