// How full the tables are that are not for hosts to see: for the laboratory, which holds each against its limit.
extension Relay {
    /// The tables that a relay keeps for messages and their answers.
    package enum Table: CaseIterable {
        case ownMessages, registryMessages, answers, confirms, unanswered
    }

    /// Tells `body` of each table how much is in it, the fullest of several, and how much may be.
    package func eachTable(_ body: (Table, _ count: Int, _ limit: Int) -> Void) {
        let waiting = scheduler.waiting
        body(.ownMessages, waiting.ownMessages, Scheduler.ownMessagesMax)
        body(.registryMessages, waiting.registryMessages, Scheduler.registryMessagesMax)
        body(.answers, waiting.answers, ReplyQueue.answersMax)
        body(.confirms, waiting.confirms, ReplyQueue.confirmsMax)
        var unanswered = 0
        for link in 0..<LinkNumber(LinkNumbers.countMax) { unanswered = max(unanswered, custody.windows.count(link)) }
        body(.unanswered, unanswered, AnswerWindows.windowMax)
    }

    /// Packets that may be held at once.
    package static var packetsMax: Int { PacketPool.slotCount }
}
