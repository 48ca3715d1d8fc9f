import Consent
import Wire

/// How the records on disk are taken up at the start.
extension Bridge {
    /// Rows that the disk is told to forget in one go; the rest follows a minute later.
    static var forgottenAtOnceMax: Int { 1_024 }

    /// Records taken up before the first input: all members and departures are among them, on which the others hang.
    static var restoredAtOnceMax: Int { 2 * Membership.membersMax }
    /// Records taken up at each turn after that.
    static var restoredAtATurnMax: Int { 1_024 }

    /// Whether records are still being taken up. Until then the bridge does nothing else, so that no yes is in force
    /// before the noes are: proofs, without which nothing is relayed, come last.
    public var isRestoring: Bool { !backlog.isEmpty }

    /// Takes up what the disk holds, many records over several turns. What is refused for good is forgotten there, once
    /// the bridge runs.
    mutating func restore(_ records: [[UInt8]], now: Moment) {
        guard let network, !records.isEmpty else { return }
        network.registry.beginRestore()
        // Those that come first at the end, from where they are taken.
        backlog = Self.stages(records).flatMap { $0 }.reversed()
        restore(atMost: Self.restoredAtOnceMax, now: now)
    }

    /// Takes up all that is left, as before a command.
    public mutating func finishRestoring(now: Moment) {
        while isRestoring { restore(atMost: Self.restoredAtATurnMax, now: now) }
    }

    mutating func restore(atMost count: Int, now: Moment) {
        guard let network, isRestoring else { return }
        // With a clock that is not set yet everything would seem to lie in the future.
        let now = Moment(instant: now.instant, wall: max(now.wall, clock.latest))
        var left = Array(backlog.suffix(count).reversed())
        backlog.removeLast(left.count)
        var refused: [UInt64] = []
        // Members must come after whoever invited them: as many rounds as a chain may be long.
        for _ in 0..<Membership.depthMax where !left.isEmpty {
            let count = left.count
            left = left.filter { bytes in
                switch takeUp(bytes, now: now) {
                case .rejected(.unknownSigner), .rejected(.unknownGrant): return true
                case let outcome:
                    if Self.isFinal(outcome, of: bytes) { refused.append(Names.recordID(bytes)) }
                    return false
                }
            }
            if left.count == count { break }
        }
        if backlog.isEmpty {
            network.registry.endRestore()
            backlog = []
        }
        for case .forget(let id) in network.registryEffects { refused.append(id) }
        network.registryEffects.removeAll()
        unwanted = (unwanted + refused).filter { !network.registry.holds($0) }
    }

    /// The records by kind, in the order in which they are to be offered; last what is of no known kind. Within a kind
    /// any order will do: on disk they lie by id.
    private static func stages(_ records: [[UInt8]]) -> [[[UInt8]]] {
        let kinds = RecordKind.allCases.count
        var stages = [[[UInt8]]](repeating: [], count: kinds + 1)
        for bytes in records {
            let kind = bytes.withUnsafeBytes { try? RecordKind(recordBytes: $0) }
            stages[kind.map(Registry.restoreOrder) ?? kinds].append(bytes)
        }
        return stages
    }

    /// A clock that ran ahead at the start must not cost records: what only it calls expired is taken up, and ends with the
    /// sweep once the clock has settled.
    private mutating func takeUp(_ bytes: [UInt8], now: Moment) -> RecordOutcome {
        let outcome = restoreToRegistry(bytes, now: now)
        guard outcome == .rejected(.expired) else { return outcome }
        return restoreToRegistry(bytes, now: Moment(instant: now.instant, wall: clock.latest))
    }

    /// Whether a record will never be taken. One of a later version, or one whose signer's record was lost, may be; and a
    /// no for which there was no room, since what it ends may come.
    private static func isFinal(_ outcome: RecordOutcome, of bytes: [UInt8]) -> Bool {
        switch outcome {
        case .superseded: true
        case .rejected(let rejection):
            switch rejection {
            case .malformed, .badSignature, .badProof, .expired, .chainTooLong, .relayKeyTaken: true
            case .limitReached: bytes.withUnsafeBytes { (try? RegistryRecord($0))?.isNo } != true
            case .unknownKind, .unknownSigner, .unknownGrant, .tooEarly: false
            }
        case .added, .known: false
        }
    }

    /// Has the disk forget what it keeps for nothing. What has come anew since stays.
    mutating func forgetUnwanted(into effects: inout Effects) {
        guard let network, !unwanted.isEmpty else { return }
        for id in unwanted.prefix(Self.forgottenAtOnceMax) where !network.registry.holds(id) {
            effects.act(.forget(recordID: id))
        }
        unwanted.removeFirst(min(unwanted.count, Self.forgottenAtOnceMax))
    }
}
