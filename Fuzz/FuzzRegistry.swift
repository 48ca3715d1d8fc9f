import Consent
import Wire

/// Records of a network in any order, genuine, spoilt or made up, over years: what is stored is what is held, and all
/// of it can be handed on.
func fuzzRegistry(_ bytes: UnsafeRawBufferPointer) {
    let network = FuzzNetwork.shared
    var input = FuzzInput(bytes)
    let own = input.below(4)
    var run = RegistryRun(
        registry: input.bool()
            ? network.registry(own: own)
            : Registry(
                founder: network.stored.founderSigningKey, ownMember: network.identities[own].memberID, tableSeed: 5))
    run.catchUp()
    while !input.isAtEnd { run.step(&input, network) }
    run.check()
}

private struct RegistryRun {
    var registry: Registry
    var now = FuzzNetwork.start
    var stored: Set<UInt64> = []
    var effects: [RegistryEffect] = []

    mutating func step(_ input: inout FuzzInput, _ network: FuzzNetwork) {
        switch input.byte() % 12 {
        case 0..<6:
            add(network.records[input.below(network.records.count)])
        case 6, 7:
            var record = network.records[input.below(network.records.count)]
            let genuine = record
            input.spoil(&record)
            // A revocation's secret and a proof's value need no signature; they fit no grant, but are records.
            if add(record), record != genuine { require(record[0] >> 4 == 1, "a spoilt record of another version") }
        case 8:
            add(Array(input.bytes()))
        case 9:
            let seconds = Int64(input.integer(UInt16.self)) << Int64(input.below(16))
            now = now.advanced(seconds: input.byte() < 240 ? seconds : -seconds)
        case 10:
            registry.expire(now: now, into: &effects)
            follow()
        default:
            registry.tick(now: now, clock: input.bool() ? .good : .unset)
            check()
        }
    }

    /// What the registry was given before the run counts as stored.
    mutating func catchUp() {
        var ids: [UInt64] = []
        registry.list(into: &ids)
        stored = Set(ids)
    }

    @discardableResult
    private mutating func add(_ record: [UInt8]) -> Bool {
        let outcome = registry.add(record, now: now, into: &effects)
        follow()
        switch outcome {
        case .added(let kind, let id, _):
            FuzzReach.note("\(kind) added")
            require(id == Names.recordID(record), "another id")
            require(registry.holds(id) && registry.bytes(of: id) == record, "added, but not held as it came")
            return true
        case .known(let id), .superseded(let id):
            require(registry.holds(id), "known, or answered by what is not held")
        case .rejected:
            require(!registry.holds(Names.recordID(record)), "rejected, but held")
        }
        return false
    }

    private mutating func follow() {
        for effect in effects {
            switch effect {
            case .store(let id): stored.insert(id)
            case .forget(let id): stored.remove(id)
            case .grantLive(let index): require(registry.grant(at: index) != nil, "an unknown grant is live")
            case .memberJoined, .memberDeparted, .grantEnded, .grantForgotten: break
            }
        }
        effects.removeAll(keepingCapacity: true)
    }

    func check() {
        var ids: [UInt64] = []
        registry.list(into: &ids)
        require(Set(ids).count == ids.count, "offered twice")
        for id in ids {
            require(stored.contains(id) && registry.isOffered(id), "offered, but not stored or not to be offered")
        }
        for id in stored {
            guard let bytes = registry.bytes(of: id) else { return require(false, "stored, but not held") }
            require(Names.recordID(bytes) == id, "held as something else")
        }
        var own: [UInt64] = []
        registry.list(ownOnly: true, into: &own)
        for id in own { require(registry.isOffered(id, ownOnly: true), "not to be offered by who opted out") }
        var (missing, refuted): ([UInt64], [UInt64]) = ([], [])
        ids.map(\.littleEndian).withUnsafeBytes {
            guard let offered = try? IdentifiersView($0, count: 0...ids.count) else { return require(false, "a list") }
            registry.judge(offered: offered, missing: &missing, refutations: &refuted)
        }
        require(missing.isEmpty, "offered, but missing")
        require(refuted.isEmpty, "offered, but revoked")
    }
}
