import Foundation
import Testing

/// A daemon whose callers misbehave goes on carrying events.
@Suite(.serialized) struct BadCallersTests {
    @Test func eventComesHomeWhileCallersOfTheBridgeBetweenMisbehave() async throws {
        try await TestStreet.with { street in
            let (_, middle, _) = try await street.layOut()
            let broker = try #require(street.broker)
            let path = middle.socket
            let bad = Task {
                try await offPool {
                    // Slow ones, which never end their request, fill all places; thousands more are turned away.
                    let slow = (0..<80).compactMap { _ in try? RawSocket(path) }
                    for socket in slow { socket.send("POST /v1/noes HTTP/1.1\r\nhost: x\r\ncontent-le") }
                    for number in 0..<3_000 {
                        guard let socket = try? RawSocket(path) else { continue }
                        switch number % 4 {
                        case 0: socket.send(String(repeating: "A", count: 20_000))
                        case 1: socket.send(http("POST", "/v1/noes", body: String(repeating: "[", count: 70_000)))
                        case 2: socket.send("\u{0}\u{1}\u{2}")
                        default: break
                        }
                    }
                    return slow.count
                }
            }
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count("sidegate/letter_box/opening ON") == 1 }
            #expect(try await bad.value > 0)
            #expect(try await middle.lentPackets() == 1)
            try await street.wait("the bridge between answers", seconds: 30) {
                try await middle.ask("status").code == 0
            }
            let hosting = try await middle.json("status")["hosting"] as? [String: Any]
            #expect(hosting?["lends"] as? Bool == true)
        }
    }
}
