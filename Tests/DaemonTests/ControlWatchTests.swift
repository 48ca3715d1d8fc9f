import ControlAPI
import Foundation
import Synchronization
import Testing

@testable import Daemon

@Suite struct ControlWatchTests {
    private static func watcher(_ path: String) async throws -> RawSocket {
        try await offPool {
            let socket = try RawSocket(path)
            socket.send(http("GET", "/v1/watch"))
            let head = try socket.receive(until: "\r\n\r\n")
            #expect(head.contains("200 OK"))
            #expect(head.contains("text/event-stream"))
            return socket
        }
    }

    /// The events in a response's body, whatever its chunks.
    private static func events(in text: String) throws -> [WatchEvent] {
        try text.split(separator: "\r\n").flatMap { $0.split(separator: "\n") }
            .filter { $0.hasPrefix("data: ") && $0.hasSuffix("}") }
            .map { try ControlJSON.decode(WatchEvent.self, from: Array($0.dropFirst(6).utf8)) }
    }

    @Test func watcherGetsEveryKindOfEventAsItWasPublished() async throws {
        try await ServedFake.with { served in
            let socket = try await Self.watcher(served.path)
            let published = WatchEvent.Kind.allCases.map {
                WatchEvent($0, unixMilliseconds: 1, bytes: 120, trafficClass: .alarm, reason: "no_grant", count: 2)
            }
            for event in published { served.backend.hub.publish(event) }
            served.backend.hub.finish()
            let text = try await offPool { try socket.receiveAll() }
            #expect(try Self.events(in: text) == published)
        }
    }

    /// Nothing is lost uncounted: what a slow watcher gets and what it is told that it missed add up.
    @Test func slowWatcherIsToldHowManyEventsItMissed() async throws {
        let publishedCount = 40_000
        try await ServedFake.with { served in
            let socket = try await Self.watcher(served.path)
            for number in 0..<publishedCount {
                served.backend.hub.publish(WatchEvent(.heard, unixMilliseconds: Int64(number), bytes: 31))
            }
            let isDone = Atomic(false)
            async let reading = offPool { try socket.receive(until: "\"last\"") }
            async let ending: Void = Self.publishLast(served.backend.hub, until: isDone)
            let text = try await reading
            isDone.store(true, ordering: .relaxed)
            await ending
            let events = try Self.events(in: text)
            let seen = events.filter { $0.kind == .heard }.count
            let missed = events.reduce(0) { $0 + ($1.count ?? 0) }
            #expect(missed > 0)
            #expect(seen > 0)
            #expect(seen + missed >= publishedCount)
        }
    }

    /// The missed are told with a later event, so one follows until the reader has seen it.
    private static func publishLast(_ hub: WatchHub, until isDone: borrowing Atomic<Bool>) async {
        while !isDone.load(ordering: .relaxed) {
            hub.publish(WatchEvent(.dropped, unixMilliseconds: 0, reason: "last"))
            try? await Task.sleep(for: .milliseconds(10))
        }
    }

    /// A backend whose stream is bounded by nothing but the server's pace.
    private final class Flood: ControlBackend {
        static let count = 40_000
        let pulled = Atomic(0)

        func answer(_ request: ControlRequest) async -> ControlReply { .done }

        func watch() async -> AsyncStream<WatchEvent> {
            AsyncStream { [self] in
                let number = pulled.add(1, ordering: .relaxed).newValue
                return number > Self.count ? nil : WatchEvent(.heard, unixMilliseconds: Int64(number), bytes: 31)
            }
        }
    }

    @Test func whatTheServerCannotPassOnIsCountedAndToldBeforeTheEnd() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let flood = Flood()
        let server = try await ControlServer.start(path: directory + "/control.sock", backend: flood)
        let socket = try await Self.watcher(directory + "/control.sock")
        #expect(await eventually { flood.pulled.load(ordering: .relaxed) > Flood.count })
        let events = try Self.events(in: try await offPool { try socket.receiveAll() })
        let seen = events.filter { $0.kind == .heard }.count
        let missed = events.reduce(0) { $0 + ($1.count ?? 0) }
        #expect(missed > 0)
        #expect(seen > 0)
        #expect(seen + missed == Flood.count)
        await server.stop()
    }

    @Test func hubKeepsABoundedBufferAndCountsTheRest() async {
        let hub = WatchHub()
        let stream = hub.stream()
        let extra = 44
        for number in 0..<(WatchHub.bufferedEventsMax + extra) {
            hub.publish(WatchEvent(.heard, unixMilliseconds: Int64(number)))
        }
        var iterator = stream.makeAsyncIterator()
        for number in 0..<WatchHub.bufferedEventsMax {
            #expect(await iterator.next()?.unixMilliseconds == Int64(number))
        }
        hub.publish(WatchEvent(.relayed, unixMilliseconds: 1000))
        let missed = await iterator.next()
        #expect(missed?.kind == .missed)
        #expect(missed?.count == extra)
        #expect(await iterator.next()?.kind == .relayed)
    }

    @Test func hubWithoutWatchersIsNotWatched() async {
        let hub = WatchHub()
        #expect(!hub.isWatched)
        let watching = Task { for await _ in hub.stream() {} }
        #expect(await eventually { hub.isWatched })
        watching.cancel()
        #expect(await eventually { !hub.isWatched })
    }
}
