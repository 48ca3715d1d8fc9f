import ControlAPI
import Foundation
import Storage
import Testing

@testable import Daemon

/// What a host can see: holdings, ledger, metrics.
@Suite(.serialized) struct HostFiguresTests {
    private static func holdings(_ house: StreetHouse) async throws -> HoldingsReport {
        let output = try await house.tell("holdings", "--json")
        return try ControlJSON.decode(HoldingsReport.self, from: Array(output.utf8))
    }

    private static func holding(_ report: HoldingsReport, _ kind: HoldingsReport.Kind) -> HoldingsReport.Holding? {
        report.holdings.first { $0.kind == kind }
    }

    @Test func holdingsAreWhatMemoryAndDiskReallyHold() async throws {
        try await TestStreet.with { street in
            let (left, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count("sidegate/letter_box/opening ON") == 1 }
            // The home is gone: what comes now stays where it is heard, for as long as it waits for a way.
            try await left.end(SIGKILL)
            try await street.emit(2, "opening=0")
            var held: HoldingsReport?
            try await street.wait("somebody holds the event", seconds: 10) {
                for house in [right, middle] {
                    let report = try await Self.holdings(house)
                    if !report.packets.isEmpty { held = report }
                }
                return held != nil
            }
            let report = try #require(held)
            #expect(report.packets.map(\.trafficClass) == [.event])
            #expect(report.packets.map(\.bytes) == [123])
            let now = Int64(Date().timeIntervalSince1970)
            #expect(report.packets.allSatisfy { (now - 5...now + 700).contains($0.goneUnixSeconds) })
            #expect(Self.holding(report, .packets)?.count == 1)
            try await Self.compareWithDisk(middle)
        }
    }

    private static func compareWithDisk(_ house: StreetHouse) async throws {
        // What was counted in the last minute is on disk once the daemon has ended.
        try await house.end()
        try await house.start()
        let report = try await holdings(house)
        try await house.end()
        let store = try BridgeStore(directory: house.directory)
        let records = try store.records()
        func count(_ kind: UInt8) -> Int { records.count { $0.kind == kind } }
        // Of member records one is its own; it has no device, so nothing else is.
        #expect(holding(report, .members)?.count == count(1) - 1)
        #expect(count(1) == 3)
        #expect(holding(report, .grants)?.count == count(2))
        #expect(count(2) == 1)
        #expect(holding(report, .grants)?.goneUnixSeconds != nil)
        #expect(holding(report, .proofs)?.count == count(3))
        #expect(holding(report, .revocations)?.count == count(4))
        #expect(holding(report, .unknownRecords)?.count == 0)
        let grants = records.filter { $0.kind == 2 }
        #expect(holding(report, .grants)?.bytes == grants.reduce(0) { $0 + $1.bytes.count })
        #expect(holding(report, .ledgerRows)?.count == (try store.ledgerRowCount()))
        #expect(holding(report, .monthRows)?.count == (try store.monthRowCount()))
        #expect(try store.ledgerRowCount() > 0)
        #expect(report.totals == HoldingsReport.Totals(of: report.holdings))
        #expect(report.holdings.map(\.kind) == HoldingsReport.Kind.allCases)
        try store.close()
    }

