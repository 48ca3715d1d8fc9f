import RadioInterface
import Testing
import Wire

@testable import Daemon

@Suite struct TroubleLogTests {
    private func trouble(_ count: Int, kind: String = "refused") -> [RadioTrouble] {
        [RadioTrouble(kind, count, "channels refused")]
    }

    @Test func troubleIsToldAtOnceAndWhatComesOfItOnceAnHour() {
        var log = TroubleLog()
        let start = Instant(microseconds: 5_000_000)
        #expect(log.lines(trouble(0), now: start).isEmpty)
        #expect(log.lines(trouble(2), now: start) == ["channels refused: 2"])
        for minute in 1..<60 {
            #expect(log.lines(trouble(2 + 100 * minute), now: start.advanced(seconds: Int64(60 * minute))).isEmpty)
        }
        let hour = start.advanced(seconds: 3_600)
        #expect(
            log.lines(trouble(6_002), now: hour) == ["channels refused: 6000 in 60 min, 6002 since the start"])
        #expect(log.lines(trouble(6_002), now: hour.advanced(seconds: 86_400)).isEmpty, "nothing new")
    }

    @Test func eachKindHasAnHourOfItsOwn() {
        var log = TroubleLog()
        let start = Instant(microseconds: 0)
        #expect(log.lines(trouble(1), now: start).count == 1)
        #expect(log.lines(trouble(1) + trouble(7, kind: "broken"), now: start) == ["channels refused: 7"])
    }
}
