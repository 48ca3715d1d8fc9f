/// How many lines may be logged: of each kind a few at once and then a few a minute, and of all together 200 at once and
/// 20 a second, so that nothing from outside can fill a disk or hide one kind of message behind another.
///
/// A kind is a place in the program that logs. What is left out is counted by kind, and told.
struct LogAdmission {
    static let burstLines = 200.0
    static let linesPerSecond = 20.0
    static let kindBurstLines = 20.0
    static let kindLinesPerMinute = 12.0
    /// Kinds told apart; further ones share one place.
    static let kindsMax = 64
    /// Of a line that was left out, as much as is told.
    static let sampleBytesMax = 160

    private struct Kind {
        var key: UInt64
        var linesLeft = LogAdmission.kindBurstLines
        var refilledMicroseconds: Int64
        var missedCount = 0
        /// The last line that was left out.
        var sample = ""
    }

    private var kinds: [Kind] = []
    private var linesLeft = burstLines
    private var refilledMicroseconds: Int64 = 0

    /// How many lines of its kind were left out before this one; nil if it is left out itself.
    mutating func admit(kind key: UInt64, _ line: @autoclosure () -> String, at microseconds: Int64) -> Int? {
        refill(microseconds)
        let place = place(key, microseconds)
        guard linesLeft >= 1, kinds[place].linesLeft >= 1 else {
            kinds[place].missedCount += 1
            kinds[place].sample = String(decoding: line().utf8.prefix(Self.sampleBytesMax), as: UTF8.self)
            return nil
        }
        linesLeft -= 1
        kinds[place].linesLeft -= 1
        defer { kinds[place].missedCount = 0 }
        return kinds[place].missedCount
    }

    /// What was left out of kinds that have come no more since, told once.
    mutating func takeMissed(at microseconds: Int64) -> [(count: Int, sample: String)] {
        refill(microseconds)
        var missed: [(count: Int, sample: String)] = []
        for place in kinds.indices where kinds[place].missedCount > 0 && linesLeft >= 1 {
            linesLeft -= 1
            missed.append((kinds[place].missedCount, kinds[place].sample))
            kinds[place].missedCount = 0
        }
        return missed
    }

    var kindCount: Int { kinds.count }

    private mutating func refill(_ microseconds: Int64) {
        let gained = Double(max(0, microseconds - refilledMicroseconds)) / 1_000_000
        linesLeft = min(Self.burstLines, linesLeft + gained * Self.linesPerSecond)
        refilledMicroseconds = microseconds
    }

    private mutating func place(_ key: UInt64, _ microseconds: Int64) -> Int {
        // The last place is everybody's who came too late.
        let place = kinds.firstIndex { $0.key == key } ?? min(kinds.count, Self.kindsMax - 1)
        guard place < kinds.count else {
            kinds.append(Kind(key: key, refilledMicroseconds: microseconds))
            return place
        }
        let gained = Double(max(0, microseconds - kinds[place].refilledMicroseconds)) / 60_000_000
        kinds[place].linesLeft = min(Self.kindBurstLines, kinds[place].linesLeft + gained * Self.kindLinesPerMinute)
        kinds[place].refilledMicroseconds = microseconds
        return place
    }
}
