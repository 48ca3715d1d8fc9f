import Foundation
import Testing

/// Schedules and temporary noes, on real processes.
@Suite(.serialized) struct HostTimeStreetTests {
    private static func hosting(_ house: StreetHouse) async throws -> (lends: Bool, noes: [String]) {
        let hosting = try await house.json("status")["hosting"] as? [String: Any]
        return (hosting?["lends"] as? Bool ?? false, hosting?["noes"] as? [String] ?? [])
    }

    /// Seconds since 1970, UTC.
    private static var now: Int { Int(Date().timeIntervalSince1970) }

    @Test func temporaryNoOutlivesAKillEndsByItselfAndTakesNoOtherNoWithIt() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("opt-in", "hosting")
            let spoken = try await one.tell("opt-out", "hosting", "--for", "2h")
            #expect(spoken.contains("opted out by command until "))
            #expect(spoken.contains("sidegate opt-in hosting lifts it"))
            try await one.end(SIGKILL)
            try await one.start()
            #expect(try await Self.hosting(one).noes.count == 1)
            #expect(try await Self.hosting(one).noes.first?.hasPrefix("opted out by command until ") == true)
            try await one.tell("opt-in", "hosting")
            #expect(try await Self.hosting(one).lends)

            let body = "{\"what\":\"hosting\",\"untilUnixSeconds\":\(Self.now + 3)}"
            #expect(await status(one.socket, "POST", "/v1/noes", body: body) == 200)
            #expect(try await !Self.hosting(one).lends)
            try await street.wait("the no is over") { try await Self.hosting(one).lends }

            let other = "{\"what\":\"hosting\",\"untilUnixSeconds\":\(Self.now + 10)}"
            #expect(await status(one.socket, "POST", "/v1/noes", body: other) == 200)
            try await one.tell("opt-out", "hosting")
            #expect(try await Self.hosting(one).noes.count == 2)
            try await street.wait("one no is over") { try await Self.hosting(one).noes.count == 1 }
            #expect(try await Self.hosting(one).noes == ["opted out by command: sidegate opt-in hosting lifts it"])
        }
    }

    @Test func capsThatLeaveRoomForNothingAreToldAsNoes() async throws {
        try await TestStreet.with { street in
            let house = street.house("one")
            try house.write("hosting: {month_megabytes: 0, rate_bits_per_second: 0, classes: []}")
            try await house.start()
            try await house.tell("opt-in", "hosting", expecting: 1)
            let hosting = try await Self.hosting(house)
            #expect(!hosting.lends)
            for key in ["classes is empty", "rate_bits_per_second is 0", "month_megabytes is 0"] {
                #expect(hosting.noes.contains { $0.contains("hosting.\(key)") })
            }
        }
    }

    @Test func noWithAnEndLiftsNoneThatTheDiskRefused() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("opt-in", "hosting")
            try one.limitFiles("1")
            #expect(try await one.ask("opt-out", "hosting").code == 4)
            try one.limitFiles("unlimited")
            try await street.wait("the disk works again") {
                try await !Self.hosting(one).noes.contains { $0.contains("the disk fails") }
            }
            try await one.tell("opt-out", "hosting", "--for", "2h")
            #expect(try await Self.hosting(one).noes.count == 2)
            try await one.end(SIGKILL)
            try await one.start()
            #expect(try await Self.hosting(one).noes.count == 2)
        }
    }

    @Test func endThatHasPassedIsTooFarOrStandsWithAnotherSubjectIsRefused() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            for body in [
                "{\"what\":\"hosting\",\"untilUnixSeconds\":\(Self.now - 1)}",
                "{\"what\":\"hosting\",\"untilUnixSeconds\":\(Self.now + 400 * 86_400)}",
                "{\"what\":\"hosting\",\"untilUnixSeconds\":\"18:00\"}",
                "{\"what\":\"requests\",\"untilUnixSeconds\":\(Self.now + 60)}",
            ] {
                #expect(await status(one.socket, "POST", "/v1/noes", body: body) == 400)
            }
            let yes = "{\"what\":\"hosting\",\"untilUnixSeconds\":\(Self.now + 60)}"
            #expect(await status(one.socket, "POST", "/v1/yeses", body: yes) == 400)
            for words in [
                ["--until", "25:00"], ["--until", "2026-02-30T10:00"], ["--until", "2020-01-01T10:00"], ["--for", "2"],
                ["--for", "0h"], ["--for", "400d"], ["--until", "18:00", "--for", "2h"],
            ] {
                let outcome = try await ControlCommandTests.run(
                    ["opt-out", "hosting"] + words, environment: ["SIDEGATE_SOCKET": one.socket])
                #expect(outcome.code == 2, "\(words)")
            }
            #expect(try await one.ask("opt-out", "requests", "--for", "2h").code == 2)
        }
    }

    @Test func scheduleSaysWhyNothingIsLentAndOpensAtTheMinute() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write("hosting: {schedule: []}")
            try await one.start()
            try await one.tell("opt-in", "hosting", expecting: 1)
            #expect(try await Self.hosting(one).noes == ["outside the schedule: hosting.schedule has no window"])
            try one.write("hosting: {schedule: [\"\(Self.clock(Self.now + 60))-\(Self.clock(Self.now + 3_600))\"]}")
            one.signal(SIGHUP)
            try await street.wait("the new schedule is in force") {
                try await Self.hosting(one).noes.first?.contains("hosting.schedule opens") == true
            }
            try await street.wait("the window opens", seconds: 70) { try await Self.hosting(one).lends }
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
