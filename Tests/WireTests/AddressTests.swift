import Testing

@testable import Wire

@Suite struct AddressTests {
    static let address = DeviceAddress(value: 0x5448_e68f_80a5)

    @Test(arguments: ["54:48:E6:8F:80:A5", "54:48:e6:8f:80:a5", "54-48-E6-8F-80-A5"])
    func deviceAddressReadsFromText(text: String) {
        #expect(DeviceAddress(text) == Self.address)
        #expect(Self.address.text == "54:48:E6:8F:80:A5")
    }

    @Test(arguments: [
        "", "54:48:E6:8F:80", "54:48:E6:8F:80:A5:00", "5:448:E6:8F:80:A5", "54:48:E6:8F:80:AG", "54-48", "5448e68f80a5",
        "54:48:E6:8F:80:+5",
    ])
    func textThatIsNoAddressIsRefused(text: String) { #expect(DeviceAddress(text) == nil) }

    @Test func addressRunsBackwardsOnTheAirAndForwardsInPrint() {
        let printed: [UInt8] = [0x54, 0x48, 0xe6, 0x8f, 0x80, 0xa5]
        #expect(Self.address.printed == printed)
        #expect(printed.reversed().withUnsafeBytes { DeviceAddress(onAir: $0) } == Self.address)
        let radio = printed.withUnsafeBytes { RadioAddress(bytesAsPrinted: $0, kind: .random) }
        #expect(radio == RadioAddress(value: 0xffff_5448_e68f_80a5, kind: .random))
        #expect((0..<6).map { radio?[$0] } == printed)
        #expect([radio?[-1], radio?[6]] == [0, 0])
        #expect(radio?.packed == 0x0001_5448_e68f_80a5)
        for count in [0, 5, 7] {
            let bytes = [UInt8](repeating: 1, count: count)
            #expect(bytes.withUnsafeBytes { DeviceAddress(onAir: $0) } == nil)
            #expect(bytes.withUnsafeBytes { RadioAddress(bytesAsPrinted: $0, kind: .public) } == nil)
        }
    }
}
