import Testing

@testable import Bridging

/// What is still to be told to one neighbour of the registry.
struct RecordExchangeTests {
    @Test func recordThatCameBeforeWhatItHangsOnIsAskedForOnceMore() {
        var exchange = RecordExchange()
        exchange.cameEarly(7)
        exchange.cameEarly(7)
        #expect(exchange.isIdle, "nothing can be asked for yet")
        exchange.askForEarly()
        #expect(Array(exchange.nextWanted(10)) == [7])
        #expect(exchange.early.isEmpty)
    }

    @Test func recordsThatCameEarlyAreBounded() {
        var exchange = RecordExchange()
        for id in 0..<1_000 as Range<UInt64> { exchange.cameEarly(id) }
        #expect(exchange.early.count == RecordExchange.earlyMax)
    }

    @Test func queuesOfRecordsAreBounded() {
        var exchange = RecordExchange()
        for id in 0..<10_000 as Range<UInt64> {
            exchange.push(id, isNo: id % 2 == 0)
            exchange.want(id)
        }
        #expect(exchange.noes.count == RecordExchange.queueMax && exchange.others.count == RecordExchange.queueMax)
        #expect(exchange.wanted.count == RecordExchange.queueMax)
        #expect(exchange.nextRecord == 0, "noes go first")
    }

    /// On these streets a pushed record overtook the lists of a new link.
    @Test(
        arguments: [(StreetPlan.Kind.calm, 1015), (.calm, 4002), (.calm, 7013), (.wild, 7000)]
            as [(StreetPlan.Kind, UInt64)])
    func everybodyLearnsEveryRecordHoweverLinksComeUp(kind: StreetPlan.Kind, seed: UInt64) throws {
        #expect(try StreetPlan(kind, seed: seed).build().failures == [])
    }
}
