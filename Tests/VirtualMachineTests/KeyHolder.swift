import BluetoothStreet
import Consent
import Foundation
import Sealing
import Storage
import Wire

/// Who has a house's keys and is no bridge: begins handshakes as a member would, on kernel sockets of its own.
struct KeyHolder {
    private let keys: NetworkKeys
    private let networkID: [UInt8]

    /// With the keys of a copy of a house's state.
    init(of state: String) throws {
        let network = try Self.network(in: state)
        guard let founder = Bytes32(network.founderKey) else { throw Trouble("no founder in \(state)") }
        keys = try NetworkKeys(
            networkKey: network.networkKey.withUnsafeBytes { SecretBytes(copying: $0) },
            recognitionKey: network.recognitionKey.withUnsafeBytes { SecretBytes(copying: $0) })
        networkID = withUnsafeBytes(of: Names.networkID(founder: founder).littleEndian) { Array($0) }
    }

    /// The daemon keeps its store locked, so that no other SQLite reads it, and goes on writing: a copy may hold one file
    /// from before a checkpoint and the other from after it. One that opens has been checked; else there is another.
    private static func network(in state: String) throws -> StoredNetwork {
        let copy = state + "-copy"
        defer { try? FileManager.default.removeItem(atPath: copy) }
        var trouble = "nothing was tried"
        for _ in 0..<10 {
            do {
                try? FileManager.default.removeItem(atPath: copy)
                try FileManager.default.copyItem(atPath: state, toPath: copy)
                let store = try BridgeStore(directory: copy)
                let network = try store.network()
                try store.close()
                if let network { return network }
                trouble = "no network"
            } catch {
                trouble = "\(error)"
            }
            usleep(200_000)
        }
        throw Trouble("no copy of \(state) can be read: \(trouble)")
    }

    /// The values of all beacons that `adapter` hears, at least so many.
    static func beacons(heardBy adapter: String, count: Int) throws -> [[UInt8]] {
        let ears = try WorkedRadio(adapter, powersOn: true, seed: 9)
        defer { ears.radio.stop() }
        var found: Set<[UInt8]> = []
        try Machine.wait("\(adapter) hears \(count) beacons", every: 0.01) {
            ears.work()
            found = Set(ears.sink.heard.keys.filter { $0.count == 28 && $0[1] == 0x21 }.map { Array($0[18...]) })
            return found.count >= count
        }
        return Array(found)
    }

    /// A channel on which a hello was answered with a reply, and when it was called. A hello for a beacon that is another
    /// bridge's is none.
    func begin(
        from adapter: String, to address: String, beacons: [[UInt8]]
    ) throws -> (channel: RawChannel, called: Double) {
        for beacon in beacons {
            let called = Machine.seconds
            let channel = try RawChannel.connect(
                from: try Machine.address(adapter), to: address, psm: Stranger.psm, seconds: 10)
            try channel.send(try hello(answering: beacon))
            let answer = (try? channel.receive()) ?? []
            let isReply = answer.count == HandshakeLayout.bytesReply && answer.first == HandshakeStep.reply.rawValue
            guard !isReply else { return (channel, called) }
            channel.end()
        }
        throw Trouble("no hello for \(beacons.count) beacons was answered")
    }

    /// By docs/protocol.md, section 4.1.
    private func hello(answering beacon: [UInt8]) throws -> [UInt8] {
        let noise = try NoiseHandshake(
            role: .initiator, prologue: Array("sidegate 1".utf8) + networkID + beacon, presharedKey: keys.sessionKey,
            staticKey: try Self.key(), ephemeralKey: try Self.key())
        let before = [0x11] + (try noise.writeMessage([1, 1]))
        let mac = before.withUnsafeBytes { before in
            beacon.withUnsafeBytes { keys.helloKey.tag16(over: before, $0) }
        }
        return before + mac.withUnsafeBytes { Array($0) }
    }

    private static func key() throws -> AgreementKey {
        try AgreementKey(SecretBytes((0..<32).map { _ in UInt8.random(in: 0...255) }))
    }
}
