import Foundation

@testable import Storage

/// A state directory that lives as long as the test.
final class StoreFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sidegate-storage-" + UUID().uuidString
        try FileManager.default.createDirectory(
            atPath: path, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var file: String { path + "/sidegate.sqlite" }
    var log: String { file + "-wal" }

    func open() throws -> BridgeStore { try BridgeStore(directory: path) }

    func bytes(_ file: String) -> [UInt8] {
        FileManager.default.contents(atPath: file).map { [UInt8]($0) } ?? []
    }

    func write(_ bytes: [UInt8], to file: String) throws {
        try Data(bytes).write(to: URL(fileURLWithPath: file))
    }

    func mode(_ path: String) throws -> Int? {
        try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
    }
}

/// Values to store.
enum Sample {
    static func secret(_ byte: UInt8, _ count: Int) -> StoredSecret {
        StoredSecret([UInt8](repeating: byte, count: count))
    }

    static func identity(_ byte: UInt8 = 1) -> StoredIdentity {
        StoredIdentity(staticKey: secret(byte, 32), signingSeed: secret(byte &+ 1, 32), name: "kitchen", created: 5)
    }

    static func network(_ byte: UInt8 = 1) -> StoredNetwork {
        StoredNetwork(
            networkKey: secret(byte, 32), recognitionKey: secret(byte &+ 1, 32),
            founderKey: [UInt8](repeating: byte &+ 2, count: 32), created: 6)
    }

    static func device(_ name: String, _ byte: UInt8 = 1) -> StoredDevice {
        StoredDevice(
            name: name, address: [1, 2, 3, 4, 5, byte], addressType: 1, bindKey: secret(byte, 16),
            sealingPrivateKey: secret(byte, 32), relayKey: secret(byte, 16), classCode: 2, scope: 7, ratePerMinute: 60,
            deliver: ["opening", "motion"], validitySeed: secret(byte, 20), revocationSecret: secret(byte, 20),
            optInStart: 100, optInEnd: 200, grantID: [UInt8](repeating: byte, count: 16))
    }

    static func record(_ byte: UInt8, size: Int = 100) -> StoredRecord {
        StoredRecord(
            id: [UInt8](repeating: byte, count: 16), kind: byte, bytes: [UInt8](repeating: byte, count: size),
            received: 10, expires: byte.isMultiple(of: 2) ? 20 : nil)
    }

    static func state(_ key: String?, _ text: String = "x") -> OutboxMessage {
        OutboxMessage(
            topic: "sidegate/a", payload: Array(text.utf8), isRetained: true, notAfter: nil, coalescingKey: key,
            created: 1)
    }

    static func trigger(notAfter: Int64, _ text: String = "x") -> OutboxMessage {
        OutboxMessage(
            topic: "sidegate/a", payload: Array(text.utf8), isRetained: false, notAfter: notAfter, coalescingKey: nil,
            created: 1)
    }

    static func opening(_ device: Int64, _ counter: UInt32, messages: Int = 2, lowest: UInt32 = 0) -> Opening {
        Opening(
            device: device,
            frame: OpenedFrame(counter: counter, eventID: UInt64(counter) << 32 | 0xFF00_0000_0000_0000),
            lowestCounter: lowest,
            messages: (0..<messages).map { trigger(notAfter: 1_000_000, "\(counter)/\($0)") }, heard: Int64(counter))
    }
}
