import Foundation
import Testing

@testable import Simulation

/// Writes what `scripts/check-report` looks at with a browser and with Wireshark's tshark.
@Suite(.enabled(if: ProcessInfo.processInfo.environment["SIDEGATE_REPORTS"] != nil, "scripts/check-report runs it"))
struct ReportFilesTests {
    private func write(_ bytes: [UInt8], to name: String) throws {
        let directory = try #require(ProcessInfo.processInfo.environment["SIDEGATE_REPORTS"])
        try Data(bytes).write(to: URL(fileURLWithPath: directory).appendingPathComponent(name))
    }

    @Test func traceOfMadeUpFrames() throws {
        try write(MadeUpFrames.trace(of: MadeUpFrames.frames()), to: "made-up.pcapng")
    }
}
