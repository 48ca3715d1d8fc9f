import Foundation

/// Kernel sockets in a chain over the same adapters as a street's houses, passing on what they get and nothing else:
/// what the time of an event is compared with.
public final class RawChain {
    private let first: RawChannel
    private var kept: [RawChannel] = []

    /// One hop in each air, between its first two controllers; the last end sends everything back. `isLinked`: they are
    /// connected already, by others, and need not find each other.
    public init(airs: [[String]], isLinked: Bool = false) throws {
        var near: [RawChannel] = []
        var far: [RawChannel] = []
        for air in airs {
            let (one, other) = try (Machine.address(air[0]), Machine.address(air[1]))
            if !isLinked {
                try Machine.manage(air[0], "power", "on")
                try Machine.beHeard(air[1])
            }
            let listener = try RawChannel.listen(at: other)
            let (left, right) = (try RawChannel.connect(from: one, to: other), try listener.accept())
            try left.send([1])
            guard try right.receive() == [1] else { throw Trouble("\(air[1]) hears something else") }
            try right.send([2])
            guard try left.receive() == [2] else { throw Trouble("\(air[0]) hears something else") }
            near.append(left)
            far.append(right)
        }
        guard let first = near.first, let last = far.last else { throw Trouble("no airs") }
        self.first = first
        for channel in near + far { channel.patience(seconds: 60) }
        for (incoming, outgoing) in zip(far, near.dropFirst()) {
            Thread.detachNewThread { incoming.pass(to: outgoing) }
            Thread.detachNewThread { outgoing.pass(to: incoming) }
        }
        Thread.detachNewThread { last.pass(to: last) }
        kept = near + far
    }

    /// Ends all channels; their adapters are free for others two seconds later.
    deinit { for channel in kept { channel.end() } }

    /// Seconds that each of `count` messages took there and back.
    public func echoes(_ count: Int, bytes: Int) throws -> [Double] {
        try (0..<count).map { number in
            let message = [UInt8](repeating: UInt8(truncatingIfNeeded: number), count: bytes)
            let start = Machine.seconds
            try first.send(message)
            guard try first.receive() == message else { throw Trouble("an echo was not what was sent") }
            return Machine.seconds - start
        }
    }
}
