import Devices
import SeededRandom
import Testing

struct ScaledDecimalTests {
    @Test(arguments: [
        (2506, 2, "25.06"), (-1, 2, "-0.01"), (0, 0, "0"), (5, 1, "0.5"), (90, 0, "90"), (-2200, 3, "-2.200"),
        (Int64.min, 9, "-9223372036.854775808"),
    ])
    func textWritesAllPlaces(units: Int64, places: Int, text: String) {
        #expect(ScaledDecimal(units: units, decimalPlaces: places).text == text)
    }

    @Test func textOfAnyNumberReadsBackAsTheSameNumber() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let units = Int64.random(in: -99_999_999_999...99_999_999_999, using: &generator)
            let number = ScaledDecimal(units: units, decimalPlaces: Int.random(in: 0...6, using: &generator))
            #expect(ScaledDecimal(number.text) == number)
        }
    }

    @Test(arguments: [
        "", "-", ".", "1.2.3", "1e5", "--1", "1-", " 1", "+1", "1234567890123456789", "0.1234567890", "१",
    ])
    func textThatIsNoDecimalIsRefused(text: String) {
        #expect(ScaledDecimal(text) == nil)
    }

    @Test func changeOfPlacesIsExactOrRefused() {
        #expect(ScaledDecimal(units: 25, decimalPlaces: 0).units(atDecimalPlaces: 2) == 2500)
        #expect(ScaledDecimal(units: 2500, decimalPlaces: 2).units(atDecimalPlaces: 0) == 25)
        #expect(ScaledDecimal(units: 2506, decimalPlaces: 2).units(atDecimalPlaces: 1) == nil)
        #expect(ScaledDecimal(units: .max, decimalPlaces: 0).units(atDecimalPlaces: 1) == nil)
    }
}
