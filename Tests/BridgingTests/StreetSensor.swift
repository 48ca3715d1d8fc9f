import Bridging
import Consent
import Devices
import Sealing
import Wire

/// A sensor as sold: it advertises encrypted BTHome frames with a growing counter, and knows nothing of bridges.
struct StreetSensor {
    /// One frame that it sent, and by which bridges it was heard.
    struct Emission {
        let eventID: UInt64
        let time: Int64
        let data: [UInt8]
        /// The bridges that made a packet of it.
        var sealers: [Int] = []
    }

    let home: Int
    let identifier: Int64
    let grantID: UInt64
    /// The record that would end its grant.
    let revocation: [UInt8]
    let address: UInt64
    let mayHold: Bool
    private let cipher: BTHomeCipher
    private let eventKey: KeyedHash
    private var counter: UInt32
    var emissions: [Emission] = []

    init(
        home: Int, device: StreetDisk.Device, firstCounter: UInt32
    ) throws {
        self.home = home
        identifier = device.identifier
        grantID = device.grant.id
        revocation = try device.grant.revocation().array()
        address = device.address
        mayHold = device.grant.record.scope.contains(.hold)
        cipher = try BTHomeCipher(bindKey: device.bindKey)
        let relayKey = device.grant.record.relayKey
        // Protocol, section 2: the id key is derived from the relay key and the home's member id.
        let salt = Array("sidegate 1".utf8)
        let extracted = salt.withUnsafeBytes { salt in
            relayKey.withUnsafeBytes { KeyDerivation.extract(salt: salt, keyMaterial: $0) }
        }
        let memberID = withUnsafeBytes(of: device.grant.record.home.littleEndian) { Array($0) }
        eventKey = try KeyedHash(
            key: KeyDerivation.expand(extracted, label: "event id", context: memberID, length: 16))
        counter = firstCounter
    }

    /// Its battery is changed: it counts anew.
    mutating func restart(at counter: UInt32) { self.counter = counter }

    /// The next frame: it is noted among `emissions`, as whole advertising data.
    mutating func emit(temperature: Int, at time: Int64) throws {
        counter += 1
        let words = ["temperature=\(temperature / 10).\(temperature % 10)"]
        let serviceData = try cipher.seal(
            objects: ObjectWriter.bytes(words: words), address: DeviceAddress(value: address), counter: counter)
        // Address type and address stand before the service data: protocol, section 5.
        let head = [AddressKind.random.rawValue] + DeviceAddress(value: address).printed
        let eventID = head.withUnsafeBytes { head in
            serviceData.withUnsafeBytes { eventKey.tag8(over: head, $0) }
        }
        let data = try BTHomeAdvertisement.bytes(serviceData: serviceData)
        emissions.append(Emission(eventID: eventID, time: time, data: data))
    }
}
