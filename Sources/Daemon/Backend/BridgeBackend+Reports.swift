import Bridging
import Consent
import ControlAPI
import Devices
import Storage
import Wire

/// Answers that change nothing.
extension BridgeBackend {
    private static let daySeconds: Int64 = 86_400

    func status() async throws(ControlFailure) -> StatusReport {
        let report = try await host.report()
        let bridge = report.bridge
        let settings = report.settings
        var broker = broker.report
        let held = try await host.fromDisk { store throws(StorageError) in
            (outbox: try store.outboxCount(), showsRequests: try !store.isNo(.requests), moved: try store.moved())
        }
        broker.outboxCount = held.outbox
        return StatusReport(
            version: DaemonVersion.text,
            uptimeSeconds: Int(EventLoopThread.now.microseconds(since: started) / 1_000_000),
            isService: ServiceNotice.isAsked, name: report.ownName,
            memberID: bridge.networkID.map { _ in MemberText.text(bridge.memberID) },
            network: networkSummary(bridge), movedUnixSeconds: held.moved,
            databaseProblem: report.databaseProblem,
            hosting: .init(
                lends: report.noes.isEmpty, noes: report.noes, untilUnixSeconds: report.temporaryNoEnds,
                classes: settings.hosting.classes.compactMap { TrafficClass(rawValue: $0.rawValue) },
                schedule: settings.hosting.schedule?.texts),
            showsRequests: held.showsRequests,
            links: bridge.links.map {
                .init(
                    peer: $0.memberName, direction: $0.isIncoming ? .incoming : .outgoing,
                    upSeconds: Int(clamping: $0.upSeconds))
            },
            linksMax: settings.linksMaximum, routeCount: bridge.routeCount, liveGrants: bridge.liveGrants,
            caps: .init(
                rateBitsPerSecond: settings.hosting.rateBitsPerSecond, burstBytes: settings.hosting.burstBytes,
                todayUsedBytes: try await lentToday(report.book),
                monthUsedBytes: Int(clamping: bridge.monthUsedBytes),
                monthLimitBytes: settings.hosting.monthMegabytes * 1_000_000),
            holdings: .init(packets: bridge.heldPackets, bytes: bridge.heldBytes),
            dropsToday: try await dropsToday(report.book),
            troubles: report.troubles.filter { $0.count > 0 }.map {
                .init(kind: $0.kind, words: $0.words, count: $0.count)
            },
            devices: try await devices(report),
            radio: .init(
                kind: settings.radio.kind.rawValue, isUp: report.radioIsUp, isDegraded: report.radioIsDegraded,
                isPermitted: report.radioIsPermitted, detail: report.radioDetail),
            broker: broker,
            clock: .init(isTrusted: bridge.clock == .good, detail: bridge.clock.problem))
    }

    func members() async throws(ControlFailure) -> MemberList {
        let report = try await host.report().bridge
        guard let network = networkSummary(report) else { throw ControlFailure(BridgeError.noNetwork) }
        let members = report.members.filter { !$0.hasDeparted }.map { member in
            MemberList.Member(
                id: MemberText.text(member.id), name: member.name, inviterID: member.inviter.map(MemberText.text),
                isSelf: member.isSelf, isLinked: member.isLinked)
        }
        return MemberList(network: network, members: members.sorted { $0.id < $1.id })
    }

    /// The network's name is the one in its founder's record.
    func networkSummary(_ report: BridgeReport) -> NetworkSummary? {
        guard report.networkID != nil else { return nil }
        return NetworkSummary(
            name: report.networkName,
            memberCount: report.members.count { !$0.hasDeparted })
    }

    func devices() async throws(ControlFailure) -> [DeviceSummary] { try await devices(try await host.report()) }

    private func devices(_ report: HostReport) async throws(ControlFailure) -> [DeviceSummary] {
        let now = SystemTime.now.wall
        let isMoved = await host.noes.isMoved
        let figures = try await host.fromDisk { store throws(StorageError) in try store.figures() }
        return try await storedDevices().map {
            let heard = DeviceFigures(figures[$0.id] ?? StoredFigures(), lastHeard: $0.lastHeard)
            var summary = DeviceSummary($0, heard, report.devices[$0.id], now: now)
            if isMoved { summary.note = "this home was exported and lives elsewhere" }
            return summary
        }
    }

    func ledger(days: Int) async throws(ControlFailure) -> LedgerReport {
        let report = try await host.report()
        let today = SystemTime.now.wall.day
        let first = today - min(today, UInt32(clamping: days - 1))
        let stored = try await host.fromDisk { store throws(StorageError) in try store.ledger(days: first...today) }
        var book = LedgerBook()
        for entry in stored { book.add(entry) }
        book.add(report.book)
        var lines: [LedgerReport.Entry] = []
        for entry in book.lent
        where entry.kind == LedgerBook.sent && entry.day >= first && (entry.packets > 0 || entry.bytes > 0) {
            add(entry, to: &lines)
        }
        return LedgerReport(
            entries: lines.sorted {
                ($1.dayUnixSeconds, Self.place($0.trafficClass)) < ($0.dayUnixSeconds, Self.place($1.trafficClass))
            },
            drops: try await drops(days: first...today, report.book),
            monthUsedBytes: Int(clamping: report.bridge.monthUsedBytes),
            monthLimitBytes: report.settings.hosting.monthMegabytes * 1_000_000)
    }

