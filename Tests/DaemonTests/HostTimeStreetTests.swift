import Foundation
import Testing

/// Temporary noes, on real processes.
@Suite(.serialized) struct HostTimeStreetTests {
    static func hosting(_ house: StreetHouse) async throws -> (lends: Bool, noes: [String]) {
        let hosting = try await house.json("status")["hosting"] as? [String: Any]
        return (hosting?["lends"] as? Bool ?? false, hosting?["noes"] as? [String] ?? [])
    }

    /// Seconds since 1970, UTC.
    static var now: Int { Int(Date().timeIntervalSince1970) }

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

            try await Self.refuse(one, seconds: 3) { try await !Self.hosting(one).lends }
            try await street.wait("the no is over", seconds: 120) { try await Self.hosting(one).lends }

            try await Self.refuse(one, seconds: 5) {
                try await one.tell("opt-out", "hosting")
                return try await Self.hosting(one).noes.count == 2
            }
            try await street.wait("one no is over", seconds: 120) { try await Self.hosting(one).noes.count == 1 }
            #expect(try await Self.hosting(one).noes == ["opted out by command: sidegate opt-in hosting lifts it"])
        }
    }

    /// Says no for so long, and looks at `holds` before the no is over: for longer where there was no time for it.
    private static func refuse(_ house: StreetHouse, seconds: Int, _ holds: () async throws -> Bool) async throws {
        for seconds in [seconds, 6 * seconds, 20 * seconds] {
            let end = now + seconds
            let body = "{\"what\":\"hosting\",\"untilUnixSeconds\":\(end)}"
            #expect(await status(house.socket, "POST", "/v1/noes", body: body) == 200)
            let held = try await holds()
            guard now < end else { continue }
            #expect(held)
            return
        }
        Issue.record("no time to look within \(20 * seconds) s")
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
}