    @Test func ledgerTellsDropsByDayAndReasonAndComesAsATable() async throws {
        try await TestStreet.with { street in
            let (_, middle, right) = try await street.layOut()
            let broker = try #require(street.broker)
            try await street.emit(1, "opening=1")
            try await street.wait("the event is at the broker") { broker.count("sidegate/letter_box/opening ON") == 1 }
            try await right.tell("opt-out", "hosting")
            try await street.emit(2, "opening=0")
            try await street.wait("the drop is counted") {
                (try await right.json("ledger")["drops"] as? [[String: Any]])?.contains {
                    $0["reason"] as? String == "opted_out"
                } == true
            }
            let lines = try await right.tell("ledger", "--csv", "--days", "400").split(whereSeparator: \.isNewline)
            #expect(lines.first == "day,what,name,packets,bytes,month_share_percent")
            #expect(lines.contains { $0.contains(",lent,event,1,") })
            #expect(lines.contains { $0.contains(",dropped,opted_out,1,,") })
            #expect(lines.allSatisfy { $0.split(separator: ",", omittingEmptySubsequences: false).count == 6 })
            #expect(try await middle.tell("ledger").contains("OF THE MONTH'S CAP"))
            #expect(try await right.tell("status").contains("lent since midnight UTC"))
            for words in [["ledger", "--days", "401"], ["ledger", "--csv", "--json"]] {
                let outcome = try await ControlCommandTests.run(words, environment: ["SIDEGATE_SOCKET": right.socket])
                #expect(outcome.code == 2)
            }
        }
    }

    @Test func metricsHaveTheFormThatPrometheusReadsAndNoIdentity() throws {
        let text = MetricsText.text(FakeBackend.status)
        var described: Set<String> = []
        var typed: Set<String> = []
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ", maxSplits: 3)
            if line.hasPrefix("# HELP ") {
                #expect(described.insert(String(words[2])).inserted && words.count == 4)
            } else if line.hasPrefix("# TYPE ") {
                #expect(typed.insert(String(words[2])).inserted && words[3] == "gauge")
            } else {
                let name = String(line.prefix { $0 != " " && $0 != "{" })
                #expect(described.contains(name) && typed.contains(name))
                #expect(name.range(of: "^sidegate_[a-z_]+$", options: .regularExpression) != nil)
                let form = "^[a-z_]+(\\{[a-z_]+=\"[^\"\\\\]*\"\\})? -?[0-9]+$"
                #expect(line.range(of: form, options: .regularExpression) != nil, "\(line)")
            }
        }
        #expect(text.hasSuffix("\n"))
        #expect(described == typed)
        for name in described where name.contains("byte") || name.contains("time") {
            #expect(name.hasSuffix("_bytes") || name.hasSuffix("_seconds"))
        }
        for identity in ["number 7", "number 9", "Letter box", "Elm Street", "00112233", "A4:C1"] {
            #expect(!text.contains(identity))
        }
    }

    @Test func metricsAreServedOnTheLoopbackOnlyWhileTheSettingsSayItAndHarmlessCallersOnly() async throws {
        let port = Int.random(in: 20_000...32_000)
        let desk = MetricsDesk(logger: .init(label: "test")) { MetricsText.text(FakeBackend.status) }
        #expect(await desk.listening == nil)
        await desk.use(port: port)
        #expect(await desk.listening == port)
        func fetch(_ path: String) async throws -> (Int, String) {
            let url = try #require(URL(string: "http://127.0.0.1:\(port)\(path)"))
            return try await offPool { try LoopbackHTTP.get(url) }
        }
        let page = try await fetch("/metrics")
        #expect(page.0 == 200)
        #expect(page.1 == MetricsText.text(FakeBackend.status))
        #expect(try await fetch("/").0 == 404)
        await desk.use(port: nil)
        await #expect(throws: (any Error).self) { try await fetch("/metrics") }
    }
}

/// One request over TCP.
private enum LoopbackHTTP {
    static func get(_ url: URL) throws -> (Int, String) {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(url.port ?? 0).bigEndian
        address.sin_addr.s_addr = in_addr_t(0x7F00_0001).bigEndian
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard result == 0 else { throw RawSocket.Failure.system(errno) }
        let request = Array("GET \(url.path) HTTP/1.1\r\nhost: localhost\r\n\r\n".utf8)
        _ = send(descriptor, request, request.count, Int32(MSG_NOSIGNAL))
        var bytes: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0 { bytes += buffer.prefix(count) }
        let text = String(decoding: bytes, as: UTF8.self)
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw RawSocket.Failure.noAnswer
        }
        return (status, String(text[end.upperBound...]))
    }
}
