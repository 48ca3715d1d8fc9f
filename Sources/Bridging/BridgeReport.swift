import Consent
import Relaying
import Wire

/// What happened since the bridge started, in figures.
struct BridgeCounters {
    /// By `Reason`: what the filter or the home refused.
    var drops = [UInt64](repeating: 0, count: Reason.allCases.count)
    /// By `RecordRejection`.
    var recordsRejected = [UInt64](repeating: 0, count: RecordRejection.allCases.count)
    var handshakesFailed: UInt64 = 0
    /// Messages of types that this version does not know.
    var messagesIgnored: UInt64 = 0
    /// Messages that did not open, or were no messages: each ended a link.
    var messagesBroken: UInt64 = 0
}

/// How a bridge is at one moment. For its host and owner.
public struct BridgeReport: Sendable {
    public struct MemberLine: Sendable {
        public let id: UInt64
        public let name: String
        /// The member that invited it; nil for the founder.
        public let inviter: UInt64?
        public let isSelf: Bool
        public let isLinked: Bool
        public let hasDeparted: Bool
    }

    public struct LinkLine: Sendable {
        public let memberName: String
        public let isIncoming: Bool
        public let upSeconds: Int64
    }

    public let memberID: UInt64
    public let networkID: [UInt8]?
    /// What its founder calls the network; empty without one.
    public let networkName: String
    public let members: [MemberLine]
    public let links: [LinkLine]
    public let routeCount: Int
    /// Grants under which packets pass now.
    public let liveGrants: Int
    public let heldPackets: Int
    public let heldBytes: Int
    public let monthUsedBytes: Int64
    public let clock: ClockState
    public let isOptedOut: Bool
    public let handshakesFailed: UInt64
    public let messagesBroken: UInt64
}

/// How one own device's grant stands.
public struct GrantStanding: Sendable {
    /// Why no packet of it passes now, or nil.
    public let no: Reason?
    public let end: WallTime
    /// Whether another member's live grant for the same device suspends it.
    public let isSuspendedByAnother: Bool
    /// Proven until then, for those who hold the newest proof; in the past if it is not proven.
    public let provenUntil: WallTime
    /// When the next proof is due.
    public let nextProof: WallTime
}

extension Bridge {
    public func report(now: Moment) -> BridgeReport {
        let members = network?.registry.membership.members ?? []
        var grants: [GrantIndex] = []
        network?.registry.grantIndices(into: &grants)
        let live = grants.count { network?.registry.grant(at: $0)?.no(at: now.wall) == nil }
        return BridgeReport(
            memberID: identity.memberID, networkID: network?.networkID,
            networkName: network?.registry.membership.networkName.text ?? "",
            members: members.map { member in
                BridgeReport.MemberLine(
                    id: member.id, name: member.record?.name.text ?? "",
                    inviter: member.depth == 1 ? nil : members[member.inviter].id,
                    isSelf: member.id == identity.memberID, isLinked: sessions.link(toMember: member.id) != nil,
                    hasDeparted: member.hasDeparted)
            },
            links: sessions.links.compactMap { session in
                guard let session, let id = session.member else { return nil }
                return BridgeReport.LinkLine(
                    memberName: network?.registry.membership.member(id: id)?.record?.name.text ?? "",
                    isIncoming: !session.isCaller, upSeconds: now.instant.microseconds(since: session.since) / 1_000_000
                )
            },
            routeCount: neighbours.routes?.reachableHomes.count ?? 0, liveGrants: live,
            heldPackets: relay.heldPackets,
            heldBytes: relay.heldBytes, monthUsedBytes: relay.monthUsedBytes(now: now), clock: clock.state,
            isOptedOut: host.optedOut, handshakesFailed: counters.handshakesFailed,
            messagesBroken: counters.messagesBroken)
    }

    /// The time that is to be noted on disk, so that a clock that falls back is found out after a restart too; nil while
    /// the clock is not to be relied on.
    public var clockMark: WallTime? { clock.isSettled ? clock.latest : nil }

    public var linkCount: Int { sessions.linkCount }

    /// The same at `now`, the clock having been judged by it.
    public mutating func clockMark(now: Moment) -> WallTime? {
        clock.judge(now)
        return clockMark
    }

    /// The own devices, as their home knows them.
    public var devices: [OwnDevice] { home.devices }

    public func standing(ofGrant id: UInt64, now: WallTime) -> GrantStanding? {
        guard let registry = network?.registry, let index = registry.grantIndex(of: id),
            let grant = registry.grant(at: index)
        else { return nil }
        return GrantStanding(
            no: grant.isRevoked ? .revoked : grant.no(at: now), end: grant.record.end,
            isSuspendedByAnother: now.seconds < grant.rivalUntil, provenUntil: WallTime(seconds: grant.liveUntil),
            nextProof: grant.record.issued.advanced(seconds: Int64(grant.proofIndex) * 86_400))
    }

    /// What the filter and the home refused since the last call, by reason; what custody dropped is in the ledger.
    public mutating func drainRefusals() -> [(reason: Reason, count: UInt64)] {
        defer { counters.drops = [UInt64](repeating: 0, count: Reason.allCases.count) }
        return Reason.allCases.compactMap { reason in
            let count = counters.drops[Int(reason.rawValue)]
            return count > 0 ? (reason, count) : nil
        }
    }
}
