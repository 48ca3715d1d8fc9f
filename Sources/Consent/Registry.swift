import Sealing
import Wire

/// All records of the network that this bridge holds, as a set that merges: in whatever order, and however often, the
/// same records are offered, all bridges come to hold the same (parents before what hangs on them: what cannot be
/// verified yet is not kept, and is offered again).
///
/// Beyond the protocol's bounds the set still is bounded, but which records it holds may differ from bridge to bridge:
/// of a member's grants the newest 64 stay, of its noes the first 64 (of this bridge's own 256), of waiting revocations the 256 of lowest id.
///
/// Where the records live: `Registry+Members`, `Registry+Grants`, `Registry+Noes`; what a neighbour is offered:
/// `Registry+Listing`; what time ends: `Registry+Expiry`; what the filter asks: `Registry+Filter`.
public struct Registry {
    public internal(set) var membership: Membership
    /// This bridge's member id.
    public let ownMember: UInt64
    var places = RecordPlaces()
    var grants: GrantTable
    var tokens: TokenTable
    var revocations = Slots<Revocation>()
    var revocationByTarget: [Bytes20: Int] = [:]
    /// Revocations whose grant is not known, in no order.
    var waiting: [Int] = []
    /// Grants come after the revocations that end them: until all are there, any number waits.
    var isRestoring = false
    var optOuts = Slots<OptOut>()
    var optOutByDevice: [DeviceOfMaker: Int] = [:]
    /// How many members say no for a device.
    var noes: [Bytes16: Int] = [:]
    /// The grant of a home that has a relay key.
    var grantByRelayKey: [RelayKeyOfHome: GrantIndex] = [:]

    /// - Parameters:
    ///   - founder: the founder's public signing key.
    ///   - ownMember: this bridge's member id.
    ///   - tableSeed: random; it keeps members from choosing values that meet in one place of a table.
    public init(founder: Bytes32, ownMember: UInt64, tableSeed: UInt64) {
        membership = Membership(founder: founder)
        self.ownMember = ownMember
        grants = GrantTable(seed: tableSeed)
        tokens = TokenTable(seed: tableSeed)
    }

    /// Offers a record. Only what is verified, and hangs on something that is, is kept.
    ///
    /// The cheap checks come before the signature: a flood of junk costs a hash each. Of members and grants `bytes` are
    /// kept as they are, so that bridges of one process which are handed one array share it; each verifies it for itself.
    public mutating func add(
        _ bytes: [UInt8], now: WallTime, into effects: inout [RegistryEffect]
    ) -> RecordOutcome {
        let record: RegistryRecord
        do throws(WireError) {
            record = try Self.read(bytes).get()
        } catch {
            return .rejected(error == .unknownVersion || error == .unknownKind ? .unknownKind : .malformed)
        }
        let id = Names.recordID(bytes)
        if let place = places[id] { return known(id, place) }
        do throws(RecordRefusal) {
            switch record {
            case .member(let record): try add(record, bytes, id, &effects)
            case .departure(let record): try add(record, id, now, &effects)
            case .grant(let record): try add(record, id, now, &effects)
            case .proof(let record): try add(record, id, now, &effects)
            case .revocation(let record): try add(record, id, now, &effects)
            case .deviceOptOut(let record): try add(record, id, now, &effects)
            }
            return .added(record.kind, id: id, isNo: record.isNo)
        } catch {
            return error.outcome
        }
    }

    private static func read(_ bytes: [UInt8]) -> Result<RegistryRecord, WireError> {
        bytes.withUnsafeBytes { bytes in
            do throws(WireError) { return .success(try RegistryRecord(bytes)) } catch { return .failure(error) }
        }
    }

    /// The order in which stored records are to be offered after a restart, lowest first: parents first, but noes before
    /// the grants they end, so that no grant counts as live, or is dropped for room, that was revoked.
    public static func restoreOrder(_ kind: RecordKind) -> Int {
        switch kind {
        case .member: 0
        case .departure: 1
        case .revocation: 2
        case .deviceOptOut: 3
        case .grant: 4
        case .proof: 5
        }
    }

    /// From now on stored records are offered, in `restoreOrder`: revocations wait without a bound but that of the store.
    public mutating func beginRestore() { isRestoring = true }

    /// All stored records were offered: of the revocations that still wait the 256 of lowest id stay. The others are to
    /// stay in the store, as their grants may only be missing for now: no `forget` is told, and they end with their time.
    public mutating func endRestore() {
        isRestoring = false
        guard waiting.count > Self.waitingRevocationsMax else { return }
        let byID = waiting.sorted { (revocations[$0]?.id ?? 0) < (revocations[$1]?.id ?? 0) }
        var ignored: [RegistryEffect] = []
        for place in byID[Self.waitingRevocationsMax...] { removeRevocation(place, &ignored) }
    }

    /// Takes up a record that this bridge had verified before its restart. `bytes` are as they were then, which is the
    /// caller's to know, so that its signature is not verified again: thousands would keep a start waiting for seconds.
    public mutating func restore(
        _ bytes: [UInt8], now: WallTime, into effects: inout [RegistryEffect]
    ) -> RecordOutcome {
        membership.areSignaturesKnown = true
        defer { membership.areSignaturesKnown = false }
        return add(bytes, now: now, into: &effects)
    }

    private func known(_ id: UInt64, _ place: RecordPlace) -> RecordOutcome {
        if case .grant(let index) = place, grants[index].isRevoked {
            return .superseded(by: grants[index].revocationID)
        }
        return .known(id: id)
    }

    mutating func keep(_ id: UInt64, _ place: RecordPlace, _ effects: inout [RegistryEffect]) {
        places[id] = place
        effects.append(.store(id: id))
    }

    mutating func forget(_ id: UInt64, _ effects: inout [RegistryEffect]) {
        guard places[id] != nil else { return }
        places[id] = nil
        effects.append(.forget(id: id))
    }
}
