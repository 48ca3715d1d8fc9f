import ControlAPI
import Sealing
import Storage

/// A home as the file holds it: JSON, with bytes in base64url.
struct HomeFile: Codable {
    static let format = "sidegate-home-1"
    static let type: StaticString = "sidegate-home+json"

    var format: String
    var exportedUnixSeconds: Int64
    var name: String
    var created: Int64
    var staticKey: String
    var signingSeed: String
    var network: Network
    var records: [String]
    var devices: [Device]

    struct Network: Codable {
        var name: String
        var created: Int64
        var networkKey: String
        var recognitionKey: String
        var founderKey: String
    }

    struct Device: Codable {
        var name: String
        var address: String
        var addressType: UInt8
        var bindKey: String
        var sealingKey: String
        var relayKey: String
        var classCode: UInt8
        var scope: UInt32
        var ratePerMinute: UInt32
        var deliver: [String]
        var validitySeed: String
        var revocationSecret: String
        var optInStart: Int64
        var optInEnd: Int64
        var isOptedOut: Bool
        var isRevoked: Bool
        var grantID: String
        var lastHeard: Int64?
        var battery: UInt8?
        var state: String?
        /// {counter 4, event id 8} for each frame, little endian.
        var opened: String
        /// {event id 8} for each, little endian.
        var openedBefore: String
        var figures: Figures?
    }

    struct Figures: Codable {
        var received: Int64
        var missed: Int64
        var counter: UInt32?
        var packetID: UInt8?
        var isTriggerBased: Bool
        var firstHeard: Int64?
        var longestPauseSeconds: Int64
        var longestPauseBeforeSeconds: Int64
        var pausesSince: Int64
    }

    /// What is in a file is no home.
    struct Damaged: Error {}
}

// MARK: Out

extension HomeFile {
    init(_ home: StoredHome, exported: Int64) {
        format = Self.format
        exportedUnixSeconds = exported
        name = home.identity.name
        created = home.identity.created
        staticKey = HomeBytes.text(home.identity.staticKey)
        signingSeed = HomeBytes.text(home.identity.signingSeed)
        network = Network(
            name: home.network.name, created: home.network.created, networkKey: HomeBytes.text(home.network.networkKey),
            recognitionKey: HomeBytes.text(home.network.recognitionKey),
            founderKey: HomeBytes.text(home.network.founderKey))
        records = home.records.map { HomeBytes.text($0.bytes) }
        devices = home.devices.map { Device($0) }
    }
}

extension HomeFile.Device {
    init(_ home: StoredHome.Device) {
        let device = home.device
        self.init(
            name: device.name, address: HomeBytes.text(device.address), addressType: device.addressType,
            bindKey: HomeBytes.text(device.bindKey), sealingKey: HomeBytes.text(device.sealingPrivateKey),
            relayKey: HomeBytes.text(device.relayKey), classCode: device.classCode, scope: device.scope,
            ratePerMinute: device.ratePerMinute, deliver: device.deliver,
            validitySeed: HomeBytes.text(device.validitySeed),
            revocationSecret: HomeBytes.text(device.revocationSecret), optInStart: device.optInStart,
            optInEnd: device.optInEnd, isOptedOut: device.isOptedOut, isRevoked: device.isRevoked,
            grantID: HomeBytes.text(device.grantID), lastHeard: device.lastHeard, battery: device.battery,
            state: device.state,
            opened: HomeBytes.text(
                home.opened.flatMap { HomeBytes.bytes($0.counter) + HomeBytes.bytes($0.eventID) }),
            openedBefore: HomeBytes.text(home.before.flatMap { HomeBytes.bytes($0) }),
            figures: home.figures.map { HomeFile.Figures($0) })
    }
}

extension HomeFile.Figures {
    init(_ figures: StoredFigures) {
        self.init(
            received: figures.received, missed: figures.missed, counter: figures.counter, packetID: figures.packetID,
            isTriggerBased: figures.isTriggerBased, firstHeard: figures.firstHeard,
            longestPauseSeconds: figures.longestPauseSeconds,
            longestPauseBeforeSeconds: figures.longestPauseBeforeSeconds, pausesSince: figures.pausesSince)
    }

