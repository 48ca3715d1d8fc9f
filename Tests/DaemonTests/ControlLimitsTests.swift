import ControlAPI
import Foundation
import Testing

@testable import Daemon

/// What callers cannot do to the server.
@Suite struct ControlLimitsTests {
    private static func limits(_ change: (inout ControlServer.Limits) -> Void) -> ControlServer.Limits {
        var limits = ControlServer.Limits()
        change(&limits)
        return limits
    }

    @Test func announcedHugeBodyIsRefusedUnread() async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send("POST /v1/network HTTP/1.1\r\ncontent-length: 9999999999999\r\n\r\n")
                return try socket.answer()
            }
            #expect(answer.status == 413)
        }
    }

    @Test func unannouncedHugeBodyIsRefusedAtTheLimit() async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send("POST /v1/network HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n")
                let chunk = "1000\r\n" + String(repeating: " ", count: 0x1000) + "\r\n"
                for _ in 0..<17 { socket.send(chunk) }
                return try socket.answer()
            }
            #expect(answer.status == 413)
            #expect(served.backend.requests.isEmpty)
        }
    }

    @Test func bodyOfExactlyTheLimitIsRead() async throws {
        try await ServedFake.with { served in
            let body = "{}" + String(repeating: " ", count: 64 * 1024 - 2)
            #expect(await status(served.path, "POST", "/v1/network", body: body) == 200)
        }
    }

    @Test(arguments: [
        "GET /v1/status?" + String(repeating: "a", count: 20_000),
        "GET /v1/status HTTP/1.1\r\nx: " + String(repeating: "a", count: 20_000),
        "GET /v1/status HTTP/1.1\r\n" + String(repeating: "x: y\r\n", count: 4000),
    ])
    func hugeHeadIsRefused(_ head: String) async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send(head)
                return try socket.answer()
            }
            #expect([400, 413].contains(answer.status))
            #expect(served.backend.requests.isEmpty)
        }
    }

    @Test func requestThatComesByteByByteIsAnswered() async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                for byte in http("POST", "/v1/noes", body: #"{"what":"hosting"}"#).unicodeScalars {
                    socket.send(String(byte))
                }
                return try socket.answer()
            }
            #expect(answer.status == 200)
        }
    }

    @Test(arguments: ["", "GET /v1/sta", "POST /v1/noes HTTP/1.1\r\ncontent-length: 18\r\n\r\n{"])
    func callerWhoNeverEndsIsSentAway(_ beginning: String) async throws {
        try await ServedFake.with(Self.limits { $0.patienceMilliseconds = 200 }) { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send(beginning)
                return try socket.answer()
            }
            #expect(answer.status == 408)
            #expect(await eventually { served.server.occupied.connections == 0 })
        }
    }

    @Test func manyConnectionsAreServedUpToTheLimitAndThePlacesComeBack() async throws {
        try await ServedFake.with(Self.limits { $0.patienceMilliseconds = 120_000 }) { served in
            let (kept, turnedAway) = try await offPool {
                let sockets = try (0..<200).map { _ in try RawSocket(served.path) }
                var kept = 0
                var turnedAway = 0
                for socket in sockets.reversed() {
                    socket.send(http("GET", "/v1/status"))
                    switch try? socket.answer().status {
                    case 200: kept += 1
                    case 503: turnedAway += 1
                    default: break
                    }
                }
                return (kept, turnedAway)
            }
            #expect(kept == 64)
            #expect(turnedAway == 136)
            #expect(await eventually { served.server.occupied.connections == 0 })
            #expect(await status(served.path, "GET", "/v1/status") == 200)
        }
    }

    @Test func callerWhoLeavesKeepsItsPlaceUntilTheAnswerIsDone() async throws {
        try await ServedFake.with(Self.limits { $0.connectionsMax = 2 }) { served in
            served.backend.hold()
            for _ in 0..<2 {
                try await offPool { try RawSocket(served.path).send(http("GET", "/v1/status")) }
            }
            #expect(await eventually { served.backend.waitingCount == 2 })
            #expect(await status(served.path, "GET", "/v1/status") == 503)
            served.backend.release()
            #expect(await eventually { served.server.occupied.connections == 0 })
            #expect(await status(served.path, "GET", "/v1/status") == 200)
        }
    }

    @Test func watchersBeyondTheLimitAreRefused() async throws {
        try await ServedFake.with(Self.limits { $0.watchersMax = 2 }) { served in
            let watchers = try await offPool {
                try (0..<2).map { _ in
                    let socket = try RawSocket(served.path)
                    socket.send(http("GET", "/v1/watch"))
                    _ = try socket.receive(until: "\r\n\r\n")
                    return socket
                }
            }
            #expect(await status(served.path, "GET", "/v1/watch") == 503)
            #expect(served.server.occupied.watchers == watchers.count)
            withExtendedLifetime(watchers) {}
        }
    }

    @Test func watcherWhoLeavesIsForgotten() async throws {
        try await ServedFake.with { served in
            try await offPool {
                let socket = try RawSocket(served.path)
                socket.send(http("GET", "/v1/watch"))
                _ = try socket.receive(until: "\r\n\r\n")
            }
            #expect(await eventually { served.server.occupied == (0, 0) && !served.backend.hub.isWatched })
        }
    }

    @Test func stopEndsCallersAndAnswersUnderWayRunToTheirEnd() async throws {
        let served = try await ServedFake()
        served.backend.hold()
        async let answer = status(served.path, "POST", "/v1/network/leave")
        #expect(await eventually { served.backend.waitingCount == 1 })
        await served.server.stop()
        #expect(await answer == 0)
        served.backend.release()
        #expect(await eventually { served.server.occupied == (0, 0) })
        await served.end()
    }
}
