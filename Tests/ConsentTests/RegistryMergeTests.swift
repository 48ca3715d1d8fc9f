import Sealing
import SeededRandom
import Testing
import Wire

@testable import Consent

/// The registry as a set that merges.
@Suite struct RegistryMergeTests {
    typealias Now = TestNetwork

    /// Records of every kind, with everything about them that could depend on order: revocations before grants, proofs
    /// out of order, ties of opt-outs, departures, suspended and replaced grants.
    static func records(_ network: inout TestNetwork) throws -> [[UInt8]] {
        for _ in 0..<4 {
            _ = try network.invite(by: Int.random(in: 0..<network.members.count, using: &network.random))
        }
        var records = network.members.map(\.bytes)
        let devices: [Bytes16] = (0..<4).map { _ in network.random.fixed() }
        for _ in 0..<12 {
            let member = Int.random(in: 0..<network.members.count, using: &network.random)
            let age = UInt32.random(in: 0..<5, using: &network.random) * 86_400
            let grant = try network.grant(
                of: member, device: devices.randomElement(using: &network.random),
                issued: WallTime(seconds: Now.now.seconds - age))
            records.append(grant.bytes)
            for index in 1...UInt16(age / 86_400 + 1) where Bool.random(using: &network.random) {
                records.append(try grant.proof(index))
            }
            if Int.random(in: 0..<4, using: &network.random) == 0 { records.append(try grant.revocation()) }
        }
        for _ in 0..<10 {
            records.append(
                try network.optOut(
                    by: Int.random(in: 0..<network.members.count, using: &network.random),
                    device: devices.randomElement(using: &network.random) ?? network.random.fixed(),
                    sequence: UInt32.random(in: 1...3, using: &network.random),
                    isNo: Bool.random(using: &network.random)
                ))
        }
        // Later than all invitations: whom who left invited stays.
        for seconds in [Int64(5), 3] {
            records.append(try network.departure(of: 1, time: Now.now.advanced(seconds: seconds)))
        }
        return records
    }

    /// Offers the records again and again until nothing changes, as reconciliation does.
    static func settle(_ registry: inout Registry, _ records: [[UInt8]], _ random: inout SplitMix64) -> Int {
        var rounds = 0
        var before: Set<UInt64>?
        while before != Set(registry.listing) && rounds < 40 {
            before = Set(registry.listing)
            for record in records.shuffled(using: &random) { registry.add(record) }
            rounds += 1
        }
        return rounds
    }

    /// Everything that shows: what is offered, and what each grant allows.
    static func state(_ registry: Registry) -> [String] {
        var indices: [GrantIndex] = []
        registry.grantIndices(into: &indices)
        let grants = indices.compactMap { registry.grant(at: $0) }.map { entry in
            // Of a revoked grant nothing else counts any more.
            entry.isRevoked
                ? "revoked \(entry.id) \(entry.revocationID)"
                : "grant \(entry.id) \(entry.proofIndex) \(entry.liveUntil) \(entry.rivalUntil) \(entry.newerUntil) "
                    + "\(entry.isDeviceOptedOut)"
        }
        return registry.listing.sorted().map { "record \($0)" } + grants.sorted()
    }

