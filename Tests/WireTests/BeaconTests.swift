import Testing
import Wire

@Suite struct BeaconTests {
    static let value = BeaconValue(kind: .network, salt: 0x030201, maskedHint: 0x060504, check: 0x090807)

    static func advertisement(_ value: BeaconValue = value) throws -> [UInt8] {
        try written { target throws(WireError) in try BeaconAdvertisement.write(value, into: target) }
    }

    static func find(_ bytes: [UInt8]) -> BeaconValue? { bytes.withUnsafeBytes { BeaconAdvertisement.find(in: $0) } }

    @Test func advertisementHasTheDocumentedBytes() throws {
        let uuid: [UInt8] = [
            0x8f, 0xd4, 0xaa, 0xba, 0x08, 0xe7, 0xef, 0xaf, 0xd2, 0x46, 0x29, 0xe5, 0x09, 0xcb, 0x62, 0xce,
        ]
        #expect(try Self.advertisement() == [0x1b, 0x21] + uuid + [0x11, 1, 2, 3, 4, 5, 6, 7, 8, 9])
        #expect(throws: WireError.noRoom) {
            try written(capacity: 27) { target throws(WireError) in
                try BeaconAdvertisement.write(Self.value, into: target)
            }
        }
    }

    @Test func beaconIsFoundAmongOtherStructuresWhateverComesBehind() throws {
        let beacon = try Self.advertisement()
        let others: [[UInt8]] = [[], [2, 1, 6], [2, 1, 6, 5, 0x16, 0xd2, 0xfc, 0x40, 0], [1, 0xff]]
        for before in others {
            for behind in others + [[0], [0, 0, 0], [9], [255, 1]] {
                #expect(Self.find(before + beacon + behind) == Self.value)
            }
        }
    }

    @Test func beaconBehindAStructureThatIsBrokenIsNotFound() throws {
        let beacon = try Self.advertisement()
        for before: [UInt8] in [[0], [255], [28], [2]] { #expect(Self.find(before + beacon) == nil) }
    }

    @Test func damagedAdvertisementIsNoBeaconOrAnother() throws {
        var found = 0
        forEveryDamage(to: try Self.advertisement()) { bytes in
            guard let value = Self.find(bytes) else { return }
            if bytes.count == 28 { #expect(value != Self.value) }
            found += 1
        }
        // Every other salt, hint and check, the other kind, and the beacon with a byte behind it.
        #expect(found == 9 * 255 + 1 + 1)
    }

    @Test func anyAdvertisementIsSearchedToItsEnd() {
        forAnyBytes(seed: 1, bytesMax: 255, starts: [0, 1, 0x1b]) { bytes in _ = Self.find(bytes) }
        forAnyBytes(seed: 2, bytesMax: 60, starts: []) { bytes in
            let beacon = (try? Self.advertisement()) ?? []
            #expect(Self.find([UInt8(bytes.count + 1), 0xff] + bytes + beacon) == Self.value)
        }
    }

    @Test func valueKeepsItsFields() throws {
        let value = BeaconValue(kind: .join, salt: 0xff_030201, maskedHint: 0xffffff, check: 0)
        #expect((value.salt, value.maskedHint, value.check, value.kind) == (0x030201, 0xffffff, 0, .join))
        #expect(try BeaconValue(value.bytes) == value)
        #expect(refusal([], { bytes throws(WireError) in try BeaconValue(bytes) }) == .wrongLength)
        let other = [UInt8](repeating: 0, count: 9)
        #expect(refusal([0x21] + other, { bytes throws(WireError) in try BeaconValue(bytes) }) == .unknownVersion)
        #expect(refusal([0x13] + other, { bytes throws(WireError) in try BeaconValue(bytes) }) == .unknownKind)
    }
}
