import Foundation

/// Who has no business here, on kernel sockets of his own.
public enum Stranger {
    /// Where Sidegate listens.
    public static let psm: UInt16 = 0x00a3
    private static let endSeconds = 30
    /// The first message of a handshake: docs/protocol.md.
    private static let helloBytes = 67

    public static func saysNothing(from adapter: String, to address: String) throws {
        let channel = try call(adapter, address)
        guard channel.isEnded(withinSeconds: endSeconds) else { throw Trouble("who says nothing may stay") }
    }

    public static func talksRubbish(from adapter: String, to address: String) throws {
        for length in [1, 2, 48, 96, 200, 512] {
            let channel = try call(adapter, address)
            var sent = 0
            while sent < 20, (try? channel.send((0..<length).map { _ in UInt8.random(in: 0...255) })) != nil {
                sent += 1
            }
            guard channel.isEnded(withinSeconds: endSeconds) else { throw Trouble("rubbish of \(length) may stay") }
        }
    }

    /// Begins as a member or somebody invited would, without their keys, and says no more.
    public static func breaksOffItsHandshake(from adapter: String, to address: String) throws {
        for kind in UInt8(0)...3 {
            let channel = try call(adapter, address)
            try channel.send([0x10 | kind] + (1..<helloBytes).map { _ in UInt8.random(in: 0...255) })
            guard channel.isEnded(withinSeconds: endSeconds) else { throw Trouble("half a handshake may stay") }
        }
    }

    /// Connects and ends at once. Returns how often it was taken, and how often refused; whatever else comes of it is a
    /// failure.
    public static func comesAndGoes(
        from adapter: String, to address: String, times: Int
    ) throws -> (taken: Int, refused: Int) {
        var refused = 0
        for _ in 0..<times {
            do throws(any Error) {
                try call(adapter, address).end()
            } catch let trouble as Trouble where trouble.number == ECONNREFUSED {
                refused += 1
            }
        }
        return (times - refused, refused)
    }

    /// BlueZ's own `l2test`, sending: it has to be taken, and then thrown out.
    public static func runsAnEchoTest(from adapter: String, to address: String) throws {
        let test = try Tool(
            "l2test",
            ["-i", adapter, "-V", "le_public", "-P", String(psm), "-s", "-N", "1000000", "-b", "100", address])
        try Machine.wait("l2test is thrown out", seconds: Double(endSeconds)) { !test.isRunning }
        guard test.output.contains("Connected"), test.output.contains("failed") else {
            throw Trouble("l2test was not taken and then thrown out: \(test.output.suffix(500))")
        }
    }

    private static func call(_ adapter: String, _ address: String) throws -> RawChannel {
        try RawChannel.connect(from: try Machine.address(adapter), to: address, psm: psm)
    }
}
