import Foundation
import Testing

/// What interrupts leave of a run and of several, and what `compare` says of a broken promise.
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

    /// A run that does not end by itself, and writes.
    private static func endless(in folder: String) -> [String] {
        [first, "--set", "duration=20 d", "--set", "expect=[]", "--trace", "\(folder)/out.pcapng"]
    }

    /// Once something is in the file, the handlers of signals stand.
    private static func begun(in folder: String) -> SimulateProcess.Sign {
        .wrote(path: "\(folder)/out.pcapng.part", bytesMin: 1)
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
        let run = try await SimulateProcess.interrupt(
            ["compare", Self.first, "--set", "duration=20 d"], at: .computed(seconds: 2))
        #expect(run.code == 130, "\(run.output) \(run.complaint)")
        let first = run.output.split(separator: "\n").first ?? ""
        #expect(first.hasSuffix("(interrupted)"), "\(run.output)")
        #expect(run.output.contains("not whole: sidegate; not run: managed flooding, contention flooding."))
        #expect(run.output.contains("not run  "), "\(run.output)")
        #expect(!run.output.contains(", met") && !run.output.contains(", missed"), "\(run.output)")
    }

    @Test func finishedSeedsOfAnInterruptedSweepDecideItsExitCode() async throws {
        let sweep = ["--duration", "4 min", "--seeds", "1..1000000"]
        let missed = try await SimulateProcess.interrupt(
            [Self.first, "--set", "expect=[{figure: latency, at_most: 1 us}]"] + sweep, at: .computed(seconds: 8))
        #expect(missed.code == 1 && missed.output.contains("(interrupted)"), "\(missed.output) \(missed.complaint)")
        let met = try await SimulateProcess.interrupt(
            [Self.first, "--set", "expect=[]"] + sweep, at: .computed(seconds: 2))
        #expect(met.code == 130, "\(met.output) \(met.complaint)")
    }

    @Test func firstInterruptEndsTheRunAndWritesItsReport() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try await SimulateProcess.interrupt(
            Self.endless(in: folder) + ["--report", "\(folder)/out.html"], at: Self.begun(in: folder))
        #expect(run.wasReady && run.isExit && run.code == 130)
        let report = try String(contentsOfFile: "\(folder)/out.html", encoding: .utf8)
        #expect(report.contains("<strong>Interrupted.</strong>") && report.contains("</html>"))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["out.html", "out.pcapng"])
    }

    /// Held while two signals come, so that the second one finds the file as it is.
    @Test func secondInterruptTakesWhatIsHalfWrittenAway() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let run = try await SimulateProcess.interrupt(Self.endless(in: folder), at: Self.begun(in: folder)) { number in
            for signal in [SIGSTOP, SIGINT, SIGTERM, SIGCONT] { kill(number, signal) }
        }
        let left = try FileManager.default.contentsOfDirectory(atPath: folder)
        #expect(run.wasReady && !run.isExit && left.isEmpty, "\(left)")
    }

    /// As timeout(1) sends it to a process and to its group.
    @Test func sameInterruptTwiceInAMomentIsOne() async throws {
        // Two that came too far from each other, as on a machine that had no time, say nothing; half a second is the limit.
        for _ in 1...20 {
            let folder = try Self.folder()
            defer { try? FileManager.default.removeItem(atPath: folder) }
            let run = try await SimulateProcess.interrupt(
                Self.endless(in: folder), at: Self.begun(in: folder)
            ) { number in
                for _ in 1...2 { SimulateProcess.deliver(SIGINT, to: number) }
            }
            guard run.signallingMilliseconds < 250 else { continue }
            let left = try FileManager.default.contentsOfDirectory(atPath: folder)
            #expect(run.wasReady && run.isExit && left == ["out.pcapng"], "\(left)")
            return
        }
        Issue.record("no two interrupts in a moment: the machine has no time")
    }

    @Test func interruptedRunThatBrokeAPromiseTellsWhatWouldShrinkIt() async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = try Self.liar(in: folder)
        // By far more is written then than is sent in the four minutes within which the liar is found out.
        let run = try await SimulateProcess.interrupt(
            [path, "--set", "duration=20 d", "--trace", "\(folder)/out.pcapng"],
            at: .wrote(path: "\(folder)/out.pcapng.part", bytesMin: 3_000_000))
        #expect(run.wasReady && run.code == 1)
        #expect(
            run.complaint.contains(
                "To look for it:\n  sidegate simulate '\(path)' --set 'duration=20 d' --seed 1\n"), "\(run.complaint)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).sorted() == ["a liar.yaml", "out.pcapng"])
    }
}
