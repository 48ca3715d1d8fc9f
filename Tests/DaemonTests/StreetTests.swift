import ControlAPI
import Devices
import Foundation
import Sealing
import Testing
import Wire

/// The daemon as a user meets it: real processes, a real broker, a virtual air.
@Suite(.serialized) struct StreetTests {
    private static let opened = "sidegate/letter_box/opening ON"
    private static let closed = "sidegate/letter_box/opening OFF"

    @Test func eventComesHomeOverABridgeThatSeesNothingOfIt() async throws {
        try await TestStreet.with { street in
            let (left, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1001, "opening=1", "battery=90")
            try await street.wait("the event is at the broker") { broker.count(Self.opened) == 1 }
            #expect(broker.count("sidegate/letter_box/battery 90") == 1)
            #expect(try await middle.lentPackets() == 1)
            #expect(try await right.lentPackets() == 1)

            let needles = try Self.needles(counter: 1001)
            let own = try StreetMemory.found(needles, in: left.processID)
            #expect(own.names.contains("bind key"), "the home holds its key: what cannot be found there proves nothing")
            let (names, bytes) = try StreetMemory.found(needles, in: middle.processID)
            #expect(names.isEmpty, "in the middle's memory")
            #expect(bytes > 1_000_000)
            #expect(StreetMemory.found(needles, below: middle.directory).isEmpty)
            #expect(StreetMemory.found(needles, below: middle.logFile).isEmpty)
            for question in [["status"], ["device", "list"], ["ledger"], ["network", "members"]] {
                let answer = try await ControlCommandTests.run(
                    question + ["--json"], environment: ["SIDEGATE_SOCKET": middle.socket])
                #expect(answer.code == 0)
                #expect(!answer.output.contains(TestStreet.deviceName))
                #expect(!answer.output.contains(TestStreet.sensor))
            }
        }
    }

    @Test func hostsNoHoldsOverKillAndRestart() async throws {
        try await TestStreet.with { street in
            let (_, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count(Self.opened) == 1 }
            try await middle.tell("opt-out", "hosting")
            let before = try await middle.lentPackets()
            #expect(before == 1)
            try await street.emit(2, "opening=0")
            try await middle.end(SIGKILL)
            try await middle.start()
            try await street.wait("linked again", seconds: 60) { try await middle.linkCount() == 2 }
            let status = try await middle.json("status")
            #expect((status["hosting"] as? [String: Any])?["lends"] as? Bool == false)
            try await street.emit(3, "opening=0")
            // What was held at the right goes nowhere for as long as an event waits for a route.
            try await street.wait("the right has dropped it", seconds: 30) {
                try await (right.json("status")["holdings"] as? [String: Any])?["packets"] as? Int == 0
            }
            #expect(broker.count(Self.closed) == 0)
            #expect(try await middle.lentPackets() <= before)
            try await middle.tell("opt-in", "hosting")
            try await street.wait("a way home") { try await right.json("status")["routeCount"] as? Int ?? 0 >= 2 }
            try await street.emit(4, "opening=0")
            try await street.wait("events arrive again") { broker.count(Self.closed) == 1 }
        }
    }

    @Test func nothingConfirmedIsLostAndNothingFiresTwiceOverBrokersAndBridgesEnds() async throws {
        try await TestStreet.with { street in
            let (left, _, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count(Self.opened) == 1 }
            broker.stop()
            try await street.emit(2, "opening=0", "battery=77")
            try await street.wait("the event waits on disk") {
                let state = try await left.json("status")["broker"] as? [String: Any]
                return state?["outboxCount"] as? Int ?? 0 >= 2
            }
            try await street.wait("the right is told so") {
                try await (right.json("status")["holdings"] as? [String: Any])?["packets"] as? Int == 0
            }
            try await left.end(SIGKILL)
            try await broker.start()
            try await left.start()
            try await street.wait("what was confirmed arrives") { broker.count(Self.closed) >= 1 }
            // The same frames once more: what was opened before the end is not opened again.
            try await street.wait("a way home", seconds: 60) {
                try await right.json("status")["routeCount"] as? Int ?? 0 >= 2
            }
            try await street.emit(1, "opening=1")
            try await street.emit(2, "opening=0", "battery=77")
            try await street.emit(3, "opening=1", "battery=76")
            // Its battery comes before its opening.
            try await street.wait("the next event arrives") {
                broker.count("sidegate/letter_box/battery 76") == 1 && broker.count(Self.opened) >= 2
            }
            #expect(broker.count(Self.opened) == 2)
            #expect(broker.count(Self.closed) == 1)
            #expect(broker.count("sidegate/letter_box/battery 77") == 1)
        }
    }

