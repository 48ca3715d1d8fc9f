import Foundation
import Testing

/// What a run found stays its exit code, whatever becomes of what it writes.
@Suite struct SimulateVerdictTests {
    private static let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().path
    /// A run that keeps its promises, and one that breaks one.
    private static let kept = ["simulate", root + "/conf/scenarios/first.yaml", "--duration", "2 min"]
    private static let broken =
        kept + [
            "--no-shrinking", "--set", "hold_liars=true", "--set", "promises=[cap]", "--set",
            "faults=[{fault: liar, houses: [1], at: 30 s, lie: floods}]",
        ]
    private static let missed = kept + ["--set", "expect=[{figure: latency, at_most: 1 us}]"]

    private static func shell(_ script: String) -> [String] { ["/bin/sh", "-c", script, "sh"] }

    @Test(
        arguments: [(kept, 4), (broken, 1), (missed, 1), (kept + ["--seeds", "1..2", "--set", "expect=[]"], 4)]
            as [([String], Int32)])
    func fullStandardOutputHidesNoVerdict(_ arguments: [String], _ code: Int32) async throws {
        let run = try await ControlCommandTests.run(arguments, by: Self.shell("exec \"$@\" >/dev/full"))
        #expect(run.code == code && run.complaint.contains("cannot be written: No space left"), "\(run)")
    }

    @Test(arguments: [(kept, 0), (broken, 1), (missed, 1)] as [([String], Int)])
    func standardOutputThatNobodyReadsHidesNoVerdict(_ arguments: [String], _ code: Int) async throws {
        let run = try await ControlCommandTests.run(
            arguments, by: Self.shell("{ \"$@\"; echo \"code $?\" >&2; } | true"))
        #expect(run.complaint.hasSuffix("code \(code)\n") && !run.complaint.contains("cannot be written"), "\(run)")
    }

    /// Of a broken promise much is told after the verdict.
    @Test(arguments: [">/dev/full 2>&1; echo $? >code; }", "2>&1; echo $? >code; } | true"])
    func complaintsThatNobodyReadsHideNoVerdict(_ script: String) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shrinking = Self.broken.filter { $0 != "--no-shrinking" }
        // Of this one something is told before it begins.
        let afar =
            Self.kept + [
                "--set", "devices[0].place=at 0 3000", "--set", "expect=[{figure: heard_ratio, at_least: 50 %}]",
            ]
        for arguments in [shrinking, ["simulate", "compare"] + shrinking.dropFirst(), afar] {
            _ = try await ControlCommandTests.run(arguments, directory: folder, by: Self.shell("{ \"$@\" " + script))
            #expect(try String(contentsOfFile: "\(folder)/code", encoding: .utf8) == "1\n", "\(arguments)")
        }
    }

    private static func folder() throws -> String {
        let path = "/tmp/simulate-verdict-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        return path
    }

    @Test(
        arguments: [(kept, 4, "Promises: kept"), (broken, 1, "Promises: broken"), (missed, 1, "missed")]
            as [([String], Int32, String)])
    func reportThatCannotBeWrittenHidesNoVerdict(_ arguments: [String], _ code: Int32, _ words: String) async throws {
        let folder = try Self.folder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        // A report takes more than 4 kB.
        let run = try await ControlCommandTests.run(
            arguments + ["--report", "\(folder)/r.html"], by: Self.shell("trap '' XFSZ; ulimit -f 8; exec \"$@\""))
        #expect(run.code == code && run.output.contains(words), "\(run)")
        #expect(run.complaint.contains("r.html cannot be written whole: File too large"), "\(run.complaint)")
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
    }

    @Test func comparisonTellsItsTableThoughItsReportCannotBeWritten() async throws {
        let run = try await ControlCommandTests.run(
            ["simulate", "compare"] + Self.kept.dropFirst() + ["--report", "/proc/r.html"])
        #expect(run.code == 4 && run.output.contains("MANAGED FLOODING"), "\(run)")
        #expect(run.complaint.contains("/proc/r.html cannot be written"), "\(run.complaint)")
    }
}