    private func add(_ entry: LedgerEntry, to lines: inout [LedgerReport.Entry]) {
        let day = Int64(entry.day) * Self.daySeconds
        let trafficClass = EventClass(rawValue: entry.classCode).map { TrafficClass($0) } ?? .registry
        let place = lines.firstIndex { $0.dayUnixSeconds == day && $0.trafficClass == trafficClass }
        if let place {
            lines[place].packets += Int(clamping: entry.packets)
            lines[place].bytes += Int(clamping: entry.bytes)
        } else {
            lines.append(
                .init(
                    dayUnixSeconds: day, trafficClass: trafficClass, packets: Int(clamping: entry.packets),
                    bytes: Int(clamping: entry.bytes)))
        }
    }

    private static func place(_ trafficClass: TrafficClass) -> Int {
        TrafficClass.allCases.firstIndex(of: trafficClass) ?? 0
    }

    private func dropsToday(_ book: LedgerBook) async throws(ControlFailure) -> [StatusReport.Drops] {
        let today = SystemTime.now.wall.day
        return try await drops(days: today...today, book).map { .init(reason: $0.reason, count: $0.packets) }
    }

    /// By day, newest first, then by reason: the disk's, and what it does not have yet.
    private func drops(
        days: ClosedRange<UInt32>, _ book: LedgerBook
    ) async throws(ControlFailure) -> [LedgerReport.Drops] {
        var sum = LedgerBook()
        let stored = try await host.fromDisk { store throws(StorageError) in try store.ledgerDrops(days: days) }
        for drop in stored { sum.add(drop) }
        for drop in book.drops { sum.add(drop) }
        return sum.drops.filter { days.contains($0.day) && $0.count > 0 }
            .map {
                .init(
                    dayUnixSeconds: Int64($0.day) * Self.daySeconds, reason: $0.reason,
                    packets: Int(clamping: $0.count))
            }
            .sorted { ($1.dayUnixSeconds, $0.reason) < ($0.dayUnixSeconds, $1.reason) }
    }

    /// What was sent for others since midnight UTC.
    private func lentToday(_ book: LedgerBook) async throws(ControlFailure) -> Int {
        let today = SystemTime.now.wall.day
        let stored = try await host.fromDisk { store throws(StorageError) in try store.ledger(days: today...today) }
        return (stored + book.lent).filter { $0.day == today && $0.kind == LedgerBook.sent }
            .reduce(0) { $0 + Int(clamping: $1.bytes) }
    }
}

/// A member's id as people see it: its 8 bytes as they stand on the wire.
enum MemberText {
    static func text(_ id: UInt64) -> String { withUnsafeBytes(of: id.littleEndian) { Hexadecimal.text($0) } }

    /// What tells the bridge from others at a broker.
    static func bridgeWord(_ id: UInt64) -> String { "bridge_\(text(id).prefix(8))" }
}

extension DeviceSummary {
    init(_ device: StoredDevice, _ figures: DeviceFigures, _ standing: DeviceStanding?, now: WallTime) {
        let ended = Int64(now.seconds) >= device.optInEnd
        let state: State =
            if device.isRevoked || standing?.isRevoked == true {
                .revoked
            } else if ended {
                .expired
            } else if device.isOptedOut {
                .optedOut
            } else if standing?.isHeld != true {
                .notHeld
            } else { standing?.isSuspended == true ? .suspended : .live }
        var note = standing?.failure
        if state == .notHeld { note = "this bridge does not hold its grant: remove the device, then add it again" }
        if state == .suspended { note = "another member enrolled this device as well: neither grant is live" }
        if state == .live, note == nil, let no = standing?.no { note = no.remedy }
        let heard = [device.lastHeard, standing?.lastHeard.map { Int64($0.seconds) }].compactMap { $0 }.max()
        self.init(
            name: device.name, address: DeviceAddress(value: device.addressBits),
            addressType: device.addressType == AddressKind.random.rawValue ? .random : .public,
            trafficClass: EventClass(rawValue: device.classCode).map { TrafficClass($0) } ?? .event,
            deliver: device.deliver.isEmpty ? nil : device.deliver,
            scope: ConsentBits(rawValue: UInt8(truncatingIfNeeded: device.scope)).steps,
            ratePerMinute: Int(device.ratePerMinute), state: state, optInEndsUnixSeconds: device.optInEnd,
            lastHeardUnixSeconds: heard, battery: device.battery.map { Int($0) },
            received: Int(clamping: figures.received), missed: Int(clamping: figures.missed),
            isSilent: figures.isSilent(at: now), silentAfterSeconds: figures.silentAfterSeconds, note: note)
    }
}