    @Test func ownerSaysNoForADeviceAndYesAndRevokes() async throws {
        try await TestStreet.with { street in
            let (left, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await left.tell("opt-out", "device", TestStreet.deviceName)
            try await street.wait("the no has come to the right") { try await right.liveGrants() == 0 }
            try await street.emit(1, "opening=1")
            try await left.tell("opt-in", "device", TestStreet.deviceName)
            try await street.wait("the yes has come to the right") { try await right.liveGrants() == 1 }
            try await street.emit(2, "opening=0")
            try await street.wait("the event is at the broker") { broker.count(Self.closed) == 1 }
            #expect(broker.count(Self.opened) == 0)
            try await left.tell("device", "revoke", TestStreet.deviceName)
            try await street.wait("the revocation has come to the right") { try await right.liveGrants() == 0 }
            try await left.tell("device", "remove", TestStreet.deviceName, "--yes")
            try await right.tell("network", "leave", "--yes")
            try await street.wait("the middle has learnt of it") {
                (try await middle.json("network", "members")["members"] as? [Any])?.count == 2
            }
            #expect(try await right.json("status")["network"] == nil)
            // Whoever left can be invited again.
            try await street.join(right, by: middle)
            try await street.wait("linked again") { try await right.linkCount() == 1 }
        }
    }

    @Test func diskThatFailsSuspendsLendingUntilItWorksAgain() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("opt-in", "hosting")
            // No file may grow, or be written beyond its first byte.
            try one.limitFiles("1")
            #expect(try await one.ask("opt-in", "requests").code == 4)
            func lends() async throws -> Bool? {
                try await (one.json("status")["hosting"] as? [String: Any])?["lends"] as? Bool
            }
            try await street.wait("lending is suspended") { try await lends() == false }
            try one.limitFiles("unlimited")
            try await street.wait("lending goes on") { try await lends() == true }
            try await one.tell("opt-in", "requests")
        }
    }

    @Test func settingsAreReadAgainAndWrongOnesSuspendLending() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("opt-in", "hosting")
            func lends() async throws -> Bool? {
                try await (one.json("status")["hosting"] as? [String: Any])?["lends"] as? Bool
            }
            #expect(try await lends() == true)
            try one.write("hosting: {opt_out: true}")
            try await street.wait("the file's no is in force without a signal") { try await lends() == false }
            #expect(try await one.ask("opt-in", "hosting").code == 1)
            try one.write("links_max: 2")
            try await street.wait("it ends with the file's") { try await lends() == true }
            #expect(try await one.json("status")["linksMax"] as? Int == 4)
            one.signal(SIGHUP)
            try await street.wait("the signal takes the rest over") {
                try await one.json("status")["linksMax"] as? Int == 2
            }
            try one.write("links_max: many")
            try await street.wait("wrong settings suspend lending") { try await lends() == false }
            #expect(try await one.json("status")["linksMax"] as? Int == 2)
            #expect(one.log.contains("one.yaml:5:12"))
            one.signal(SIGHUP)
            try await Task.sleep(for: .milliseconds(300))
            #expect(try await lends() == false)
            try one.write("links_max: 3")
            try await street.wait("and right ones end that") { try await lends() == true }
        }
    }

    @Test func stopIsCleanAndASecondDaemonIsRefused() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write("mqtt: {host: 192.0.2.1, port: 1883, tls: false}")
            try await one.start()
            let process = one.process
            try one.launch()
            let second = try #require(one.process)
            try await street.wait("the second gives up") { !second.isRunning }
            #expect(second.terminationStatus == 4)
            #expect(one.log.contains("another sidegated runs on the state directory"))
            let first = try #require(process)
            kill(first.processIdentifier, SIGTERM)
            try await street.wait("the first ends", seconds: 10) { !first.isRunning }
            #expect(first.terminationReason == .exit)
            #expect(first.terminationStatus == 0)
            #expect(one.log.contains("notice stopped"))
            #expect(!FileManager.default.fileExists(atPath: one.socket))
            #expect(!one.log.contains("cut short"))
        }
    }

    @Test func wrongSettingsAreToldAndNothingStarts() async throws {
        try await TestStreet.with { street in
            let one = street.house("one")
            try one.write("hosting: {optout: true}")
            try one.launch()
            let process = try #require(one.process)
            try await street.wait("it ends") { !process.isRunning }
            #expect(process.terminationStatus == 1)
            #expect(one.log.contains("one.yaml:5:11"))
            #expect(!FileManager.default.fileExists(atPath: one.directory))
        }
    }

    /// What nobody but home and sensor may hold of the event with `counter`.
    private static func needles(counter: UInt32) throws -> [String: [UInt8]] {
        let key = try #require(Hexadecimal.bytes(TestStreet.bindKey))
        let address = try #require(DeviceAddress(TestStreet.sensor))
        let data = try BTHomeCipher(bindKey: SecretBytes(key)).seal(
            objects: ObjectWriter.bytes(words: ["opening=1", "battery=90"]), address: address, counter: counter)
        return [
            "bind key": key, "bind key in words": Array(TestStreet.bindKey.utf8), "address": address.printed,
            "address on air": address.printed.reversed(), "address in words": Array(TestStreet.sensor.utf8),
            "service data": data,
        ]
    }
}
