import Devices
import SeededRandom
import Testing

struct BTHomeAdvertisementTests {
    @Test func serviceDataOfThePublishedAdvertisementIsFound() throws {
        let advertisement = bytes("0201061216d2fc41a47266c95f730011223378237214")
        let range = try #require(find(advertisement))
        #expect(hexadecimal(advertisement[range]) == "41a47266c95f730011223378237214")
        #expect(try BTHomeAdvertisement.bytes(serviceData: Array(advertisement[range])) == advertisement)
    }

    @Test func otherStructuresAreSteppedOver() {
        #expect(find(bytes("0201060b094449592d73656e736f720a16d2fc4002c40903bf13")) == 19..<26)
        #expect(find(bytes("0416d3fc41 0421d2fc41 0416d2fc41")) == 14..<15)
    }

    @Test(arguments: ["", "00", "02", "0201", "020106", "0216d2", "0316d2", "0916d2fc41", "000416d2fc41", "ff16d2fc"])
    func advertisementWithoutWholeServiceDataGivesNothing(advertisement: String) {
        #expect(find(bytes(advertisement)) == nil)
    }

    @Test func emptyServiceDataIsFoundAsEmpty() {
        #expect(find(bytes("0316d2fc")) == 4..<4)
    }

    @Test func serviceDataIsFoundBehindAnyOtherStructures() throws {
        var generator = SplitMix64(seed: 3)
        for _ in 0..<2000 {
            var advertisement: [UInt8] = []
            for _ in 0..<Int.random(in: 0...4, using: &generator) {
                let other = generator.bytes(Int.random(in: 0...20, using: &generator))
                advertisement += [UInt8(other.count + 1), 0xFF] + other
            }
            let serviceData = generator.bytes(Int.random(in: 0...60, using: &generator))
            let start = advertisement.count + 4
            advertisement += [UInt8(serviceData.count + 3), 0x16, 0xD2, 0xFC] + serviceData
            #expect(find(advertisement) == start..<start + serviceData.count)
        }
    }

    @Test func anyBytesGiveARangeWithinThem() {
        var generator = SplitMix64(seed: 4)
        for _ in 0..<20_000 {
            var advertisement = generator.bytes(Int.random(in: 0...40, using: &generator))
            for position in advertisement.indices where Bool.random(using: &generator) {
                advertisement[position] = [0x03, 0x04, 0x16, 0xD2, 0xFC].randomElement(using: &generator) ?? 0
            }
            if let range = find(advertisement) {
                #expect(range.upperBound <= advertisement.count)
                #expect(Array(advertisement[range.lowerBound - 3..<range.lowerBound]) == [0x16, 0xD2, 0xFC])
            }
        }
    }

    @Test func serviceDataThatIsTooLongIsNotWritten() throws {
        let longest = [UInt8](repeating: 7, count: BTHomeAdvertisement.serviceDataBytesMax)
        let advertisement = try BTHomeAdvertisement.bytes(serviceData: longest)
        #expect(find(advertisement) == 7..<7 + longest.count)
        #expect(throws: BTHomeError.tooLong) { try BTHomeAdvertisement.bytes(serviceData: longest + [7]) }
    }

    private func find(_ advertisement: [UInt8]) -> Range<Int>? {
        advertisement.withUnsafeBytes { BTHomeAdvertisement.find(in: $0) }
    }
}
