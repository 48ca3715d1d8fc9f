/// The counters that a device has used: no frame is let through twice, and none that is far behind.
///
/// It holds the last 1,024 counters up to the highest one seen, with at most two frames each, as devices exist that send
/// two different frames with one counter. There is no way back: a device whose counter starts anew, as after a change of
/// battery, is let in again only by its owner, by `reset`. Counters have 32 bits and do not wrap.
///
/// Memory: 17 kB at most. A restart goes through `rows` and `init(rows:)`.
public struct CounterWindow: Sendable {
    /// How many counters, up to the highest, are told apart.
    public static let counters = 1024
    public static let framesPerCounter = 2
    public static var rowsMax: Int { counters * framesPerCounter }

    /// What is to be done with a frame.
    public enum Admission: Hashable, Sendable {
        /// Not seen before: it is remembered now.
        case new
        /// This very frame was let through before.
        case replayed
        /// The counter lies below the window.
        case tooOld
        /// Two other frames have used this counter.
        case thirdFrame
    }

    /// One frame that was let through, as it is stored.
    public struct Row: Hashable, Sendable {
        public var counter: UInt32
        public var frame: UInt64

        public init(counter: UInt32, frame: UInt64) {
            self.counter = counter
            self.frame = frame
        }
    }

    /// The highest counter let through, or nil before the first.
    public private(set) var highest: UInt32?
    /// Frames by counter modulo `counters`, two places each; `used` tells how many are taken.
    private var frames: [UInt64] = []
    private var used: [UInt8] = []

    /// A window that has seen nothing: it lets in whatever comes first.
    public init() {}

    /// The window that these rows leave, in any order and of any content: those too old, and third frames, are passed
    /// over.
    public init(rows: some Sequence<Row>) {
        for row in rows { _ = admit(counter: row.counter, frame: row.frame) }
    }

    /// Decides on a frame and, if it is new, remembers it. `frame` is a hash of address and service data.
    public mutating func admit(counter: UInt32, frame: UInt64) -> Admission {
        guard let highest else {
            frames = Array(repeating: 0, count: Self.rowsMax)
            used = Array(repeating: 0, count: Self.counters)
            highest = counter
            remember(frame, at: slot(of: counter))
            return .new
        }
        if counter > highest {
            forget(after: highest, upTo: counter)
            self.highest = counter
        } else if highest - counter >= UInt32(Self.counters) {
            return .tooOld
        }
        let slot = slot(of: counter)
        for place in 0..<Int(used[slot]) where frames[slot * Self.framesPerCounter + place] == frame {
            return .replayed
        }
        guard used[slot] < Self.framesPerCounter else { return .thirdFrame }
        remember(frame, at: slot)
        return .new
    }

    /// Takes a frame back that was let through but could not be kept: it may come again.
    public mutating func withdraw(counter: UInt32, frame: UInt64) {
        guard let highest, counter <= highest, highest - counter < UInt32(Self.counters) else { return }
        let slot = slot(of: counter)
        let first = slot * Self.framesPerCounter
        guard let place = (0..<Int(used[slot])).first(where: { frames[first + $0] == frame }) else { return }
        used[slot] -= 1
        frames[first + place] = frames[first + Int(used[slot])]
    }

    /// Forgets everything: the owner says that the device starts anew.
    public mutating func reset() { self = CounterWindow() }

    /// Whether a frame with this counter was let through and is still remembered.
    public func holds(counter: UInt32) -> Bool {
        guard let highest, counter <= highest, highest - counter < UInt32(Self.counters) else { return false }
        return used[slot(of: counter)] > 0
    }

    /// The lowest counter that is still let in: rows of lower ones need not be stored any longer.
    public var lowestAdmitted: UInt32 {
        guard let highest, highest >= UInt32(Self.counters) else { return 0 }
        return highest - UInt32(Self.counters) + 1
    }

    /// What must be stored, by ascending counter: at most 2,048 rows.
    public var rows: [Row] {
        guard let highest else { return [] }
        var rows: [Row] = []
        for counter in lowestAdmitted...highest {
            let slot = slot(of: counter)
            for place in 0..<Int(used[slot]) {
                rows.append(Row(counter: counter, frame: frames[slot * Self.framesPerCounter + place]))
            }
        }
        return rows
    }

    private func slot(of counter: UInt32) -> Int { Int(counter) % Self.counters }

    private mutating func remember(_ frame: UInt64, at slot: Int) {
        frames[slot * Self.framesPerCounter + Int(used[slot])] = frame
        used[slot] += 1
    }

    /// Frees the slots of the counters above `highest`, up to `counter`, which held those that now leave the window.
    private mutating func forget(after highest: UInt32, upTo counter: UInt32) {
        let steps = min(Int(counter - highest), Self.counters)
        for step in 0..<steps { used[slot(of: counter - UInt32(step))] = 0 }
    }
}
