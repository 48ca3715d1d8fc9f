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

    @Test func secondJoinIsRefusedWhileOneIsUnderWay() async throws {
        try await TestStreet.with { street in
            try street.lay("one <-> two")
            let one = street.house("one")
            try one.write()
            try await one.start()
            let first = Task { [socket = one.socket] in
                try await ControlCommandTests.run(
                    ["network", "join", "0123-4567-89AB-CDEF"], environment: ["SIDEGATE_SOCKET": socket])
            }
            try await Task.sleep(for: .milliseconds(1_500))
            for request in [["network", "join", "0123-4567-89AB-CDEF"], ["network", "create", "Elm Street"]] {
                let outcome = try await ControlCommandTests.run(request, environment: ["SIDEGATE_SOCKET": one.socket])
                #expect(outcome.code != 0)
                #expect(outcome.complaint.contains("this bridge is joining a network"))
            }
            try await one.end(SIGKILL)
            _ = try await first.value
        }
    }
}
