import Foundation
import Storage
import Testing

/// A daemon of a house with its own sensor, as troubles find it at its start.
@Suite(.serialized) struct TroubleTests {
    private static func open(_ counter: Int) -> String { "sidegate/letter_box/battery \(counter)" }

    /// A house that hears its own sensor, with a broker, that lends.
    private func layOut(_ street: TestStreet) async throws -> (StreetHouse, TestBroker) {
        try street.lay("sensor -> one")
        let broker = try await street.startBroker()
        let one = street.house("one")
        try one.write(broker.settings)
        try await one.start()
        try await one.tell("network", "create", "Elm Street")
        try await one.tell("opt-in", "hosting")
        try await street.enrol(at: one)
        try await send(1, street, broker)
        return (one, broker)
    }

    private func send(_ counter: Int, _ street: TestStreet, _ broker: TestBroker) async throws {
        try await street.wait("event \(counter) is at the broker") {
            if broker.count(Self.open(counter)) == 0 { try await street.emit(counter, "battery=\(counter)") }
            return broker.count(Self.open(counter)) > 0
        }
        // A state that the broker has not confirmed is rightly sent again after a restart.
        try await street.wait("the outbox is empty") {
            for house in street.houses where house.process != nil {
                let broker = try await house.json("status")["broker"] as? [String: Any]
                if broker?["outboxCount"] as? Int != 0 { return false }
            }
            return true
        }
    }

    private func noes(_ house: StreetHouse) async throws -> [String] {
        (try await house.json("status")["hosting"] as? [String: Any])?["noes"] as? [String] ?? []
    }

    private func lends(_ house: StreetHouse) async throws -> Bool? {
        (try await house.json("status")["hosting"] as? [String: Any])?["lends"] as? Bool
    }

    @Test func damagedDatabaseIsToldSuspendsLendingAndOwnDevicesGoOn() async throws {
        try await TestStreet.with { street in
            let (one, broker) = try await layOut(street)
            try await one.end()
            let file = one.directory + "/sidegate.sqlite"
            let handle = try #require(FileHandle(forUpdatingAtPath: file))
            try handle.write(contentsOf: [UInt8](repeating: 0xEE, count: 100))
            try handle.close()
            try await one.start()
            #expect(one.log.contains("the database was damaged"))
            #expect(one.log.contains("\(one.directory)/damaged"))
            #expect(try await lends(one) == false)
            try await send(2, street, broker)
            try await street.emit(1, "battery=1")
            try await send(3, street, broker)
            #expect(broker.count(Self.open(1)) == 1, "an event was delivered twice")
            try await one.tell("opt-in", "hosting")
            #expect(try await lends(one) == true)
        }
    }

    @Test func databaseThatCannotBeWrittenIsToldAndOwnDevicesGoOnAndNothingIsLost() async throws {
        try await TestStreet.with { street in
            let (one, broker) = try await layOut(street)
            try await one.end()
            try setMode(one, directory: 0o500, file: 0o400)
            for counter in 2...3 {
                try one.launch(withoutOverride: true)
                try await street.wait("it answers") { try await one.ask("status").code == 0 }
                #expect(
                    try await noes(one).contains { $0.contains("cannot be used") && $0.contains("restart sidegated") })
                try await send(counter, street, broker)
                let refused = try await one.ask("opt-in", "requests")
                #expect(refused.code == 4)
                #expect(refused.complaint.contains("nothing can be changed now"))
                #expect(try await one.ask("opt-out", "requests").code == 4)
                try await one.end(counter == 2 ? SIGKILL : SIGTERM)
            }
            try setMode(one, directory: 0o700, file: 0o600)
            try await one.start()
            #expect(try await lends(one) == true)
            for counter in 1...3 { try await street.emit(counter, "battery=\(counter)") }
            try await send(4, street, broker)
            for counter in 1...4 { #expect(broker.count(Self.open(counter)) == 1, "event \(counter)") }
            #expect(try await one.json("status")["showsRequests"] as? Bool == false, "the no was kept")
        }
    }

    private func setMode(_ house: StreetHouse, directory: Int, file: Int) throws {
        let manager = FileManager.default
        if directory & 0o200 != 0 {
            try manager.setAttributes([.posixPermissions: directory], ofItemAtPath: house.directory)
        }
        try manager.setAttributes([.posixPermissions: file], ofItemAtPath: "\(house.directory)/sidegate.sqlite")
        try manager.setAttributes([.posixPermissions: directory], ofItemAtPath: house.directory)
    }

