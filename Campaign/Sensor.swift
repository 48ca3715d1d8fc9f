import Devices
import Foundation
import RadioInterface
import Sealing
import SeededRandom
import VirtualAir
import Wire

/// A device on the street's air.
struct Sensor {
    static let bindKey = "231d39c1d7cc1ab1aee224cd096db932"

    let name: String
    let address: String
    let air: String
    private var bits: UInt64 { address.split(separator: ":").reduce(0) { $0 << 8 | (UInt64($1, radix: 16) ?? 0) } }

    /// One frame, to be sent as often as one likes.
    func frame(_ counter: UInt32, _ words: [String]) throws -> [UInt8] {
        let key = stride(from: 0, to: 32, by: 2).map { place in
            let start = Self.bindKey.index(Self.bindKey.startIndex, offsetBy: place)
            return UInt8(Self.bindKey[start...].prefix(2), radix: 16) ?? 0
        }
        let cipher = try BTHomeCipher(bindKey: SecretBytes(key))
        let data = try cipher.seal(
            objects: try ObjectWriter.bytes(words: words), address: DeviceAddress(value: bits), counter: counter,
            info: BTHomeInfo(isEncrypted: true, isTriggerBased: true))
        return try BTHomeAdvertisement.bytes(serviceData: data)
    }

    func send(_ frame: [UInt8]) {
        var generator = SystemRandomNumberGenerator()
        _ = try? VirtualEmitter.emit(
            air: air, name: name, address: RadioAddress(value: bits, kind: .public), data: frame, using: &generator)
    }
}

extension SplitMix64 {
    mutating func below(_ bound: Int) -> Int { Int(next() % UInt64(max(bound, 1))) }
    mutating func chance(_ percent: Int) -> Bool { below(100) < percent }
}
