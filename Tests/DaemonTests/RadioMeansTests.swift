import Foundation
import Logging
import Settings
import Storage
import Synchronization
import Testing

@testable import Daemon

/// By what a radio hears and is heard, as its host is told.
@Suite struct RadioMeansTests {
    private static let startDiscovery: UInt16 = 0x0023

    /// The kernel has no such adapter, so that no links can be taken; of the ways of hearing only the last one works.
    @Test func radioThatDoesNotWorkAsItShouldSaysAllTheSameByWhatItHears() async throws {
        let path = "/tmp/means-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        defer { try? FileManager.default.removeItem(atPath: path) }
        let store = try BridgeStore(directory: path)
        let lines = Lines()
        let logger = Logger(label: "test") { _ in RecordingLog(lines: lines) }
        let worker = try StoreWorker(store: store, logger: logger)
        var settings = BridgeSettings(defaultName: "x")
        settings.radio.kind = .bluez
        let standIn = ManagementStandIn([.init(index: 0, does: [Self.startDiscovery: [6]])])
        let radio = PreparedRadio(sockets: [try standIn.open(), try standIn.open()], problem: nil) {}
        let noes = HostingNoes(byCommand: false)
        let host = try BridgeHost(settings: settings, noes: noes, worker: worker, logger: logger)
        try await host.start(BridgeMemory.read(from: store, name: "x"), radio: radio, hub: WatchHub())

        let end = ContinuousClock.now + .seconds(30)
        var report = try await host.report()
        while !report.radioIsDegraded, ContinuousClock.now < end {
            try await Task.sleep(for: .milliseconds(10))
            report = try await host.report()
        }
        await host.stop()
        let means = "hci0 00:1B:DC:06:F2:9A hears by discovery (mesh receiver: "
        let detail = report.radioDetail ?? ""
        #expect(report.radioIsDegraded && detail.hasPrefix("hci0 takes no links: "), "\(detail)")
        #expect(detail.contains("; \(means)"), "\(detail)")
        // At once, and not with the next minute's upkeep, which does not run here.
        #expect(lines.all.contains { $0.hasPrefix("the radio: \(means)") }, "\(lines.all)")
    }
}

/// What was logged.
private final class Lines: Sendable {
    private let kept = Mutex<[String]>([])
    var all: [String] { kept.withLock { $0 } }
    func add(_ line: String) { kept.withLock { $0.append(line) } }
}

private struct RecordingLog: LogHandler {
    let lines: Lines
    var logLevel = Logger.Level.info
    var metadata: Logger.Metadata = [:]
    var metadataProvider: Logger.MetadataProvider?

    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    func log(event: LogEvent) { lines.add(event.message.description) }
}
