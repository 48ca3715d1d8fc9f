import Bridging
import Consent
import Devices
import Sealing
import Wire

/// A sensor as sold: it advertises encrypted BTHome frames with a growing counter, and knows nothing of bridges.
/// Beside it what its owner has of it.
struct SimulatedDevice {
    let plan: Int
    let home: Int
    let place: Place
    let name: String
    /// The number under which its home's disk knows it.
    let identifier: Int64
    let address: RadioAddress
    /// Its place among the devices of its network.
    let localIndex: Int
    let bindKey: SecretBytes
    let relayKey: Bytes16
    let secrets: GrantSecrets
    let cipher: BTHomeCipher
    let eventKey: KeyedHash
    /// Its number among those that send bursts, and the houses that may hear it.
    let sender: Int
    let hearers: [DeviceHearer]
    var traffic: TrafficClock
    /// What of its advertisements is heard.
    var chances: RandomStream
    var counter: UInt32
    /// Once its owner has enrolled it.
    var grant: OwnGrant?
    var isRevoked = false
    var revokedAt: Int64 = 0
    /// The frames that were opened, as its home's disk holds them.
    var window = CounterWindow()

    /// What its home finds on its disk.
    func own() throws -> OwnDevice? {
        guard let grant else { return nil }
        return try OwnDevice(
            identifier: identifier, name: name, addressKind: address.kind, address: address.value,
            grantID: grant.id, bindKey: bindKey, sealingKey: secrets.sealingKey, window: window,
            isOptedOut: false, lastHeard: nil)
    }

    /// The next frame: its event's id, and the whole advertising data.
    mutating func emit(serviceDataBytes: Int) throws -> (eventID: UInt64, data: [UInt8]) {
        counter &+= 1
        let serviceData = try cipher.seal(
            objects: Self.objects(serviceDataBytes - 9, value: counter), address: DeviceAddress(value: address.value),
            counter: counter)
        return (eventID(of: serviceData), try BTHomeAdvertisement.bytes(serviceData: serviceData))
    }

    /// Address type and address stand before the service data: protocol, section 5.
    func eventID(of serviceData: [UInt8]) -> UInt64 {
        let head = [address.kind.rawValue] + DeviceAddress(value: address.value).printed
        return head.withUnsafeBytes { head in serviceData.withUnsafeBytes { eventKey.tag8(over: head, $0) } }
    }

    /// BTHome objects of 4 to 15 bytes in all, by ascending id: packet id and battery of two bytes, temperature and
    /// humidity of three, pressure and illuminance of four.
    static func objects(_ count: Int, value: UInt32) -> [UInt8] {
        let sizes: [(id: UInt8, bytes: Int)] = [(0, 2), (1, 2), (2, 3), (3, 3), (4, 4), (5, 4)]
        let wanted = max(4, min(count, 15))
        var chosen = 0
        for set in 1..<64 where set & 1 == 0 || chosen == 0 {
            let bytes = sizes.indices.reduce(0) { $0 + (set >> $1 & 1 == 1 ? sizes[$1].bytes : 0) }
            if bytes == wanted { chosen = set }
        }
        var objects: [UInt8] = []
        for index in sizes.indices where chosen >> index & 1 == 1 {
            objects.append(sizes[index].id)
            for byte in 1..<sizes[index].bytes {
                objects.append(UInt8(truncatingIfNeeded: value >> UInt32(8 * (byte - 1))) & 0x3f)
            }
        }
        return objects
    }

    /// Protocol, section 2: the key of event ids is derived from the relay key and the home's member id.
    static func eventKey(relayKey: Bytes16, home: UInt64) throws -> KeyedHash {
        let extracted = Array("sidegate 1".utf8).withUnsafeBytes { salt in
            relayKey.withUnsafeBytes { KeyDerivation.extract(salt: salt, keyMaterial: $0) }
        }
        let memberID = withUnsafeBytes(of: home.littleEndian) { Array($0) }
        return try KeyedHash(
            key: KeyDerivation.expand(extracted, label: "event id", context: memberID, length: 16))
    }
}

/// What a house's disk was told of the grants of its network, device by device.
struct GrantKnowledge {
    /// The index of the newest proof plus one; 0: the grant is not held. Bit 15: it is revoked.
    private var states: [UInt16]

    init(devices: Int, proofs: [UInt16] = []) {
        states = proofs.isEmpty ? Array(repeating: 0, count: devices) : proofs.map { $0 + 1 }
    }

    func holds(_ device: Int) -> Bool { states[device] & 0x7fff != 0 }
    func isRevoked(_ device: Int) -> Bool { states[device] & 0x8000 != 0 }
    func proof(_ device: Int) -> UInt16 { max(states[device] & 0x7fff, 1) - 1 }

    mutating func takeGrant(_ device: Int) { if states[device] & 0x7fff == 0 { states[device] |= 1 } }
    mutating func forgetGrant(_ device: Int) { states[device] = 0 }
    mutating func revoke(_ device: Int) { states[device] |= 0x8000 }
    mutating func take(proof: UInt16, _ device: Int) {
        let isRevoked = states[device] & 0x8000
        states[device] = max(states[device] & 0x7fff, proof + 1) | isRevoked
    }
}
