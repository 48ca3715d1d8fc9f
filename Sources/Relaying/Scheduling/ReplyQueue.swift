import Consent
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
    /// "Accepted" waits so long for the event's confirmation, which mostly comes by then: one answer instead of two
    /// messages, a fifth of a hop's airtime. The neighbour tries others only after ten times as long.
    static let confirmationMicroseconds: Int64 = 500_000

    private struct Entry {
        var answer = PacketAnswer(frameNumber: 0, answer: .refused)
        /// Of what was accepted, and may be confirmed yet; else one of the two below.
        var grant = Entry.final
        var eventID: UInt64 = 0
        var mayChange: Bool { grant >= 0 }

        static let final = GrantIndex(-1)
        /// It says "confirmed" in the place of a confirmation.
        static let confirms = GrantIndex(-2)
    }

    private var answers = InlineArray<64, Entry>(repeating: Entry())
    private var confirms = InlineArray<64, UInt64>(repeating: 0)
    private(set) var answerCount = 0
    private(set) var confirmCount = 0
    private var answersSince = Instant.never
    /// Since when an answer waits that no confirmation will improve.
    private var finalSince = Instant.never
    private var confirmsSince = Instant.never

    /// - Parameter event: of what was accepted, if it may be confirmed soon.
    mutating func add(_ answer: PacketAnswer, of event: ConfirmedEvent?, now: Instant) {
        if answerCount == Self.answersMax {
            if answers[0].grant == Entry.confirms { confirm(answers[0].eventID, now: now) }
            answerCount &-= 1
            for index in 0..<answerCount { answers[index] = answers[index &+ 1] }
        }
        if answerCount == 0 { (answersSince, finalSince) = (now, .never) }
        var entry = Entry(answer: answer)
        if let event, answer.answer == .accepted { (entry.grant, entry.eventID) = (event.grant, event.eventID) }
        answers[answerCount] = entry
        answerCount &+= 1
        if !entry.mayChange { finalSince = min(finalSince, now) }
    }

    /// What became of an accepted event while answers wait to say that it was accepted: they say this instead. Returns
    /// whether there was one.
    mutating func change(answersOf event: ConfirmedEvent, to answer: Answer, now: Instant) -> Bool {
        var isFound = false
        for index in 0..<answerCount
        where answers[index].eventID == event.eventID && answers[index].grant == event.grant {
            answers[index].answer.answer = answer
            answers[index].grant = answer == .confirmed ? Entry.confirms : Entry.final
            isFound = true
        }
        if isFound { finalSince = min(finalSince, now) }
        return isFound
    }

    mutating func confirm(_ eventID: UInt64, now: Instant) {
        for index in 0..<confirmCount where confirms[index] == eventID { return }
        if confirmCount == Self.confirmsMax { dropConfirms(1) }
        if confirmCount == 0 { confirmsSince = now }
        confirms[confirmCount] = eventID
        confirmCount &+= 1
    }

    /// When a message of answers should go, the distant future if there is none. The host's own are not gathered.
    func answersDue(isOwn: Bool) -> Instant {
        guard answerCount > 0, answerCount < Self.gatherCount else { return answerCount > 0 ? answersSince : .never }
        let patient = answersSince.advanced(microseconds: Self.confirmationMicroseconds)
        return finalSince == .never ? patient : min(patient, Self.due(1, finalSince, isOwn))
    }

    func confirmsDue(isOwn: Bool) -> Instant { Self.due(confirmCount, confirmsSince, isOwn) }

    var answersBody: Int { answerCount &* FrameLayout.bytesAnswer }
    var confirmsBody: Int { min(confirmCount, FrameLayout.confirmMax) &* FrameLayout.bytesIdentifier }

    /// Moves all answers into a message at the start of `target`. Returns its bytes: type and body.
    mutating func takeAnswers(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int {
        var writer = ByteWriter(target)
        try writer.integer(MessageType.answers.rawValue)
        for index in 0..<answerCount {
            try writer.integer(answers[index].answer.frameNumber)
            try writer.integer(answers[index].answer.answer.rawValue)
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
        for index in 0..<answerCount
        where answers[index].answer.answer == .accepted || answers[index].grant == Entry.confirms {
            answers[index].answer.answer = .notNow
            answers[index].grant = Entry.final
            finalSince = min(finalSince, answersSince)
        }
    }

    mutating func removeAll() {
        answerCount = 0
        confirmCount = 0
    }

    private mutating func dropConfirms(_ count: Int) {
        confirmCount &-= count
        for index in 0..<confirmCount { confirms[index] = confirms[index &+ count] }
    }

    private static func due(_ count: Int, _ since: Instant, _ isOwn: Bool) -> Instant {
        if count == 0 { return .never }
        return isOwn || count >= gatherCount ? since : since.advanced(microseconds: gatherMicroseconds)
    }
}
