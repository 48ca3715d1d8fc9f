import Wire

/// The answers and confirmations that wait for one link: the latest 64 answers, as many as packets may be unanswered, and
/// the latest 64 confirmations. One that gives way is not lost for good: its packet is handed on again, and answered.
struct ReplyQueue {
    static let answersMax = 64
    static let confirmsMax = 64
    /// A message is sent once so many replies wait, or the oldest has waited for `gatherMicroseconds`: one message of
    /// twenty answers costs a tenth of twenty messages.
    static let gatherCount = 32
    static let gatherMicroseconds: Int64 = 20_000

    private var answers = InlineArray<64, PacketAnswer>(repeating: PacketAnswer(frameNumber: 0, answer: .accepted))
    private var confirms = InlineArray<64, UInt64>(repeating: 0)
    private(set) var answerCount = 0
    private(set) var confirmCount = 0
    private var answersSince = Instant.never
    private var confirmsSince = Instant.never

    mutating func add(_ answer: PacketAnswer, now: Instant) {
        if answerCount == Self.answersMax {
            answerCount &-= 1
            for index in 0..<answerCount { answers[index] = answers[index &+ 1] }
        }
        if answerCount == 0 { answersSince = now }
        answers[answerCount] = answer
        answerCount &+= 1
    }

    mutating func confirm(_ eventID: UInt64, now: Instant) {
        for index in 0..<confirmCount where confirms[index] == eventID { return }
        if confirmCount == Self.confirmsMax { dropConfirms(1) }
        if confirmCount == 0 { confirmsSince = now }
        confirms[confirmCount] = eventID
        confirmCount &+= 1
    }

    /// When a message of answers should go, the distant future if there is none.
    var answersDue: Instant { Self.due(answerCount, answersSince) }
    var confirmsDue: Instant { Self.due(confirmCount, confirmsSince) }

    var answersBody: Int { answerCount &* FrameLayout.bytesAnswer }
    var confirmsBody: Int { min(confirmCount, FrameLayout.confirmMax) &* FrameLayout.bytesIdentifier }

    /// Moves all answers into a message at the start of `target`. Returns its bytes: type and body.
    mutating func takeAnswers(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = ByteWriter(target)
        try writer.integer(MessageType.answers.rawValue)
        for index in 0..<answerCount {
            try writer.integer(answers[index].frameNumber)
            try writer.integer(answers[index].answer.rawValue)
        }
        answerCount = 0
        return writer.count
    }

    /// Moves up to 32 confirmations into a message at the start of `target`. Returns its bytes: type and body.
    mutating func takeConfirms(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        let count = min(confirmCount, FrameLayout.confirmMax)
        var writer = ByteWriter(target)
        try writer.integer(MessageType.confirm.rawValue)
        for index in 0..<count { try writer.integer(confirms[index]) }
        dropConfirms(count)
        return writer.count
    }

    /// The host lends nothing any more: what was accepted is no longer held, and confirmations are others' affairs.
    mutating func withdraw() {
        confirmCount = 0
        for index in 0..<answerCount where answers[index].answer == .accepted { answers[index].answer = .notNow }
    }

    mutating func removeAll() {
        answerCount = 0
        confirmCount = 0
    }

    private mutating func dropConfirms(_ count: Int) {
        confirmCount &-= count
        for index in 0..<confirmCount { confirms[index] = confirms[index &+ count] }
    }

    private static func due(_ count: Int, _ since: Instant) -> Instant {
        if count == 0 { return .never }
        return count >= gatherCount ? since : since.advanced(microseconds: gatherMicroseconds)
    }
}