    @Test func databaseThatCannotBeReadIsToldInWordsAndNothingStarts() async throws {
        try await TestStreet.with { street in
            let one = street.house("one")
            try one.write()
            try FileManager.default.createDirectory(
                atPath: one.directory, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            try Data(repeating: 0x41, count: 9_000).write(to: URL(fileURLWithPath: one.directory + "/sidegate.sqlite"))
            try one.launch()
            let process = try #require(one.process)
            try await street.wait("it ends") { !process.isRunning }
            #expect(process.terminationStatus == 4)
            #expect(one.log.contains("sidegated cannot start"))
            #expect(one.log.contains("Restore the file from a copy"))
        }
    }

    @Test func leavingTheNetworkLeavesNoKeyInAnyFile() async throws {
        try await TestStreet.with { street in
            let (one, _) = try await layOut(street)
            try await one.end()
            // A damaged file is kept with its keys: leaving takes that too.
            let handle = try #require(FileHandle(forUpdatingAtPath: one.directory + "/sidegate.sqlite"))
            try handle.write(contentsOf: [UInt8](repeating: 0xEE, count: 100))
            try handle.close()
            try await one.start()
            try await one.end()
            let keys = try Self.keys(in: one.directory)
            #expect(keys.count == 8)
            #expect(
                StreetMemory.found(keys, below: one.directory).count == keys.count, "the search finds what is there")
            #expect(FileManager.default.fileExists(atPath: one.directory + "/damaged/sidegate.sqlite"))
            try await one.start()
            try await one.tell("network", "leave", "--yes")
            #expect(StreetMemory.found(keys, below: one.directory).isEmpty)
            try await one.end(SIGKILL)
            #expect(StreetMemory.found(keys, below: one.directory).isEmpty)
            #expect(!FileManager.default.fileExists(atPath: one.directory + "/damaged"))
        }
    }

    private static func keys(in directory: String) throws -> [String: [UInt8]] {
        let store = try BridgeStore(directory: directory)
        defer { try? store.close() }
        let identity = try #require(try store.identity())
        let network = try #require(try store.network())
        let device = try #require(try store.devices().first)
        let secrets = [
            "static": identity.staticKey, "signing": identity.signingSeed, "network": network.networkKey,
            "recognition": network.recognitionKey, "bind": device.bindKey, "sealing": device.sealingPrivateKey,
            "validity": device.validitySeed, "revocation": device.revocationSecret,
        ]
        return secrets.mapValues { $0.withUnsafeBytes { [UInt8]($0) } }
    }

    /// Restarts, half of them by force, add nothing that stays. `SIDEGATE_RESTARTS` sets how many.
    @Test func restartsLeaveNothingBehindThatGrows() async throws {
        let count = Int(ProcessInfo.processInfo.environment["SIDEGATE_RESTARTS"] ?? "") ?? 16
        try await TestStreet.with { street in
            let (one, broker) = try await layOut(street)
            var first: Footprint?
            for number in 1...max(count, 4) {
                try await one.end(number.isMultiple(of: 2) ? SIGKILL : SIGTERM)
                try await one.start()
                if number == 3 { first = try Footprint(one) }
            }
            try await send(2, street, broker)
            let last = try Footprint(one)
            let early = try #require(first)
            #expect(last.files == early.files)
            #expect(last.descriptors <= early.descriptors + 3)
            #expect(last.databaseBytes <= early.databaseBytes + 8 * 4_096)
            #expect(last.logBytes <= 1_048_576 + 65_536)
            #expect(last.anonymousKilobytes <= early.anonymousKilobytes + 2_048)
        }
    }

    /// What a daemon takes of its machine.
    private struct Footprint {
        var files: [String]
        var descriptors: Int
        var databaseBytes: Int
        var logBytes: Int
        var anonymousKilobytes: Int

        init(_ house: StreetHouse) throws {
            let manager = FileManager.default
            files = try manager.contentsOfDirectory(atPath: house.directory).sorted()
            descriptors = try manager.contentsOfDirectory(atPath: "/proc/\(house.processID)/fd").count
            func size(_ name: String) -> Int {
                (try? manager.attributesOfItem(atPath: "\(house.directory)/\(name)")[.size] as? Int) ?? 0
            }
            databaseBytes = size("sidegate.sqlite")
            logBytes = size("sidegate.sqlite-wal")
            let status = try String(contentsOfFile: "/proc/\(house.processID)/status", encoding: .utf8)
            let line = status.split(separator: "\n").first { $0.hasPrefix("RssAnon:") } ?? ""
            anonymousKilobytes = line.split(separator: " ").compactMap { Int($0) }.first ?? 0
        }
    }
}