    var stored: StoredFigures {
        var stored = StoredFigures()
        stored.received = received
        stored.missed = missed
        stored.counter = counter
        stored.packetID = packetID
        stored.isTriggerBased = isTriggerBased
        stored.firstHeard = firstHeard
        stored.longestPauseSeconds = longestPauseSeconds
        stored.longestPauseBeforeSeconds = longestPauseBeforeSeconds
        stored.pausesSince = pausesSince
        return stored.bounded
    }
}

// MARK: In

extension HomeFile {
    /// The home, as the store takes it; the store checks lengths and limits.
    func home(now: Int64) throws -> StoredHome {
        guard format == Self.format else { throw Damaged() }
        return StoredHome(
            identity: StoredIdentity(
                staticKey: try HomeBytes.secret(staticKey), signingSeed: try HomeBytes.secret(signingSeed), name: name,
                created: created),
            network: StoredNetwork(
                networkKey: try HomeBytes.secret(network.networkKey),
                recognitionKey: try HomeBytes.secret(network.recognitionKey),
                founderKey: try HomeBytes.bytes(network.founderKey), name: network.name, created: network.created),
            records: try records.map { text in
                let bytes = try HomeBytes.bytes(text)
                return StoredRecord(bridgeID: HomeRecords.id(of: bytes), bytes: bytes, received: now)
            }, devices: try devices.map { try $0.home() })
    }
}

extension HomeFile.Device {
    func home() throws -> StoredHome.Device {
        var device = StoredDevice(
            name: name, address: try HomeBytes.bytes(address), addressType: addressType,
            bindKey: try HomeBytes.secret(bindKey), sealingPrivateKey: try HomeBytes.secret(sealingKey),
            relayKey: try HomeBytes.secret(relayKey), classCode: classCode, scope: scope, ratePerMinute: ratePerMinute,
            deliver: deliver, validitySeed: try HomeBytes.secret(validitySeed),
            revocationSecret: try HomeBytes.secret(revocationSecret), optInStart: optInStart, optInEnd: optInEnd,
            isOptedOut: isOptedOut, isRevoked: isRevoked, grantID: try HomeBytes.bytes(grantID))
        device.lastHeard = lastHeard.map { Int64(UInt32(clamping: $0)) }
        device.battery = battery
        device.state = state
        let frames = try HomeBytes.rows(opened, count: 12).map { row in
            OpenedFrame(counter: HomeBytes.number(row.prefix(4)), eventID: HomeBytes.number(row.dropFirst(4)))
        }
        let before = try HomeBytes.rows(openedBefore, count: 8).map { HomeBytes.number($0) as UInt64 }
        return StoredHome.Device(device: device, figures: figures?.stored, opened: frames, before: before)
    }
}

/// Bytes as the file has them.
enum HomeBytes {
    static func text(_ bytes: [UInt8]) -> String { String(decoding: Base64URL.encode(bytes), as: UTF8.self) }
    static func text(_ secret: StoredSecret) -> String { secret.withUnsafeBytes { text(Array($0)) } }
    static func bytes<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
        withUnsafeBytes(of: number.littleEndian) { Array($0) }
    }

    static func bytes(_ text: String) throws -> [UInt8] {
        guard let bytes = Base64URL.decode(Array(text.utf8)[...]) else { throw HomeFile.Damaged() }
        return bytes
    }

    static func secret(_ text: String) throws -> StoredSecret {
        var bytes = try bytes(text)
        defer { bytes.withUnsafeMutableBytes { SecretBytes.wipe($0) } }
        return StoredSecret(bytes)
    }

    static func rows(_ text: String, count: Int) throws -> [ArraySlice<UInt8>] {
        let bytes = try bytes(text)
        guard bytes.count.isMultiple(of: count) else { throw HomeFile.Damaged() }
        return stride(from: 0, to: bytes.count, by: count).map { bytes[$0..<($0 + count)] }
    }

    static func number<Number: FixedWidthInteger>(_ bytes: ArraySlice<UInt8>) -> Number {
        bytes.reversed().reduce(0) { $0 << 8 | Number(truncatingIfNeeded: $1) }
    }
}
