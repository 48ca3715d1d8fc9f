import Sealing
import SeededRandom
import Testing
import Wire

@testable import Devices

/// The published values of bthome.io and of the tests of bthome-ble 3.25.
struct BTHomeCipherTests {
    static let address = DeviceAddress(value: 0x5448_E68F_80A5)

    /// Plaintext, counter, info byte, service data.
    static let published: [(String, UInt32, UInt8, String)] = [
        ("02ca0903bf13", 0x3322_1100, 0x41, "41a47266c95f730011223378237214"),
        ("2101", 0x3322_1100, 0x41, "4187b90011223372b0231f"),
        ("02ca0903bf13", 0x3322_1100, 0x43, "43a5808fe64854f196c06ffb4900112233f08ecbde"),
        ("02ca0903bf13", 1_122_867, 0x41, "41e445f3c9962b332211006c7c4519"),
        ("02ca0903bf13", 1_122_868, 0x41, "413e932cc7175f34221100553876af"),
        ("02ca0903bf13", 1_122_866, 0x41, "41723d3035fb88322211009e7414c0"),
    ]

    @Test(arguments: published)
    func publishedFrameOpens(plaintext: String, counter: UInt32, info: UInt8, serviceData: String) throws {
        let expected = bytes(plaintext).withUnsafeBytes { ObjectReader.read($0) }
        #expect(try open(bytes(serviceData)) == expected)
        try bytes(serviceData).withUnsafeBytes { serviceData in
            let frame = try BTHomeServiceData(serviceData)
            #expect(frame.counter == counter)
            #expect(frame.info.bits == info)
            #expect(frame.address == (info == 0x43 ? Self.address : nil))
        }
    }

    @Test(arguments: published)
    func sealedFrameIsThePublishedOne(plaintext: String, counter: UInt32, info: UInt8, serviceData: String) throws {
        let sealed = try cipher().seal(
            objects: bytes(plaintext), address: Self.address, counter: counter, info: BTHomeInfo(bits: info))
        #expect(hexadecimal(sealed) == serviceData)
    }

    @Test func nonceIsThePublishedOne() {
        let nonce = bytes("00112233").withUnsafeBytes {
            BTHomeCipher.nonce(address: Self.address, info: BTHomeInfo(bits: 0x41), counterBytes: $0)
        }
        #expect(hexadecimal(nonce) == "5448e68f80a5d2fc4100112233")
    }

    @Test func wholePublishedAdvertisementIsMade() throws {
        let objects = try ObjectWriter.bytes(words: ["humidity=50.55", "temperature=25.06"])
        let sealed = try cipher().seal(objects: objects, address: Self.address, counter: 0x3322_1100)
        let advertisement = try BTHomeAdvertisement.bytes(serviceData: sealed)
        #expect(hexadecimal(advertisement) == "0201061216d2fc41a47266c95f730011223378237214")
    }

    @Test func addressInThePayloadStandsForTheAdvertisedOne() throws {
        let reading = try cipherOpens(
            "43a5808fe64854f196c06ffb4900112233f08ecbde", from: DeviceAddress(value: 0xC0FFEE))
        #expect(reading.measurements.map(\.value.text) == ["25.06", "50.55"])
    }

    @Test func frameFromAnotherAddressDoesNotOpen() {
        #expect(throws: BTHomeError.authenticationFailed) {
            try cipherOpens("41a47266c95f730011223378237214", from: DeviceAddress(value: 0x5448_E68F_80A6))
        }
    }

    @Test func frameChangedInAnyBitIsRefused() throws {
        let frame = bytes("41a47266c95f730011223378237214")
        for bit in 0..<8 * frame.count {
            var changed = frame
            changed[bit / 8] ^= 1 << UInt8(bit % 8)
            #expect(throws: BTHomeError.self) { try open(changed) }
        }
    }

    @Test func frameCutOffAnywhereIsRefused() {
        let frame = bytes("4187b90011223372b0231f")
        for count in 0..<frame.count {
            #expect(throws: BTHomeError.tooShort) { try open(Array(frame[..<count])) }
        }
    }

    @Test func plainFrameIsRefusedWithTheRemedy() {
        #expect(throws: BTHomeError.notEncrypted) { try open(bytes("4002ca0903bf13")) }
        #expect(throws: BTHomeError.notEncrypted) { try open(bytes("443a01")) }
        #expect(BTHomeError.notEncrypted.explanation.contains("set a bind key"))
    }

    @Test func otherVersionIsRefused() {
        #expect(throws: BTHomeError.unsupportedVersion(1)) { try open(bytes("21a47266c95f730011223378237214")) }
        #expect(throws: BTHomeError.unsupportedVersion(7)) { try open(bytes("e102000c0404138a01")) }
    }

    @Test func longestFrameOpensAndALongerOneIsRefused() throws {
        let objects = try ObjectWriter.bytes(words: Array(repeating: "count=7", count: 121))
        let sealed = try cipher().seal(objects: objects + [0x09], address: Self.address, counter: 1)
        #expect(sealed.count == BTHomeAdvertisement.serviceDataBytesMax)
        let reading = try open(sealed)
        #expect(reading.measurements.count == 121)
        #expect(reading.note == .truncatedObject(id: 0x09))
        #expect(throws: BTHomeError.tooLong) { try open(sealed + [0]) }
        #expect(throws: BTHomeError.tooLong) {
            try cipher().seal(objects: objects + [0x09, 0x07], address: Self.address, counter: 1)
        }
    }

    @Test func anyBytesAreRefusedWithoutATrap() throws {
        var generator = SplitMix64(seed: 5)
        let cipher = try cipher()
        for _ in 0..<3000 {
            var serviceData = generator.bytes(Int.random(in: 0...300, using: &generator))
            if !serviceData.isEmpty, Bool.random(using: &generator) { serviceData[0] = 0x41 }
            #expect(throws: BTHomeError.self) {
                try serviceData.withUnsafeBytes { try cipher.open($0, address: Self.address) }
            }
        }
    }

    @Test func whatIsSealedWithAnyFlagsOpensAgain() throws {
        var generator = SplitMix64(seed: 6)
        let cipher = try cipher()
        for _ in 0..<500 {
            let address = DeviceAddress(value: generator.next())
            let info = BTHomeInfo(
                isEncrypted: true, hasAddress: .random(using: &generator), isTriggerBased: .random(using: &generator))
            let objects = generator.bytes(Int.random(in: 2...200, using: &generator))
            let counter = UInt32.random(in: 0...UInt32.max, using: &generator)
            let sealed = try cipher.seal(objects: objects, address: address, counter: counter, info: info)
            let expected = objects.withUnsafeBytes { ObjectReader.read($0) }
            let opened = try sealed.withUnsafeBytes { try cipher.open($0, address: address) }
            #expect(opened == expected)
        }
    }

    private func open(_ serviceData: [UInt8]) throws -> Reading {
        let cipher = try cipher()
        return try serviceData.withUnsafeBytes { try cipher.open($0, address: Self.address) }
    }

    private func cipherOpens(_ serviceData: String, from address: DeviceAddress) throws -> Reading {
        let cipher = try cipher()
        return try bytes(serviceData).withUnsafeBytes { try cipher.open($0, address: address) }
    }

    private func cipher() throws -> BTHomeCipher {
        try BTHomeCipher(bindKey: SecretBytes(bytes("231d39c1d7cc1ab1aee224cd096db932")))
    }
}
