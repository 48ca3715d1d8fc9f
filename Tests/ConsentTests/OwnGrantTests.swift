import Sealing
import Testing
import Wire

@testable import Consent

/// The home's side of a grant.
@Suite struct OwnGrantTests {
    @Test(arguments: 1...10)
    func aGrantThatIsProvenDailyNeverGoesStaleBeforeItsEnd(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed, members: 2)
        var registry = network.registry()
        let days = Int.random(in: 1...180, using: &network.random)
        let grant = try network.grant(of: 1, days: days)
        #expect(registry.add(grant.bytes).isAdded)
        let index = try #require(registry.grantIndex(of: grant.id))
        var (last, now) = (UInt16(0), TestNetwork.now)
        while now < grant.record.end {
            if let proof = try grant.own.proofDue(after: last, now: now) {
                #expect(proof.index > last)
                #expect(registry.add(try proof.array(), now: now).isAdded)
                last = proof.index
            }
            #expect(registry.grant(at: index)?.no(at: now) == nil)
            now = now.advanced(seconds: Int64.random(in: 3_600..<100_000, using: &network.random))
        }
        #expect(try grant.own.proofDue(after: last, now: grant.record.end) == nil)
    }

    /// A home that went silent can be followed no longer than 48 hours, whatever it revealed before.
    @Test func withoutItsHomeAGrantEndsWithinTwoDays() throws {
        var network = try TestNetwork(seed: 3, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1)
        registry.add(grant.bytes)
        let silent = TestNetwork.now.advanced(seconds: 20 * 86_400 + 77)
        let proof = try #require(try grant.own.proofDue(after: 0, now: silent))
        registry.add(try proof.array(), now: silent)
        let index = try #require(registry.grantIndex(of: grant.id))
        #expect(registry.grant(at: index)?.no(at: silent.advanced(seconds: 86_400)) == nil)
        #expect(registry.grant(at: index)?.no(at: silent.advanced(seconds: 172_800)) == .staleGrant)
    }

    @Test func aProofNeverRevealsADayToCome() throws {
        var network = try TestNetwork(seed: 4, members: 2)
        let grant = try network.grant(of: 1)
        #expect(grant.own.proofIndexDue(now: TestNetwork.now.advanced(seconds: -1)) == nil)
        for day in 0..<180 as Range<Int64> {
            let start = TestNetwork.now.advanced(seconds: day * 86_400)
            #expect(grant.own.proofIndexDue(now: start) == UInt16(day + 1))
            #expect(grant.own.proofIndexDue(now: start.advanced(seconds: 86_399)) == UInt16(day + 1))
        }
    }

    @Test func termsThatNoGrantCanHaveAreRefused() throws {
        var network = try TestNetwork(seed: 5, members: 2)
        for (days, rate, scope) in [
            (0, 1, ConsentBits.relay), (181, 1, .relay), (10, 0, .relay), (10, 1, []),
            (10, 1, ConsentBits(rawValue: 9)), (-5, 1, .relay), (.max, 1, .relay),
        ] as [(Int, UInt16, ConsentBits)] {
            #expect(throws: WireError.valueOutOfRange) {
                _ = try network.grant(of: 1, scope: scope, rate: rate, days: days)
            }
        }
    }

    @Test func aStoredGrantIsTheSameGrant() throws {
        var network = try TestNetwork(seed: 6, members: 2)
        let grant = try network.grant(of: 1)
        let again = try OwnGrant(
            record: grant.bytes.withUnsafeBytes { try GrantRecord($0) }, secrets: grant.own.secrets)
        #expect(again.id == grant.id)
        #expect(try again.revocation() == grant.own.revocation())
        let now = TestNetwork.now.advanced(seconds: 5 * 86_400)
        #expect(try again.proofDue(after: 0, now: now) == grant.own.proofDue(after: 0, now: now))
    }

    @Test func optOutsOfAMemberCountUpwards() throws {
        var network = try TestNetwork(seed: 7, members: 2)
        var registry = network.registry()
        let device: Bytes16 = network.random.fixed()
        let maker = network.members[1]
        for number in 1...6 as ClosedRange<UInt32> {
            let record = try OwnOptOut.record(
                for: device, isNo: number % 2 == 1, maker: maker.id, signingKey: maker.key, registry: registry)
            #expect(record.sequenceNumber == number)
            #expect(registry.add(try record.array()).isAdded)
            #expect(registry.makersOfNoes(for: device) == (number % 2 == 1 ? [maker.id] : []))
        }
        registry.add(try network.optOut(by: 1, device: device, sequence: .max, isNo: true))
        #expect(throws: WireError.valueOutOfRange) {
            _ = try OwnOptOut.record(
                for: device, isNo: false, maker: maker.id, signingKey: maker.key, registry: registry)
        }
    }
}
