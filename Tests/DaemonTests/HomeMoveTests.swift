import Foundation
import Testing

/// A home moves to another machine, with real processes.
@Suite(.serialized) struct HomeMoveTests {
    @Test func homeMovesWithItsDevicesAndLivesInOnePlaceOnly() async throws {
        try await TestStreet.with { street in
            let (left, _, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1, "opening=1", "battery=90")
            try await street.wait("the event is at the broker") { broker.count("sidegate/letter_box/battery 90") == 1 }
            let file = "\(street.path)/home.jwe"
            let words = "\(street.path)/passphrase"
            let wrong = "\(street.path)/wrong"
            try "correct horse battery\n".write(toFile: words, atomically: true, encoding: .utf8)
            try "incorrect horse battery\n".write(toFile: wrong, atomically: true, encoding: .utf8)
            // Thought better of at once.
            #expect(try await left.ask("home", "resume", "--yes").code == 1)
            try await left.tell("home", "export", "\(file)-first", "--passphrase-file", words, "--yes")
            #expect(try await left.linkCount() == 0)
            try await street.wait("the broker has forgotten the bridge") {
                broker.heard.last { $0.contains("/availability ") }?.hasSuffix(" (null)") == true
            }
            try await left.tell("home", "resume", "--yes")
            try await street.wait("linked again", seconds: 60) { try await left.linkCount() == 1 }
            try await left.tell("home", "export", file, "--passphrase-file", words, "--yes")

            // The old one has ended, over a restart too, and no other home begins there by mistake.
            for _ in 0..<2 {
                #expect(try await left.linkCount() == 0)
                #expect(try await left.ask("network", "create", "Other").code == 1)
                #expect(try await left.ask("device", "trace", TestStreet.deviceName).code == 1)
                let status = try await left.ask("status").output
                #expect(status.contains("its home was exported") && status.contains("sidegate home resume"))
                #expect(!status.contains("network create"))
                try await left.end(SIGKILL)
                try await left.start()
            }
            #expect(try await left.ask("home", "export", "\(file)2", "--passphrase-file", words, "--yes").code == 1)
            #expect(!FileManager.default.fileExists(atPath: "\(file)2"))

            // The new machine stands where the old one was heard.
            try street.lay("other <-> middle", "middle <-> right", "sensor -> right")
            let other = street.house("other")
            try other.write(broker.settings)
            try await other.start()
            #expect(try await other.ask("home", "import", file, "--passphrase-file", wrong).code == 1)
            let whole = try String(contentsOfFile: file, encoding: .utf8)
            try String(whole.prefix(whole.count / 2)).write(toFile: "\(file)-cut", atomically: true, encoding: .utf8)
            #expect(try await other.ask("home", "import", "\(file)-cut", "--passphrase-file", words).code == 1)
            #expect(try await other.json("status")["network"] == nil)
            try await other.tell("home", "import", file, "--passphrase-file", words)
            let again = try await other.ask("home", "import", file, "--passphrase-file", words)
            #expect(again.code == 1 && again.complaint.contains("a home lives on this machine already"))
            #expect(try await !other.ask("status").output.contains("its home was exported"))
            try await street.wait("the right has a way home", seconds: 60) {
                try await right.json("status")["routeCount"] as? Int ?? 0 >= 2
            }
            // What was opened before is known here, and the next is delivered.
            try await street.emit(1, "opening=1", "battery=90")
            try await street.emit(2, "opening=0", "battery=80")
            try await street.wait("the next event is at the broker") {
                broker.count("sidegate/letter_box/battery 80") == 1
            }
            #expect(broker.count("sidegate/letter_box/battery 90") == 1)
            let device = (try await other.json("device", "list")["devices"] as? [[String: Any]])?.first
            #expect(device?["received"] as? Int == 2)
            #expect(device?["missed"] as? Int == 0)

            // Back again, over the home that had moved.
            try await other.tell("home", "export", "\(file)-back", "--passphrase-file", words, "--yes")
            try street.lay("left <-> middle", "middle <-> right", "sensor -> right")
            try await left.tell("home", "import", "\(file)-back", "--passphrase-file", words)
            try await street.wait("linked again", seconds: 60) { try await left.linkCount() == 1 }
            // The home is called the same everywhere, and whoever has none is not called anything.
            let bridges = Set(
                broker.heard.filter { $0.contains("/availability ") }.compactMap { $0.split(separator: " ").first })
            #expect(bridges.count == 1)
            // What is left of it on the other machine is erased without a word to the neighbours.
            try await other.tell("network", "leave", "--yes")
            try await other.tell("network", "create", "Other")
            #expect(try await left.linkCount() == 1)
            #expect((try await left.json("network", "members")["members"] as? [Any])?.count == 3)
        }
    }
}
