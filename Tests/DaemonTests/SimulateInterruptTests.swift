import Foundation
import Testing

/// What an interrupt leaves of several runs, and what `compare` says of a broken promise.
@Suite struct SimulateInterruptTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    private static let first = root + "/conf/scenarios/first.yaml"

    private static func folder() throws -> String {
        let path = "/tmp/simulate-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    /// A liar that is held to the promises, in a file whose name a shell would take apart.
    private static func liar(in folder: String) throws -> String {
        let path = "\(folder)/a liar.yaml"
        try """
        duration: 6 min
        topology: {kind: line, houses: 5, spacing: 12 m}
        devices:
          - {name: sensor, owners: [0], place: farthest, traffic: {kind: poisson, every: 20 s}}
        faults:
          - {fault: liar, houses: [2], at: 1 min, lie: ignores_opt_outs}
          - {fault: opt_out, houses: [2], at: 3 min}
        hold_liars: true
        """.write(toFile: path, atomically: true, encoding: .utf8)
        return path
    }

    private static func interrupted(
        _ arguments: [String], after seconds: Double
    ) async throws -> (code: Int32, output: String, complaint: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: ControlCommandTests.executable)
        process.arguments = ["simulate"] + arguments
        let (output, complaint) = (Pipe(), Pipe())
        (process.standardOutput, process.standardError) = (output, complaint)
        try process.run()
        try await Task.sleep(for: .seconds(seconds))
        kill(process.processIdentifier, SIGINT)
        return await withCheckedContinuation { done in
            DispatchQueue.global().async {
                let told = output.fileHandleForReading.readDataToEndOfFile()
                let complained = complaint.fileHandleForReading.readDataToEndOfFile()
                process.waitUntilExit()
                done.resume(
                    returning: (
                        process.terminationStatus, String(decoding: told, as: UTF8.self),
                        String(decoding: complained, as: UTF8.self)
                    ))
            }
        }
    }

    @Test func comparisonSaysWhatBrokeAndWhatLooksForTheShortestList() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try Self.liar(in: folder)
        let run = try await ControlCommandTests.run(["simulate", "compare", path], directory: folder)
        #expect(run.code == 1 && run.output.contains("Promises: broken"), "\(run.output)")
        #expect(run.output.contains("  - opt_out at 00:0") && run.output.contains(", house 2: "), "\(run.output)")
        #expect(run.complaint.contains("  sidegate simulate '\(path)' --seed 1\n"), "\(run.complaint)")
    }

    @Test func fileToReplayIsQuoted() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shrunk = "\(folder)/a shrunk one.yaml"
        let run = try await ControlCommandTests.run([
            "simulate", try Self.liar(in: folder), "--shrunk", shrunk,
        ])
        #expect(run.complaint.contains("To replay: sidegate simulate '\(shrunk)'"), "\(run.complaint)")
        #expect(try String(contentsOfFile: shrunk, encoding: .utf8).contains("sidegate simulate '\(shrunk)'"))
    }

    @Test func interruptedComparisonStartsNoFurtherPolicy() async throws {
        let run = try await Self.interrupted(["compare", Self.first, "--set", "duration=20 d"], after: 3)
        #expect(run.code == 130, "\(run.output) \(run.complaint)")
        let first = run.output.split(separator: "\n").first ?? ""
        #expect(first.hasSuffix("(interrupted)"), "\(run.output)")
        #expect(run.output.contains("not whole: sidegate; not run: managed flooding, contention flooding."))
        #expect(run.output.contains("not run  "), "\(run.output)")
        #expect(!run.output.contains(", met") && !run.output.contains(", missed"), "\(run.output)")
    }

    @Test func finishedSeedsOfAnInterruptedSweepDecideItsExitCode() async throws {
        let sweep = ["--duration", "4 min", "--seeds", "1..1000000"]
        let missed = try await Self.interrupted(
            [Self.first, "--set", "expect=[{figure: latency, at_most: 1 us}]"] + sweep, after: 6)
        #expect(missed.code == 1 && missed.output.contains("(interrupted)"), "\(missed.output) \(missed.complaint)")
        let met = try await Self.interrupted([Self.first, "--set", "expect=[]"] + sweep, after: 2)
        #expect(met.code == 130, "\(met.output) \(met.complaint)")
    }
}
