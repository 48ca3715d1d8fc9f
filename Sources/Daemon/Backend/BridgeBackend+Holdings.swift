import Bridging
import ControlAPI
import Relaying
import Storage
import Wire

/// What the disk holds that bears on others.
private struct DiskHoldings: Sendable {
    var records: [StoredRecord]
    var ledgerRows: Int
    var dropRows: Int
    var monthRows: Int
}

/// Everything held that is not the host's own, counted where it is held.
extension BridgeBackend {
    /// How long a revocation is kept after the end of the opt-in that it ends.
    private static let revocationSeconds: Int64 = 7 * 86_400

    func holdings() async throws(ControlFailure) -> HoldingsReport {
        let disk = try await host.onDisk { store throws(StorageError) in
            DiskHoldings(
                records: try store.records(), ledgerRows: try store.ledgerRowCount(),
                dropRows: try store.dropRowCount(), monthRows: try store.monthRowCount())
        }
        let memory = try await host.memoryHoldings()
        let own = try await host.ownRecords(among: disk.records.map(\.bridgeID))
        let now = Int64(SystemTime.now.wall.seconds)
        let packets = memory.bridge.packets.map {
            HoldingsReport.Packet(
                trafficClass: TrafficClass($0.eventClass), bytes: $0.byteCount, goneUnixSeconds: now + $0.secondsLeft)
        }.sorted { ($0.goneUnixSeconds, $0.bytes) < ($1.goneUnixSeconds, $1.bytes) }
        let holdings =
            Self.inMemory(memory, packets) + Self.records(disk.records.filter { !own.contains($0.bridgeID) })
            + Self.figures(disk)
        return HoldingsReport(packets: packets, holdings: holdings, totals: .init(of: holdings))
    }

    private static func inMemory(
        _ memory: MemoryHoldings, _ packets: [HoldingsReport.Packet]
    ) -> [HoldingsReport.Holding] {
        [
            .init(
                kind: .packets, place: .memory, count: packets.count, bytes: packets.reduce(0) { $0 + $1.bytes },
                goneUnixSeconds: packets.last?.goneUnixSeconds,
                gone: "when handed on and confirmed, when they expire, or at your no, whichever is first"),
            .init(
                kind: .linkMessages, place: .memory, count: memory.messages, bytes: memory.messageBytes,
                gone: "when the radio has sent them, or with their link; your own may be among them"),
            .init(
                kind: .routes, place: .memory, count: memory.bridge.routes,
                gone:
                    "the way \(RouteLimits.routeSeconds / 60) minutes after a home was last announced, how near it was "
                    + "\(RouteLimits.sourceSeconds / 60) minutes after at most"),
            .init(
                kind: .neighbours, place: .memory, count: memory.bridge.neighbours,
                gone: "half an hour after a bridge was last heard or linked with, or displaced by later ones"),
            .init(
                kind: .seenEvents, place: .memory, count: memory.bridge.seenEvents,
                gone: "keyed hashes without content, displaced by later ones; your own are among them"),
            .init(
                kind: .rateCounters, place: .memory, count: memory.bridge.rateCounters,
                gone: "counts of the last minute in use, displaced by later ones"),
        ]
    }

    private static func figures(_ disk: DiskHoldings) -> [HoldingsReport.Holding] {
        [
            .init(
                kind: .ledgerRows, place: .disk, count: disk.ledgerRows,
                gone: "after \(StorageLimit.ledgerDays) days of lending; sums by day and class"),
            .init(
                kind: .dropRows, place: .disk, count: disk.dropRows,
                gone: "after \(StorageLimit.ledgerDays) days of drops; sums by day and reason"),
            .init(
                kind: .monthRows, place: .disk, count: disk.monthRows,
                gone: "after \(StorageLimit.reservationDays) days of lending; sums by day"),
        ]
    }

    // MARK: Records

    private static func records(_ records: [StoredRecord]) -> [HoldingsReport.Holding] {
        var ends: [UInt64: Int64] = [:]
        for record in records { if let end = grantEnd(record) { ends[record.bridgeID] = end } }
        let kinds: [(HoldingsReport.Kind, RecordKind?, String)] = [
            (.members, .member, "when this bridge leaves the network"),
            (.grants, .grant, "when the owner's opt-in ends, or at its revocation"),
            (.proofs, .proof, "with their grants"),
            (.revocations, .revocation, "a week after the end of the opt-in that they end"),
            (.deviceOptOuts, .deviceOptOut, "when their maker withdraws them, or this bridge leaves the network"),
            (.departures, .departure, "when this bridge leaves the network"),
            (.unknownRecords, nil, "when this bridge leaves the network"),
        ]
        return kinds.map { kind, wire, gone in
            let these = records.filter { RecordKind(rawValue: $0.kind) == wire }
            return HoldingsReport.Holding(
                kind: kind, place: .disk, count: these.count, bytes: these.reduce(0) { $0 + $1.bytes.count },
                goneUnixSeconds: these.compactMap { goneSeconds($0, ends) }.max(), gone: gone)
        }
    }

    private static func grantEnd(_ record: StoredRecord) -> Int64? {
        guard record.kind == RecordKind.grant.rawValue else { return nil }
        let grant = record.bytes.withUnsafeBytes { try? GrantRecord($0) }
        return grant.map { Int64($0.end.seconds) }
    }

    private static func goneSeconds(_ record: StoredRecord, _ ends: [UInt64: Int64]) -> Int64? {
        switch RecordKind(rawValue: record.kind) {
        case .grant: return ends[record.bridgeID]
        case .proof:
            let proof = record.bytes.withUnsafeBytes { try? ProofRecord($0) }
            return proof.flatMap { ends[$0.grantID] }
        case .revocation:
            let revocation = record.bytes.withUnsafeBytes { try? RevocationRecord($0) }
            return revocation.map { Int64($0.end.seconds) + revocationSeconds }
        case .member, .deviceOptOut, .departure, nil: return nil
        }
    }
}

/// What the bridge's thread holds.
struct MemoryHoldings: Sendable {
    var bridge: BridgeHoldings
    /// Messages that wait for the radio, sealed for their links.
    var messages: Int
    var messageBytes: Int
}

extension BridgeHost {
    func memoryHoldings() throws(ControlFailure) -> MemoryHoldings {
        let core = try running()
        let kept = core.keptMessages
        return MemoryHoldings(
            bridge: core.bridge.holdings(now: SystemTime.now), messages: kept.count, messageBytes: kept.bytes)
    }

    /// Of the records with `ids`, which are the host's own.
    func ownRecords(among ids: [UInt64]) throws(ControlFailure) -> Set<UInt64> {
        try running().bridge.ownRecords(among: ids)
    }
}

extension StoredRecord {
    /// The id as the protocol has it: the first 8 bytes.
    var bridgeID: UInt64 { id.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) } }
}
