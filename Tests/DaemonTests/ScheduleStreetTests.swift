import Foundation
import Testing

/// A schedule of hosting, on a real process: it waits for the clock's next minute, beside all else.
@Suite struct ScheduleStreetTests {
    @Test func scheduleSaysWhyNothingIsLentAndOpensAtTheMinute() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write("hosting: {schedule: []}")
            try await one.start()
            try await one.tell("opt-in", "hosting", expecting: 1)
            let noes = try await HostTimeStreetTests.hosting(one).noes
            #expect(noes == ["outside the schedule: hosting.schedule has no window"])
            // A whole minute, twenty seconds or more from here.
            let opens = HostTimeStreetTests.now + 79
            try one.write("hosting: {schedule: [\"\(Self.clock(opens))-\(Self.clock(opens + 3_600))\"]}")
            one.signal(SIGHUP)
            try await street.wait("the new schedule is in force") {
                try await HostTimeStreetTests.hosting(one).noes.first?.contains("hosting.schedule opens") == true
            }
            try await street.wait("the window opens", seconds: 140) { try await HostTimeStreetTests.hosting(one).lends }
        }
    }

    /// `18:00`, as the local clock shows it.
    private static func clock(_ unixSeconds: Int) -> String {
        var seconds = time_t(unixSeconds)
        var parts = tm()
        localtime_r(&seconds, &parts)
        return String(format: "%02d:%02d", parts.tm_hour, parts.tm_min)
    }
}
