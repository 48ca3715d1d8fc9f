import Foundation
import Glibc
import Testing

@testable import Simulation

private let hasSanitizer = dlsym(nil, "__tsan_init") != nil || dlsym(nil, "__asan_init") != nil

/// Modelled cryptography changes bytes, and nothing that happens.
@Suite(.enabled(if: !hasSanitizer, "a sanitizer's own functions would have to come first"))
struct ModelledCryptographyTests {
    /// All but what depends on bytes.
    private static func text(of record: RunRecord) -> String {
        var record = record
        record.fingerprint = 0
        record.usesModelledCryptography = false
        return RunRecordJSON.text(of: record)
    }

    private static func scenario(_ number: Int) -> Scenario {
        var scenario = RealRuns.scenario()
        scenario.topology = .grid(columns: 3, rows: 3, spacingMetres: 11)
        scenario.settleMicroseconds = 30_000_000
        scenario.durationMicroseconds = 150_000_000
        scenario.faults = [
            FaultPlan(
                .crash(downMicroseconds: 20_000_000, unwrittenMicroseconds: 0), houses: .houses([4]),
                when: .at(microseconds: 60_000_000))
        ]
        if number == 1 {
            scenario.topology = .line(houses: 3, spacingMetres: 12)
            scenario.beginning = .joining
            scenario.durationMicroseconds = 240_000_000
            scenario.settleMicroseconds = 120_000_000
            scenario.faults = [FaultPlan(.revoke, when: .at(microseconds: 180_000_000))]
        }
        if number == 2 {
            scenario.faults = [
                FaultPlan(.liar(.floods), houses: .houses([3]), when: .at(microseconds: 50_000_000)),
                FaultPlan(.altered(permille: 20, forMicroseconds: 50_000_000), when: .at(microseconds: 50_000_000)),
                FaultPlan(.forged(perMinute: 60, forMicroseconds: 50_000_000), when: .at(microseconds: 80_000_000)),
            ]
        }
        return scenario
    }

    private static var library: String {
        let program = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        return (program as NSString).deletingLastPathComponent + "/libsidegate-modelled-cryptography.so"
    }

    @Test func runsWithRealAndModelledCurvesDifferInBytesAlone() async throws {
        #expect(FileManager.default.fileExists(atPath: Self.library))
        setenv("LD_PRELOAD", Self.library, 1)
        defer { unsetenv("LD_PRELOAD") }
        let result = try await #require(
            processExitsWith: .success, observing: [\.standardOutputContent, \.standardErrorContent]
        ) {
            var text = ""
            for number in 0...2 {
                let run = try RealRuns.record(ModelledCryptographyTests.scenario(number), seed: 5)
                guard run.usesModelledCryptography else { exit(3) }
                text += "RECORD \(number) " + ModelledCryptographyTests.text(of: run) + "\n"
            }
            FileHandle.standardOutput.write(Data(text.utf8))
        }
        let output = String(decoding: result.standardOutputContent, as: UTF8.self)
        for number in 0...2 {
            let line = try #require(output.split(separator: "\n").first { $0.hasPrefix("RECORD \(number) ") })
            let run = try RealRuns.record(Self.scenario(number), seed: 5)
            #expect(!run.usesModelledCryptography)
            #expect(run.steps > 500)
            let real = "RECORD \(number) " + Self.text(of: run)
            #expect(line == real, "scenario \(number)")
        }
    }
}
