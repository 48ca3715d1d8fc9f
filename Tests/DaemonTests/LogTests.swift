import Foundation
import Logging
import Testing

@testable import Daemon

/// What is logged, how much of it, and what never is.
@Suite(.serialized) struct LogTests {
    @Test func oneKindOfMessageCannotCrowdOutAnother() {
        var admission = LogAdmission()
        let admitted = (0..<1_000).count { _ in admission.admit(kind: 1, "again", at: 1_000) != nil }
        #expect(admitted == Int(LogAdmission.kindBurstLines))
        #expect(admission.admit(kind: 2, "other", at: 1_000) == 0)
        // Five seconds later there is room for one more of the first kind, and it tells of those before.
        #expect(admission.admit(kind: 1, "again", at: 5_001_000) == 1_000 - admitted)
        #expect(admission.admit(kind: 1, "again", at: 5_001_000) == nil)
        let missed = admission.takeMissed(at: 5_001_000)
        #expect(missed.map(\.count) == [1])
        #expect(missed.first?.sample == "again")
        #expect(admission.takeMissed(at: 5_001_000).isEmpty)
    }

    @Test func allKindsTogetherAndTheirNumberAreBounded() {
        var admission = LogAdmission()
        let admitted = (0..<10_000).count { admission.admit(kind: UInt64($0), "line \($0)", at: 7) != nil }
        #expect(admission.kindCount == LogAdmission.kindsMax)
        #expect(admitted == LogAdmission.kindsMax - 1 + Int(LogAdmission.kindBurstLines))
        let lines = (0..<1_000).count { admission.admit(kind: UInt64($0 % 40), "x", at: 8) != nil }
        #expect(lines <= Int(LogAdmission.burstLines))
    }

    @Test func longLinesAreNotKeptWhole() {
        var admission = LogAdmission()
        for _ in 0..<30 { _ = admission.admit(kind: 1, String(repeating: "x", count: 10_000), at: 1) }
        #expect(admission.takeMissed(at: 1).allSatisfy { $0.sample.utf8.count <= LogAdmission.sampleBytesMax })
    }

    @Test func journalGetsAPriorityAndEverybodyElseATime() {
        func line(_ level: Logger.Level, _ isJournal: Bool) -> String {
            String(decoding: StandardErrorLog.line(level, "a\nb", isJournal: isJournal, unixSeconds: 0), as: UTF8.self)
        }
        let priorities = Logger.Level.allCases.map { line($0, true) }
        #expect(priorities == [7, 7, 6, 5, 4, 3, 2].map { "<\($0)>a?b\n" })
        #expect(line(.error, false) == "1970-01-01T00:00:00Z error a?b\n")
    }

    /// At the most talkative level, over all that happens on a street.
    @Test func logTellsNothingOfOthersAtAnyLevel() async throws {
        try await TestStreet.with { street in
            try street.lay("Quagga <-> Okapi", "Okapi <-> Numbat", "sensor -> Numbat")
            let broker = try await street.startBroker()
            let houses = ["Quagga", "Okapi", "Numbat"].map(street.house)
            for (index, house) in houses.enumerated() {
                try house.write("log: {level: trace}\n" + (index == 0 ? broker.settings : ""))
                try await house.start()
            }
            try await houses[0].tell("network", "create", "Zebra Street")
            for index in 1...2 { try await street.join(houses[index], by: houses[index - 1]) }
            for house in houses.dropFirst() { try await house.tell("opt-in", "hosting") }
            try await street.enrol(at: houses[0])
            try await street.wait("the grant is known", seconds: 30) { try await houses[2].liveGrants() == 1 }
            try await street.wait("a way home") { try await houses[2].json("status")["routeCount"] as? Int ?? 0 >= 2 }
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count("sidegate/letter_box/opening ON") == 1 }
            try await houses[1].end(SIGKILL)
            try await houses[1].start()
            try await houses[2].tell("opt-out", "hosting")
            try await houses[0].tell("device", "revoke", TestStreet.deviceName)
            let members = try await houses[0].json("network", "members")["members"] as? [[String: Any]] ?? []
            let ids = members.compactMap { $0["id"] as? String }
            #expect(ids.count == 3)
            for house in houses { try await house.end() }
            for house in houses { Self.check(house, others: houses.map(\.name).filter { $0 != house.name }, ids) }
        }
    }

    private static func check(_ house: StreetHouse, others: [String], _ ids: [String]) {
        let log = house.log
        #expect(log.contains("is running"))
        // Its own paths bear the house's own name only.
        for name in others { #expect(!log.contains(name), "\(house.name) names \(name):\n\(log)") }
        for id in ids { #expect(!log.lowercased().contains(id.lowercased()), "\(house.name) tells an id:\n\(log)") }
        if house.name != "Quagga" {
            for word in [TestStreet.deviceName, "letter_box"] { #expect(!log.contains(word)) }
        }
        for pattern in ["([0-9A-Fa-f]{2}[:-]){5}[0-9A-Fa-f]{2}", "\\b[0-9a-fA-F]{12,}\\b"] {
            let found = log.range(of: pattern, options: .regularExpression).map { String(log[$0]) }
            #expect(found == nil, "\(house.name):\n\(log)")
        }
    }
}
