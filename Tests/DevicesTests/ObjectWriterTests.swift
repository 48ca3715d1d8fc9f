import Testing

@testable import Devices

struct ObjectWriterTests {
    @Test func wordsBecomeObjectsInAscendingOrder() throws {
        let words = ["opening=1", "motion=0", "button=press", "temperature=25.06", "battery=90"]
        #expect(hexadecimal(try ObjectWriter.bytes(words: words)) == "015a02ca09110121003a01")
    }

    @Test func wordsOfOneNameKeepTheirOrder() throws {
        let words = ["button=none", "temperature=1", "button=press", "button=triple_press"]
        #expect(hexadecimal(try ObjectWriter.bytes(words: words)) == "0264003a003a013a03")
    }

    @Test(arguments: ObjectReaderTests.examples)
    func writtenWordReadsBackAsTheSameMeasurement(object: String, key: String, value: String, unit: String) throws {
        let written = try ObjectWriter.bytes(words: ["\(key)=\(value)"])
        let reading = written.withUnsafeBytes { ObjectReader.read($0) }
        #expect(reading.note == nil)
        let measurement = try #require(reading.measurements.first)
        #expect(measurement.key == key)
        switch measurement.value {
        case .number(let number):
            // Another object id of the same name may write more places of the same number.
            let places = max(number.decimalPlaces, 6)
            #expect(number.units(atDecimalPlaces: places) == ScaledDecimal(value)?.units(atDecimalPlaces: places))
        default: #expect(measurement.value.text == value)
        }
    }

    @Test(arguments: [
        ("temperature=-327.68", "020080"), ("temperature=327.7", "45cd0c"), ("count=255", "09ff"),
        ("count=256", "3d0001"),
        ("count=70000", "3e70110100"), ("count=-1", "59ff"), ("power=-1", "5c9cffffff"),
        ("speed=0.000001", "6201000000"),
        ("opening=open", "1101"), ("opening=closed", "1100"), ("motion=on", "2101"), ("lock=unlocked", "1f01"),
    ])
    func numberTakesTheLowestObjectThatHoldsItExactly(word: String, object: String) throws {
        #expect(hexadecimal(try ObjectWriter.bytes(words: [word])) == object)
    }

    @Test(arguments: [
        "", "opening", "=1", "opening=", "opening=2", "temperatur=1", "temperature=1e3", "temperature=99999",
        "temperature=0.001", "battery=256", "battery=-1", "button=smash", "dimmer=rotate_left",
        "dimmer=rotate_left:256",
        "command=toggle:0", "raw=0g", "firmware=1.2", "firmware=1.2.3.4.5", "firmware=1..3", "timestamp=4294967296",
    ])
    func unusableWordIsRefusedByName(word: String) {
        #expect(throws: BTHomeError.unusableWord(word)) { try ObjectWriter.bytes(words: [word]) }
    }

    @Test func moreThanAFrameHoldsIsRefused() throws {
        let fitting = Array(repeating: "count=70000", count: ObjectWriter.bytesMax / 5)
        #expect(try ObjectWriter.bytes(words: fitting).count <= ObjectWriter.bytesMax)
        #expect(throws: BTHomeError.tooLong) { try ObjectWriter.bytes(words: fitting + ["count=70000"]) }
        #expect(throws: BTHomeError.unusableWord("text=" + String(repeating: "x", count: 300))) {
            try ObjectWriter.bytes(words: ["text=" + String(repeating: "x", count: 300)])
        }
        #expect(throws: BTHomeError.unusableWord("command=on:" + String(repeating: "00", count: 32))) {
            try ObjectWriter.bytes(words: ["command=on:" + String(repeating: "00", count: 32)])
        }
    }
}
