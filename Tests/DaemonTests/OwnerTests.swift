import Foundation
import Testing

/// What an owner asks, of real processes on a virtual air.
@Suite(.serialized) struct OwnerTests {
    private func device(_ house: StreetHouse) async throws -> [String: Any] {
        let list = try await house.json("device", "list")["devices"] as? [[String: Any]]
        return try #require(list?.first)
    }

    private func noes(_ house: StreetHouse) async throws -> [String] {
        let steps = try await house.json("device", "trace", TestStreet.deviceName)["steps"] as? [[String: Any]] ?? []
        return steps.filter { $0["state"] as? String == "no" }.compactMap { $0["step"] as? String }
    }

    @Test func ownerSeesWhatWasMissedWhyNothingArrivesAndMendsIt() async throws {
        try await TestStreet.with { street in
            let (left, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            #expect(try await noes(left) == ["hear"])
            let test = try await left.json("device", "test", TestStreet.deviceName)
            let neighbours = test["neighbours"] as? [[String: Any]] ?? []
            #expect(neighbours.map { $0["name"] as? String } == ["middle"])
            #expect(neighbours.first?["milliseconds"] is Int)
            #expect(try await self.device(left)["received"] as? Int == 0)
            try await middle.tell("opt-out", "hosting")
            #expect(try await left.ask("device", "test", TestStreet.deviceName).code == 1, "too soon")
            try await Task.sleep(for: .seconds(10))
            let unanswered = try await left.ask("device", "test", TestStreet.deviceName)
            #expect(unanswered.code == 1)
            #expect(unanswered.output.contains("middle: did not come back"))
            try await middle.tell("opt-in", "hosting")
            try await street.wait("a way home") { try await right.json("status")["routeCount"] as? Int ?? 0 >= 2 }
            try await street.emit(5001, "opening=1", "battery=90")
            try await street.emit(5004, "opening=0")
            try await street.wait("both events are at the broker") {
                broker.count("sidegate/letter_box/opening OFF") == 1
            }
            #expect(broker.count("sidegate/letter_box/available online") == 1)
            var device = try await device(left)
            #expect(device["battery"] as? Int == 90)
            #expect(device["received"] as? Int == 2)
            #expect(device["missed"] as? Int == 2)
            #expect(device["isSilent"] as? Bool == false)
            let clear = try await left.ask("device", "trace", TestStreet.deviceName)
            #expect(clear.code == 0, "\(clear.output)")

            // Figures and silence survive a kill.
            try await left.end(SIGKILL)
            try await left.start()
            device = try await self.device(left)
            #expect(device["missed"] as? Int == 2)
            try await street.wait("linked again", seconds: 60) { try await left.linkCount() == 1 }
            try await street.wait("a way home", seconds: 60) {
                try await right.json("status")["routeCount"] as? Int ?? 0 >= 2
            }

            // A new battery: the device counts anew.
            var counter = 0
            var trace = try await left.ask("device", "trace", TestStreet.deviceName)
            do {
                try await street.wait("the trace says so", seconds: 60) {
                    // Again, should the way home not stand yet.
                    counter += 1
                    try await street.emit(counter, "opening=1", "battery=100")
                    try await Task.sleep(for: .seconds(2))
                    trace = try await left.ask("device", "trace", TestStreet.deviceName)
                    return try await noes(left) == ["open"]
                }
            } catch {
                throw StreetFailure("\(error): \(trace.output)")
            }
            #expect(trace.code == 1)
            #expect(trace.output.contains("sidegate device reset-counter \"Letter box\""))
            try await left.tell("device", "reset-counter", TestStreet.deviceName, "--yes")
            try await street.emit(100, "opening=1", "battery=100")
            try await street.wait("it is let in again") { broker.count("sidegate/letter_box/battery 100") == 1 }
            try await left.end(SIGKILL)
            try await left.start()
            #expect(try await self.device(left)["received"] as? Int == 3)
            #expect(try await self.device(left)["missed"] as? Int == 2)

            broker.stop()
            try await middle.end()
            try await street.wait("two noes") { try await noes(left) == ["carry", "deliver"] }
            #expect(try await left.ask("device", "trace", "no such device").code == 1)
            #expect(try await left.ask("device", "reset-counter", "no such device", "--yes").code == 1)
        }
    }
}