    @Test(arguments: 1...40)
    func registriesAreEqualWhateverTheOrderOfTheSameRecords(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed, members: 2)
        let records = try Self.records(&network)
        var first = network.emptyRegistry()
        var second = network.emptyRegistry()
        #expect(Self.settle(&first, records, &network.random) < 40)
        #expect(Self.settle(&second, records, &network.random) < 40)
        #expect(Self.state(first) == Self.state(second))
        #expect(Set(first.listing) == Set(second.listing))
        #expect(first.listing.count > 10)
    }

    @Test(arguments: 1...20)
    func registriesThatExchangeWhatTheyOfferBecomeEqual(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed &+ 1_000, members: 2)
        let records = try Self.records(&network)
        var bridges = (0..<3).map { _ in network.registry() }
        for record in records { bridges[Int.random(in: 0..<3, using: &network.random)].add(record) }
        for _ in 0..<12 {
            for (from, to) in [(0, 1), (1, 2), (2, 0), (1, 0), (2, 1), (0, 2)] {
                var (wanted, answers): ([UInt64], [UInt64]) = ([], [])
                try bridges[to].judge(offered: bridges[from].listing, missing: &wanted, refutations: &answers)
                for id in wanted {
                    guard let bytes = bridges[from].bytes(of: id) else { continue }
                    if case .superseded(let by) = bridges[to].add(bytes), let answer = bridges[to].bytes(of: by) {
                        bridges[from].add(answer)
                    }
                }
                for id in answers { if let bytes = bridges[to].bytes(of: id) { bridges[from].add(bytes) } }
            }
        }
        #expect(Self.offered(bridges[0]) == Self.offered(bridges[1]))
        #expect(Self.offered(bridges[1]) == Self.offered(bridges[2]))
    }

    /// What is offered, and whether any grant passes packets: revoked grants need not be known everywhere.
    static func offered(_ registry: Registry) -> [UInt64] { registry.listing.sorted() }

    @Test(arguments: 1...10)
    func addingAgainChangesNothingAndStoresNothing(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed &+ 2_000, members: 2)
        let records = try Self.records(&network)
        var registry = network.emptyRegistry()
        _ = Self.settle(&registry, records, &network.random)
        let before = Self.state(registry)
        for id in registry.listing {
            var effects: [RegistryEffect] = []
            let bytes = try #require(registry.bytes(of: id))
            #expect(registry.add(bytes, now: Now.now, into: &effects) == .known(id: id))
            #expect(effects.isEmpty)
        }
        #expect(Self.state(registry) == before)
    }

    @Test(arguments: 1...20)
    func whatIsStoredGivesTheSameRegistryAfterARestart(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed &+ 3_000, members: 2)
        let records = try Self.records(&network)
        var registry = network.emptyRegistry()
        var stored: [UInt64: [UInt8]] = [:]
        for record in (records + records).shuffled(using: &network.random) {
            var effects: [RegistryEffect] = []
            _ = registry.add(record, now: Now.now, into: &effects)
            for effect in effects {
                switch effect {
                case .store(let id): stored[id] = registry.bytes(of: id)
                case .forget(let id): stored[id] = nil
                default: break
                }
            }
        }
        let ordered = try stored.sorted { $0.key < $1.key }.map { record in
            (kind: try record.value.withUnsafeBytes { try RecordKind(recordBytes: $0) }, bytes: record.value)
        }.sorted { Registry.restoreOrder($0.kind) < Registry.restoreOrder($1.kind) }
        var restored = network.emptyRegistry()
        for _ in 0..<16 { for record in ordered { restored.add(record.bytes) } }
        #expect(Self.state(restored) == Self.state(registry))
    }

    @Test func theListingPutsInvitersFirstThenNoesThenGrantsThenProofs() throws {
        var network = try TestNetwork(seed: 4, members: 2)
        let records = try Self.records(&network)
        var registry = network.emptyRegistry()
        _ = Self.settle(&registry, records, &network.random)
        var known: Set<UInt64> = [network.founder.id]
        var last = 0
        for id in registry.listing {
            let record = try #require(registry.record(of: id))
            let rank: Int
            switch record {
            case .member(let member):
                #expect(known.contains(member.inviter))
                known.insert(Names.memberID(staticKey: member.staticKey, signingKey: member.signingKey))
                rank = 0
            case .departure, .revocation: rank = 1
            case .deviceOptOut(let optOut): rank = optOut.isNo ? 1 : 2
            case .grant: rank = 3
            case .proof: rank = 4
            }
            #expect(rank >= last)
            last = rank
        }
        #expect(last == 4)
    }

    @Test func aHostWhoOptedOutOffersOnlyItsOwnRecordsAndAllNoes() throws {
        var network = try TestNetwork(seed: 5, members: 2)
        let records = try Self.records(&network)
        var registry = network.emptyRegistry(own: 2)
        _ = Self.settle(&registry, records, &network.random)
        let own = try network.grant(of: 2)
        for record in [own.bytes, try own.proof(1)] { #expect(registry.add(record).isAdded) }
        var ids: [UInt64] = []
        registry.list(ownOnly: true, into: &ids)
        let chain = registry.membership.chain(of: network.members[2].id)
        var noes = 0
        for id in ids {
            #expect(registry.isOffered(id, ownOnly: true))
            switch try #require(registry.record(of: id)) {
            case .member: #expect(chain.contains(id))
            case .grant(let grant): #expect(grant.home == network.members[2].id)
            case .proof(let proof):
                #expect(registry.grantIndex(of: proof.grantID).map { registry.home(of: $0) } == network.members[2].id)
            case .deviceOptOut(let optOut):
                #expect(optOut.isNo || optOut.maker == network.members[2].id)
                noes += 1
            case .revocation, .departure: noes += 1
            }
        }
        #expect(noes > 0)
        #expect(ids.contains(own.id))
        for id in registry.listing where !ids.contains(id) { #expect(!registry.isOffered(id, ownOnly: true)) }
    }
}
