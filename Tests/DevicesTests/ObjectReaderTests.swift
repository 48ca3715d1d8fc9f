import SeededRandom
import Testing

@testable import Devices

struct ObjectReaderTests {
    /// Examples of the BTHome specification and of the tests of bthome-ble: object, key, value, unit.
    static let examples: [(String, String, String, String)] = [
        ("0009", "packet_id", "9", ""), ("0161", "battery", "97", "%"), ("02ca09", "temperature", "25.06", "°C"),
        ("0202ff", "temperature", "-2.54", "°C"), ("03bf13", "humidity", "50.55", "%"),
        ("04138a01", "pressure", "1008.83", "hPa"), ("05138a14", "illuminance", "13460.67", "lx"),
        ("065e1f", "mass", "80.30", "kg"), ("073e1d", "mass_lb", "74.86", "lb"), ("08ca06", "dew_point", "17.38", "°C"),
        ("0960", "count", "96", ""), ("0a138a14", "energy", "1346.067", "kWh"), ("0b021b00", "power", "69.14", "W"),
        ("0c020c", "voltage", "3.074", "V"), ("0d120c", "pm25", "3090", "µg/m³"), ("0e021c", "pm10", "7170", "µg/m³"),
        ("0f01", "generic", "1", ""), ("1001", "power_on", "1", ""), ("1100", "opening", "0", ""),
        ("12e204", "co2", "1250", "ppm"), ("133301", "tvoc", "307", "µg/m³"), ("14020c", "moisture", "30.74", "%"),
        ("1501", "battery_low", "1", ""), ("2101", "motion", "1", ""), ("21ff", "motion", "1", ""),
        ("2d01", "window", "1", ""), ("2e23", "humidity", "35", "%"), ("2f23", "moisture", "35", "%"),
        ("3a04", "button", "long_press", ""), ("3a80", "button", "hold_press", ""),
        ("3a81", "button", "hold_release", ""),
        ("3b0002", "command", "toggle", ""), ("3be203aabb", "command", "step_up:aabb", ""),
        ("3c0103", "dimmer", "rotate_left:3", ""), ("3d0960", "count", "24585", ""),
        ("3e2a2c0960", "count", "1611213866", ""), ("3f020c", "rotation", "307.4", "°"),
        ("400c00", "distance_mm", "12", "mm"), ("414e00", "distance", "7.8", "m"),
        ("424e3400", "duration", "13.390", "s"),
        ("434e34", "current", "13.390", "A"), ("444e34", "speed", "133.90", "m/s"),
        ("451101", "temperature", "27.3", "°C"),
        ("4632", "uv_index", "5.0", ""), ("478756", "volume", "2215.1", "L"), ("48dc87", "volume_ml", "34780", "mL"),
        ("49dc87", "volume_flow_rate", "34.780", "m³/h"), ("4a020c", "voltage", "307.4", "V"),
        ("4b138a14", "gas", "1346.067", "m³"), ("4c41018a01", "gas", "25821.505", "m³"),
        ("4d12138a14", "energy", "344593.170", "kWh"), ("4e87562a01", "volume", "19551.879", "L"),
        ("4f87562a01", "water", "19551.879", "L"), ("505d396164", "timestamp", "1684093277", ""),
        ("518756", "acceleration", "22.151", "m/s²"), ("528756", "gyroscope", "22.151", "°/s"),
        ("530c48656c6c6f20576f726c6421", "text", "Hello World!", ""),
        ("540c48656c6c6f20576f726c6421", "raw", "48656c6c6f20576f726c6421", ""),
        ("5587562a01", "volume_storage", "19551.879", "L"), ("56e803", "conductivity", "1000", "µS/cm"),
        ("57ea", "temperature", "-22", "°C"), ("58ea", "temperature", "-7.70", "°C"), ("59ea", "count", "-22", ""),
        ("5aeaea", "count", "-5398", ""), ("5bea0234ea", "count", "-365690134", ""),
        ("5c02fbffff", "power", "-12.78", "W"), ("5d02ea", "current", "-5.630", "A"),
        ("5e9f8c", "direction", "359.99", "°"), ("5f1e03", "precipitation", "79.8", "mm"), ("6001", "channel", "1", ""),
        ("61ac0d", "rotational_speed", "3500", "rpm"), ("624099dfff", "speed", "-2.123456", "m/s"),
        ("630057d0ff", "acceleration", "-3.123456", "m/s²"), ("6402", "light_level", "2", ""),
        ("6507", "settings_revision", "7", ""), ("f00100", "device_type", "1", ""),
        ("f100010204", "firmware", "4.2.1.0", ""), ("f2000106", "firmware", "6.1.0", ""),
    ]

    @Test(arguments: examples)
    func objectReadsAsTheSpecificationSays(object: String, key: String, value: String, unit: String) {
        let reading = read(bytes(object))
        #expect(reading.note == nil)
        #expect(reading.measurements.map(\.key) == [key])
        #expect(reading.measurements.map(\.value.text) == [value])
        #expect(reading.measurements.map(\.unit) == [unit])
    }

    @Test func everyRowOfTheTableHasAnExample() {
        let covered = Set(Self.examples.map { bytes($0.0)[0] } + Array(0x15...0x2D))
        #expect(ObjectTable.all.allSatisfy { covered.contains($0.id) })
    }

    @Test func everyObjectCutOffAnywhereIsNamedAndTrapsNothing() {
        for example in Self.examples {
            let object = bytes(example.0)
            for count in 1..<object.count {
                let reading = read(Array(object[..<count]))
                #expect(reading == Reading(measurements: [], note: .truncatedObject(id: object[0])))
            }
        }
    }

    @Test func repeatedObjectsAreNumbered() {
        let reading = read(bytes("3a00 3a01 3a03 02ca09 45 1101"))
        #expect(reading.measurements.map(\.key) == ["button", "button_2", "button_3", "temperature", "temperature_2"])
        #expect(reading.measurements.map(\.isTrigger) == [false, true, true, false, false])
    }

    @Test func endOfMotionAndTurnByNothingAreNoTriggers() {
        #expect(read(bytes("2100")).measurements.map(\.isTrigger) == [false])
        #expect(read(bytes("2101")).measurements.map(\.isTrigger) == [true])
        #expect(read(bytes("3c0000 3c0201")).measurements.map(\.isTrigger) == [false, true])
        #expect(read(bytes("1101")).measurements.map(\.isTrigger) == [false])
    }

    @Test func unknownObjectEndsTheReadingWithWhatCameBefore() {
        let reading = read(bytes("0161 02ca09 30 03bf13"))
        #expect(reading.measurements.map(\.key) == ["battery", "temperature"])
        #expect(reading.note == .unknownObject(id: 0x30))
    }

    @Test(arguments: ["530187", "3afe", "3c0703", "3b0009"])
    func invalidValueIsLeftOutAndTheRestIsRead(object: String) {
        let reading = read(bytes(object + "6402"))
        #expect(reading.measurements.map(\.key) == ["light_level"])
        #expect(reading.note == .invalidValue(id: bytes(object)[0]))
    }

    @Test func anyBytesGiveNoMoreObjectsThanTheyCanHold() {
        var generator = SplitMix64(seed: 2)
        for _ in 0..<5000 {
            let plaintext = generator.bytes(Int.random(in: 0...252, using: &generator))
            #expect(read(plaintext).measurements.count * 2 <= plaintext.count)
        }
    }

    private func read(_ plaintext: [UInt8]) -> Reading { plaintext.withUnsafeBytes { ObjectReader.read($0) } }
}
