import Foundation
import Storage
import Testing
import Wire

/// What commands answer, on a real daemon.
@Suite(.serialized) struct CommandStreetTests {
    @Test func deviceWhoseGrantIsNotHeldIsToldSoAndIsRevokedAllTheSame() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("network", "create", "Elm Street")
            try await street.enrol(at: one)
            func state() async throws -> String? {
                (try await one.json("device", "list")["devices"] as? [[String: Any]])?.first?["state"] as? String
            }
            #expect(try await state() == "live")
            try await one.end()
            var store = try BridgeStore(directory: one.directory)
            let grants = try store.records().filter { $0.kind == RecordKind.grant.rawValue }
            #expect(try store.replaceRecords(removing: grants.map(\.id), putting: []) == 1)
            try store.close()
            try await one.start()
            #expect(try await state() == "not_held")
            try await one.tell("device", "revoke", TestStreet.deviceName)
            try await one.end(SIGKILL)
            store = try BridgeStore(directory: one.directory)
            #expect(try store.records().contains { $0.kind == RecordKind.revocation.rawValue })
            try store.close()
            try await one.start()
            #expect(try await state() == "revoked")
        }
    }

    @Test func revokedDeviceIsCarriedByNoOptIn() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("network", "create", "Elm Street")
            let again = try await one.ask("network", "create", "Other")
            #expect(again.code == 1 && again.complaint.contains("you are in Elm Street already"))
            #expect(again.complaint.contains("erases this bridge's keys and your devices"))
            try await street.enrol(at: one)
            #expect(try await one.ask("opt-in", "device", TestStreet.deviceName).code == 0)
            try await one.tell("device", "revoke", TestStreet.deviceName)
            #expect(try await one.tell("device", "revoke", TestStreet.deviceName).contains("revoked already"))
            let yes = try await one.ask("opt-in", "device", TestStreet.deviceName)
            #expect(yes.code == 1)
            #expect(yes.output.contains("carried: no") && yes.output.contains("remove it, then add it again"))
            let test = try await one.ask("device", "test", TestStreet.deviceName)
            #expect(test.code == 1 && test.complaint.contains("was revoked"))
        }
    }

    @Test func homeThatWasExportedIsWhyNothingOfANetworkIsDone() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            try await one.tell("network", "create", "Elm Street")
            let words = "\(street.path)/passphrase"
            try "correct horse battery\n".write(toFile: words, atomically: true, encoding: .utf8)
            let file = "\(street.path)/home.jwe"
            try await one.tell("home", "export", file, "--passphrase-file", words, "--yes")
            let key = "\(street.path)/key"
            try "231d39c1d7cc1ab1aee224cd096db932\n".write(toFile: key, atomically: true, encoding: .utf8)
            let commands = [
                ["network", "invite"], ["network", "members"], ["network", "create"],
                ["network", "join", "0123-4567-89AB-CDEF"],
                ["home", "export", file + "2", "--passphrase-file", words, "--yes"],
                [
                    "device", "add", "--bthome", "A4:C1:38:01:02:03", "--bind-key-file", key, "--name", "x", "--class",
                    "event",
                ],
            ]
            for command in commands {
                let outcome = try await ControlCommandTests.run(
                    command, environment: ["SIDEGATE_SOCKET": one.socket])
                #expect(outcome.code == 1, "\(command)")
                #expect(outcome.complaint.contains("exported and lives elsewhere"), "\(command)")
                #expect(outcome.complaint.contains("sidegate home resume"), "\(command)")
            }
            try await one.tell("home", "resume", "--yes")
            try await one.tell("network", "members")
        }
    }

    @Test func secondJoinIsRefusedWhileOneIsUnderWay() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            // Of two at once one is refused; the other goes on for half a minute.
            try await withThrowingTaskGroup(of: ControlCommandTests.Outcome.self) { joins in
                for _ in 1...2 {
                    joins.addTask { [socket = one.socket] in
                        try await ControlCommandTests.run(
                            ["network", "join", "0123-4567-89AB-CDEF"], environment: ["SIDEGATE_SOCKET": socket])
                    }
                }
                let refused = try #require(try await joins.next())
                for outcome in [refused, try await one.ask("network", "create", "Elm Street")] {
                    #expect(outcome.code != 0)
                    #expect(outcome.complaint.contains("this bridge is joining a network"))
                }
                try await one.end(SIGKILL)
            }
        }
    }
}
