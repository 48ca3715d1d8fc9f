import Sealing
import Testing
import Wire

@testable import Consent

/// Floods of records, up to every limit.
@Suite struct RegistryLimitTests {
    static let now = TestNetwork.now

    @Test func aNetworkHoldsAtMost1024Members() throws {
        var network = try TestNetwork(seed: 1)
        var registry = network.registry()
        for number in 1...1_030 {
            let outcome = registry.add(try network.invite(by: 0).bytes)
            #expect(number < 1_024 ? outcome.isAdded : outcome == .rejected(.limitReached))
        }
        #expect(registry.membership.members.count == 1_024)
    }

    @Test func ofAMembersGrantsTheNewest64StayInAnyOrder() throws {
        var network = try TestNetwork(seed: 2, members: 3)
        let grants = try (0..<80).map { number in
            try network.grant(of: 1, issued: Self.now.advanced(seconds: -Int64(number)))
        }
        let others = try network.grant(of: 2)
        let newest = Set(grants.prefix(64).map(\.id))
        for _ in 0..<4 {
            var registry = network.registry()
            registry.add(others.bytes)
            for grant in grants.shuffled(using: &network.random) { registry.add(grant.bytes) }
            let held = registry.listing.filter { registry.record(of: $0)?.kind == .grant }
            #expect(Set(held) == newest.union([others.id]))
        }
    }

    @Test func aMemberThatRevokesWithoutEndIsStoppedAt256HeldGrants() throws {
        var network = try TestNetwork(seed: 3, members: 2)
        var registry = network.registry()
        var taken = 0
        for _ in 0..<300 {
            let grant = try network.grant(of: 1)
            if registry.add(grant.bytes).isAdded { taken += 1 }
            registry.add(try grant.revocation())
        }
        #expect(taken == 256)
        // Revocations whose grants were not taken wait, within their own bound.
        #expect(registry.waiting.count == 44)
        #expect(registry.revocations.count == 300)
    }

    @Test func atMost16384GrantsAreHeldInAll() throws {
        var network = try TestNetwork(seed: 4, members: 3)
        var registry = network.registry(own: 2)
        let grant = try network.grant(of: 1)
        registry.add(grant.bytes)
        let index = try #require(registry.grantIndex(of: grant.id))
        // Only the count matters here: making and verifying so many signatures would take half a minute.
        for _ in 1..<16_384 { _ = registry.grants.insert(registry.grants[index], now: Self.now) }
        #expect(registry.grants.heldCount == Registry.grantsMax)
        #expect(registry.add(try network.grant(of: 1).bytes) == .rejected(.limitReached))
        // A host's own devices are never crowded out.
        #expect(registry.add(try network.grant(of: 2).bytes).isAdded)
    }

    @Test func junkRevocationsWaitUpTo256AndNeverEndAGrant() throws {
        var network = try TestNetwork(seed: 5, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1)
        registry.add(grant.bytes)
        registry.add(try grant.proof(1))
        let junk = try (0..<400).map { _ in
            try RevocationRecord(secret: network.random.fixed(), end: Self.now.advanced(seconds: 86_400)).array()
        }
        for record in junk { registry.add(record) }
        #expect(registry.waiting.count == 256)
        let lowest = junk.map { Names.recordID($0) }.sorted().prefix(256)
        let held = registry.listing.filter { registry.record(of: $0)?.kind == .revocation }
        #expect(held.sorted() == Array(lowest))
        // One with its grant always has room.
        #expect(registry.add(try grant.revocation()).isAdded)
        #expect(registry.waiting.count == 256)
    }

    @Test func revocationsOfAbsurdTimesAreNotKept() throws {
        var network = try TestNetwork(seed: 6)
        var registry = network.registry()
        for (seconds, rejection) in [
            (-7 * 86_400, RecordRejection.expired), (180 * 86_400 + 121, .tooEarly), (Int64(UInt32.max), .tooEarly),
        ] as [(Int64, RecordRejection)] {
            let record = RevocationRecord(secret: network.random.fixed(), end: Self.now.advanced(seconds: seconds))
            #expect(registry.add(try record.array()) == .rejected(rejection))
        }
    }

    @Test func aMakersNoesStayAndOnlyWithdrawalsGiveWay() throws {
        var network = try TestNetwork(seed: 7, members: 2)
        var registry = network.registry()
        let devices: [Bytes16] = (0..<70).map { _ in network.random.fixed() }
        for device in devices.prefix(60) {
            #expect(registry.add(try network.optOut(by: 1, device: device, sequence: 1, isNo: true)).isAdded)
        }
        for device in devices[60..<64] {
            #expect(registry.add(try network.optOut(by: 1, device: device, sequence: 2, isNo: false)).isAdded)
        }
        for device in devices[64..<66] {
            let withdrawal = try network.optOut(by: 1, device: device, sequence: 2, isNo: false)
            #expect(registry.add(withdrawal) == .rejected(.limitReached))
        }
        for (number, device) in devices[64...].enumerated() {
            let outcome = registry.add(try network.optOut(by: 1, device: device, sequence: 1, isNo: true))
            #expect(number < 4 ? outcome.isAdded : outcome == .rejected(.limitReached))
        }
        #expect(registry.optOuts.count == 64)
        for device in devices.prefix(60) { #expect(!registry.makersOfNoes(for: device).isEmpty) }
    }

    @Test func ofItsOwnHostABridgeTakes256Noes() throws {
        var network = try TestNetwork(seed: 8, members: 2)
        var registry = network.registry(own: 1)
        for number in 1...260 {
            let no = try network.optOut(by: 1, device: network.random.fixed(), sequence: 1, isNo: true)
            let outcome = registry.add(no)
            #expect(number <= 256 ? outcome.isAdded : outcome == .rejected(.limitReached))
        }
        #expect(registry.optOuts.count == 256)
    }

    @Test func tokenTablesOfManyGrantsAreFilledALittleAtATime() throws {
        var scene = try Scene()
        let entry = scene.registry.grants[scene.index]
        for _ in 0..<3_000 { _ = scene.registry.grants.insert(entry, now: Self.now) }
        scene.registry.tokens = TokenTable(seed: 3)
        let other = try scene.packet(token: 1)
        #expect(scene.judge(other) == .no(.busy))
        // Which of the copies answers for the token that they share does not matter.
        guard case .relay(_, 7) = scene.judge() else { return #expect(Bool(false), "a known token is not found") }
        var ticks = 0
        while scene.judge(other) == .no(.busy) && ticks < 20 {
            scene.registry.tick(now: Self.now, clock: .good)
            ticks += 1
        }
        #expect(scene.judge(other) == .no(.noGrant))
        #expect(ticks >= 2 && ticks < 5)
    }
}
