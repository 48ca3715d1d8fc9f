import SeededRandom
import Simulation
import Testing
import Wire

@testable import Scenarios

@Suite struct MeasureTests {
    @Test(arguments: [
        ("12 m", Measure.distance, 12.0), ("12m", .distance, 12), ("1.5 km", .distance, 1_500), ("7 %", .share, 0.07),
        ("10 min", .time, 600_000_000), ("-92.5 dBm", .power, -92.5), ("16 kbit/s", .rate, 16_000),
        ("8 kB", .size, 8_000),
        ("60/min", .frequency, 60), ("1e-05 s", .time, 10), ("0.1 ms", .time, 100), ("3 cm", .distance, 0.03),
    ])
    func measureReadsWithItsUnit(text: String, measure: Measure, expected: Double) throws {
        #expect(try measure.value(of: text) == expected)
    }

    @Test(arguments: [
        ("12", Measure.distance, "12 m"), ("12 metres", .distance, "12 m"), ("5 m", .time, "5 min"),
        ("3 DBM", .power, "3 dBm"),
        ("9 secs", .time, "9 s"), ("4 Kbit/s", .rate, "4 kbit/s"), ("2 dB", .power, "2 dBm"),
        ("5", .frequency, "5/min"), ("98", .share, "98 %"), ("0.98", .share, "98 %"), ("0.98", .share, "0.98 %"),
        ("1", .share, "100 %"), ("0", .share, "0 %"), ("0.5", .distance, "0.5 m"),
    ])
    func wrongUnitComesWithTheRightOne(text: String, measure: Measure, expected: String) {
        #expect { try measure.value(of: text) } throws: { error in
            (error as? Measure.Fault)?.remedy.contains("`\(expected)`") == true
        }
    }

    @Test(arguments: [
        "", "m", "twelve m", "1..2 m", "--1 m", "1e400 m", "nan m", "inf m", "0x10 m", "1_000 m", "12 m 3", "1e m",
    ])
    func whatIsNoMeasureIsRefused(text: String) {
        #expect(throws: Measure.Fault.self) { try Measure.distance.value(of: text) }
    }

    @Test func writtenMeasureReadsBackAsTheSame() throws {
        var random = SplitMix64(seed: 3)
        for measure in [Measure.time, .distance, .share, .power, .rate, .size] {
            for _ in 0..<2_000 {
                let digits = Double(random.next() % 10_000)
                let value = measure.units[0].isHundredth ? digits / 10_000 : digits
                #expect(try measure.value(of: measure.text(value)) == value, "\(measure.text(value))")
            }
        }
        #expect(Measure.time.text(600_000_000) == "10 min")
        #expect(Measure.time.text(90_000_000) == "90 s")
        #expect(Measure.time.text(0) == "0 s")
        #expect(Measure.share.text(0.07) == "7 %")
        #expect(Measure.distance.text(12.5) == "1250 cm")
    }

    @Test func momentsReadBackOverTwoCenturiesOfDays() {
        for day in stride(from: UInt32(0), to: 49_000, by: 13) {
            let time = WallTime(seconds: day * 86_400 + 3_661)
            #expect(WallTime(text: time.text) == time)
        }
        #expect(WallTime(text: "2027-01-15 08:07:00")?.seconds == 1_800_000_420)
        #expect(WallTime(text: "2027-01-15T08:07Z")?.seconds == 1_800_000_420)
        for text in [
            "2027-02-29 00:00", "2027-13-01 00:00", "2027-01-15", "x", "2027-01-15 24:00", "2027-01-15 08:07:00:00",
        ] {
            #expect(WallTime(text: text) == nil, "\(text)")
        }
    }
}
