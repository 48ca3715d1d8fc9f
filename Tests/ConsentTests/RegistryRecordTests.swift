import Sealing
import Testing
import Wire

@testable import Consent

/// What is taken, what is not, and what follows.
@Suite struct RegistryRecordTests {
    static let now = TestNetwork.now

    @Test func aMemberNeedsAnInviterThatIsKnown() throws {
        var network = try TestNetwork(seed: 1)
        let first = try network.invite(by: 0)
        let second = try network.invite(by: 1)
        var registry = network.emptyRegistry()
        #expect(registry.add(second.bytes) == .rejected(.unknownSigner))
        #expect(registry.add(first.bytes) == .rejected(.unknownSigner))
        #expect(registry.listing.isEmpty)
        for member in network.members { #expect(registry.add(member.bytes).isAdded) }
        #expect(registry.membership.chain(of: second.id) == network.members.map { Names.recordID($0.bytes) })
        #expect(registry.membership.member(id: second.id)?.depth == 3)
    }

    @Test func aChainHasAtMost16Records() throws {
        var network = try TestNetwork(seed: 2)
        for depth in 2...17 { _ = try network.invite(by: depth - 2) }
        var registry = network.emptyRegistry()
        for member in network.members.prefix(16) { #expect(registry.add(member.bytes).isAdded) }
        #expect(registry.add(network.members[16].bytes) == .rejected(.chainTooLong))
    }

    @Test func nobodyButTheFounderIsItsOwnInviter() throws {
        let network = try TestNetwork(seed: 3)
        let stranger = try TestNetwork(seed: 4)
        var registry = network.registry()
        #expect(registry.add(stranger.founder.bytes) == .rejected(.unknownSigner))
        // A founder that somebody else invites is no founder.
        let forged = try MemberRecord(
            staticKey: stranger.founder.record.staticKey, signingKey: network.founder.record.signingKey,
            inviter: stranger.founder.id, issued: Self.now, name: MemberName("x")
        ).signed(by: stranger.founder.key)
        var empty = network.emptyRegistry()
        #expect(empty.add(try forged.array()) == .rejected(.unknownSigner))
    }

    /// A dishonest inviter joins a neighbour's keys to other keys, and its records may be known before the neighbour's own.
    @Test(arguments: [false, true]) func aRecordWithOneOfAMembersKeysTakesNothingFromThatMember(
        isLieFirst: Bool
    ) throws {
        var network = try TestNetwork(seed: 5, members: 3)
        let (victim, thief) = (network.members[1], network.members[2])
        let pairs: [(staticKey: Bytes32, signingKey: Bytes32)] = [
            (victim.record.staticKey, thief.record.signingKey), (victim.record.staticKey, network.random.fixed()),
            (network.random.fixed(), victim.record.signingKey), (thief.record.staticKey, victim.record.signingKey),
        ]
        let forged = try pairs.map { pair in
            try MemberRecord(
                staticKey: pair.staticKey, signingKey: pair.signingKey, inviter: thief.id,
                issued: WallTime(seconds: 1), name: MemberName("x")
            ).signed(by: thief.key)
        }
        var registry = network.emptyRegistry()
        for member in [network.founder, thief] { #expect(registry.add(member.bytes).isAdded) }
        if !isLieFirst { #expect(registry.add(victim.bytes).isAdded) }
        for record in forged { #expect(registry.add(try record.array()).isAdded) }
        if isLieFirst { #expect(registry.add(victim.bytes).isAdded) }
        #expect(registry.membership.member(id: victim.id)?.record == victim.record)

        // What the neighbour signs counts for it alone, and what the thief signs counts for it never.
        let (grant, invited) = (try network.grant(of: 1), try network.invite(by: 1))
        #expect(registry.add(grant.bytes).isAdded)
        #expect(registry.add(invited.bytes).isAdded)
        let place = try #require(registry.membership.place(id: victim.id))
        #expect(registry.membership.member(id: invited.id)?.inviter == place)
        let lie = try OwnGrant(
            terms: GrantTerms(
                recognitionValue: grant.record.recognitionValue, eventClass: .alarm, scope: [.relay],
                ratePerMinute: 1, days: 1),
            home: victim.id, signingKey: thief.key, relayKey: network.random.fixed(),
            secrets: grant.own.secrets, now: Self.now)
        #expect(registry.add(try lie.record.array()) == .rejected(.badSignature))
        let departure = try DepartureRecord(member: victim.id, time: Self.now).signed(by: thief.key)
        #expect(registry.add(try departure.array()) == .rejected(.badSignature))
        // With both keys it is the same member, whose first record stays.
        let renamed = try MemberRecord(
            staticKey: victim.record.staticKey, signingKey: victim.record.signingKey, inviter: thief.id,
            issued: Self.now, name: MemberName("x")
        ).signed(by: thief.key)
        #expect(registry.add(try renamed.array()) == .superseded(by: Names.recordID(victim.bytes)))
    }

    @Test func theNetworksNameIsItsFoundersAndNobodyElses() throws {
        var network = try TestNetwork(seed: 23)
        let second = try network.invite(by: 0)
        var registry = network.registry()
        #expect(registry.membership.networkName.text == "street")
        let loud = try MemberRecord(
            staticKey: network.random.fixed(), signingKey: network.random.fixed(), inviter: second.id,
            issued: Self.now, name: MemberName("x"), networkName: MemberName("mine")
        ).signed(by: second.key)
        #expect(registry.add(try loud.array()) == .rejected(.malformed))
        // The founder's key with another static key founds nothing more.
        let staticKey: Bytes32 = network.random.fixed()
        let again = try MemberRecord(
            staticKey: staticKey, signingKey: network.founder.record.signingKey,
            inviter: Names.memberID(staticKey: staticKey, signingKey: network.founder.record.signingKey),
            issued: Self.now, name: MemberName("x"), networkName: MemberName("other")
        ).signed(by: network.founder.key)
        #expect(registry.add(try again.array()) == .superseded(by: Names.recordID(network.founder.bytes)))
        #expect(registry.membership.networkName.text == "street")
    }

    @Test func aSignatureByAnybodyElseIsRefused() throws {
        var network = try TestNetwork(seed: 6, members: 3)
        var registry = network.registry()
        var bytes: [[UInt8]] = [
            try network.grant(of: 1).bytes,
            try network.optOut(by: 1, device: network.random.fixed(), sequence: 1, isNo: true),
            try network.departure(of: 1), try network.invite(by: 1).bytes,
        ]
        for index in bytes.indices {
            bytes[index][bytes[index].count - 1] ^= 1
            #expect(registry.add(bytes[index]) == .rejected(.badSignature))
        }
        #expect(registry.listing.count == 3)
    }

    @Test(arguments: 1...30)
    func anyBytesAreRefusedAndChangeNothing(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1)
        registry.add(grant.bytes)
        let before = registry.listing
        let genuine = [
            grant.bytes, try grant.proof(1), try network.departure(of: 1),
            try network.optOut(by: 1, device: network.random.fixed(), sequence: 1, isNo: true),
        ]
        for _ in 0..<60 {
            var bytes = genuine.randomElement(using: &network.random) ?? []
            if Bool.random(using: &network.random) {
                let place = Int.random(in: 0..<bytes.count, using: &network.random)
                bytes[place] ^= UInt8.random(in: 1...255, using: &network.random)
                // A revocation needs no signature: any bytes of its length may wait as one.
                if bytes.count == RevocationRecord.byteCount { continue }
            } else {
                bytes = network.random.bytes(Int.random(in: 0...24, using: &network.random))
            }
            let outcome = registry.add(bytes)
            #expect(!outcome.isAdded)
        }
        #expect(registry.listing == before)
    }

    @Test func aGrantIsTakenWithinItsTimeOnly() throws {
        var network = try TestNetwork(seed: 7, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1, days: 10)
        let end = Self.now.advanced(seconds: 864_000)
        #expect(registry.add(grant.bytes, now: end) == .rejected(.expired))
        #expect(registry.add(grant.bytes, now: Self.now.advanced(seconds: -121)) == .rejected(.tooEarly))
        #expect(registry.add(grant.bytes, now: Self.now.advanced(seconds: -120)).isAdded)
    }

    /// Over a whole life: live exactly from a proof's acceptance to 48 hours after its time, never past the end.
    @Test(arguments: 1...40)
    func aGrantLivesWhileItIsFreshlyProven(seed: UInt64) throws {
        var network = try TestNetwork(seed: seed, members: 2)
        var registry = network.registry()
        let days = Int.random(in: 1...180, using: &network.random)
        let grant = try network.grant(of: 1, days: days)
        registry.add(grant.bytes)
        let index = try #require(registry.grantIndex(of: grant.id))
        #expect(registry.grant(at: index)?.no(at: Self.now) == .staleGrant)
        let proof = UInt16.random(in: 1...UInt16(days), using: &network.random)
        let published = Self.now.advanced(seconds: Int64(proof - 1) * 86_400)
        let bytes = try grant.proof(proof)
        #expect(registry.add(bytes, now: published.advanced(seconds: -121)) == .rejected(.tooEarly))
        #expect(registry.add(bytes, now: published.advanced(seconds: -120)).isAdded)
        let end = min(published.advanced(seconds: 172_800), grant.record.end)
        #expect(registry.grant(at: index)?.no(at: end.advanced(seconds: -1)) == nil)
        #expect(registry.grant(at: index)?.no(at: end) == .staleGrant)
        #expect(registry.grant(at: index)?.no(at: WallTime(seconds: .max)) == .staleGrant)
    }

    @Test func onlyTheHighestProofIsKept() throws {
        var network = try TestNetwork(seed: 9, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1, issued: Self.now.advanced(seconds: -10 * 86_400))
        registry.add(grant.bytes)
        #expect(registry.add(try grant.proof(4)).isAdded)
        let fourth = Names.recordID(try grant.proof(4))
        #expect(registry.add(try grant.proof(2)) == .superseded(by: fourth))
        var effects: [RegistryEffect] = []
        #expect(registry.add(try grant.proof(11), now: Self.now, into: &effects).isAdded)
        #expect(effects.contains(.forget(id: fourth)))
        #expect(registry.bytes(of: fourth) == nil)
        #expect(registry.listing.filter { registry.record(of: $0)?.kind == .proof }.count == 1)
        var forged = try grant.proof(11)
        forged[30] ^= 1
        #expect(registry.add(forged) == .superseded(by: Names.recordID(try grant.proof(11))))
        #expect(registry.add(try grant.proof(12)) == .rejected(.tooEarly))
    }

    @Test func aProofThatDoesNotLeadToTheTargetIsRefused() throws {
        var network = try TestNetwork(seed: 10, members: 2)
        var registry = network.registry()
        let grant = try network.grant(of: 1, issued: Self.now.advanced(seconds: -10 * 86_400))
        #expect(registry.add(try grant.proof(1)) == .rejected(.unknownGrant))
        registry.add(grant.bytes)
        registry.add(try grant.proof(3))
        for index in 4...9 as ClosedRange<UInt16> {
            var forged = try grant.proof(index)
            forged[Int.random(in: 11..<31, using: &network.random)] ^= 1
            #expect(registry.add(forged) == .rejected(.badProof))
        }
        // A genuine value under another index is none of that index.
        var moved = try grant.proof(5)
        moved[9] = 6
        #expect(registry.add(moved) == .rejected(.badProof))
    }

    @Test func aRevocationEndsItsGrantAndAnswersWhoeverOffersIt() throws {
        var network = try TestNetwork(seed: 11, members: 2)
        let grant = try network.grant(of: 1)
        let revocation = try grant.revocation()
        let id = Names.recordID(revocation)
        for revocationFirst in [false, true] {
            var registry = network.registry()
            for record in revocationFirst ? [revocation, grant.bytes] : [grant.bytes, revocation] {
                _ = registry.add(record)
            }
            #expect(registry.add(grant.bytes) == .superseded(by: id))
            #expect(registry.add(try grant.proof(1)) == .superseded(by: id))
            #expect(!registry.listing.contains(grant.id))
            #expect(registry.listing.contains(id))
            var (wanted, answers): ([UInt64], [UInt64]) = ([], [])
            try registry.judge(offered: [5, grant.id, id, 77], missing: &wanted, refutations: &answers)
            #expect(answers == [id])
            #expect(wanted == [5, 77])
        }
    }

    @Test func aDepartureKillsTheGrantsAndLeavesTheInvitedAndTheNoes() throws {
        var network = try TestNetwork(seed: 12, members: 2)
        let invited = try network.invite(by: 1)
        var registry = network.registry()
        let (grant, device) = (try network.grant(of: 1), network.random.fixed(Bytes16.self))
        let optOut = try network.optOut(by: 1, device: device, sequence: 1, isNo: true)
        for record in [grant.bytes, try grant.proof(1), optOut] { #expect(registry.add(record).isAdded) }
        let index = try #require(registry.grantIndex(of: grant.id))
        var effects: [RegistryEffect] = []
        let departure = try network.departure(of: 1)
        #expect(registry.add(departure, now: Self.now, into: &effects).isAdded)
        #expect(effects.contains(.memberDeparted(id: network.members[1].id)))
        #expect(effects.contains(.grantEnded(index, .noGrant)))
        #expect(effects.contains(.grantForgotten(index)))
        #expect(registry.grant(at: index) == nil)
        #expect(registry.add(grant.bytes) == .superseded(by: Names.recordID(departure)))
        #expect(registry.makersOfNoes(for: device) == [network.members[1].id])
        #expect(registry.membership.member(id: invited.id)?.hasDeparted == false)
        let later = try network.grant(of: 2)
        #expect(registry.add(later.bytes).isAdded)
    }

    /// In every order of the records: whoever was invited after its inviter left is no member, nor whom it invited.
    @Test(arguments: 0..<4) func invitationsAfterADepartureAreVoid(departsAfter: Int) throws {
        var network = try TestNetwork(seed: 21, members: 2)
        let early = try network.invite(by: 1)
        let late = try network.invite(by: 1, issued: Self.now.advanced(seconds: 11))
        let latest = try network.invite(by: 3)
        let grant = try network.grant(of: 3)
        let departure = try network.departure(of: 1, time: Self.now.advanced(seconds: 10))
        var records = [early.bytes, late.bytes, latest.bytes]
        if departsAfter > 2 { records.append(grant.bytes) }
        records.insert(departure, at: departsAfter > 2 ? records.count : departsAfter)
        var registry = network.emptyRegistry()
        for member in network.members.prefix(2) { registry.add(member.bytes) }
        var effects: [RegistryEffect] = []
        for record in records { _ = registry.add(record, now: Self.now, into: &effects) }
        #expect(registry.membership.member(id: early.id)?.hasDeparted == false)
        for member in [late, latest] {
            #expect(registry.membership.member(id: member.id).map(\.hasDeparted) ?? true)
            let isKnown = registry.membership.member(id: member.id) != nil
            #expect(effects.contains(.memberDeparted(id: member.id)) == isKnown)
        }
        if departsAfter < 2 { #expect(registry.add(late.bytes) == .superseded(by: Names.recordID(departure))) }
        #expect(registry.add(grant.bytes).isAdded == false)
        #expect(registry.grantIndex(of: grant.id) == nil)
        #expect(registry.add(departure) == .known(id: Names.recordID(departure)))
        // An own departure of one who is none any more changes nothing, and is kept.
        let own = try network.departure(of: 3, time: Self.now.advanced(seconds: 12))
        if departsAfter > 1 {
            #expect(registry.add(own).isAdded)
            #expect(registry.listing.contains(Names.recordID(departure)))
        }
    }

    @Test func anEarlierDepartureVoidsWhatALaterOneHadLetStand() throws {
        var network = try TestNetwork(seed: 22, members: 2)
        let invited = try network.invite(by: 1, issued: Self.now.advanced(seconds: 5))
        var registry = network.registry()
        registry.add(try network.departure(of: 1, time: Self.now.advanced(seconds: 5)))
        #expect(registry.membership.member(id: invited.id)?.hasDeparted == false)
        registry.add(try network.departure(of: 1, time: Self.now.advanced(seconds: 4)))
        #expect(registry.membership.member(id: invited.id)?.hasDeparted == true)
    }

    @Test func aDeviceOptOutIsWithdrawnOnlyByItsMakersHigherNumber() throws {
        var network = try TestNetwork(seed: 13, members: 3)
        var registry = network.registry()
        let grant = try network.grant(of: 1)
        let device = grant.record.recognitionValue
        registry.add(grant.bytes)
        registry.add(try grant.proof(1))
        let index = try #require(registry.grantIndex(of: grant.id))
        func no() -> Reason? { registry.grant(at: index)?.no(at: Self.now) }
        registry.add(try network.optOut(by: 2, device: device, sequence: 5, isNo: true))
        #expect(no() == .deviceOptedOut)
        for (member, sequence) in [(2, 5), (2, 4), (1, 9), (0, 9)] as [(Int, UInt32)] {
            registry.add(try network.optOut(by: member, device: device, sequence: sequence, isNo: false))
            #expect(no() == .deviceOptedOut)
        }
        var effects: [RegistryEffect] = []
        let withdrawal = try network.optOut(by: 2, device: device, sequence: 6, isNo: false)
        _ = registry.add(withdrawal, now: Self.now, into: &effects)
        #expect(no() == nil)
        #expect(effects.contains(.grantLive(index)))
        registry.add(try network.optOut(by: 2, device: device, sequence: 6, isNo: true))
        #expect(no() == .deviceOptedOut)
    }

    @Test func theSweepTellsEveryGrantThatEndsOnceAndForgetsWhatIsOver() throws {
        var network = try TestNetwork(seed: 14, members: 2)
        var registry = network.registry()
        let short = try network.grant(of: 1, days: 1)
        let long = try network.grant(of: 1, days: 100)
        let revoked = try network.grant(of: 1, days: 1)
        for grant in [short, long, revoked] {
            registry.add(grant.bytes)
            registry.add(try grant.proof(1))
        }
        registry.add(try revoked.revocation())
        let shortIndex = try #require(registry.grantIndex(of: short.id))
        let longIndex = try #require(registry.grantIndex(of: long.id))
        func sweep(_ seconds: Int64) -> [RegistryEffect] {
            var effects: [RegistryEffect] = []
            registry.expire(now: Self.now.advanced(seconds: seconds), into: &effects)
            return effects
        }
        #expect(sweep(86_399).isEmpty)
        let first = sweep(86_400)
        #expect(first.contains(.grantEnded(shortIndex, .staleGrant)))
        #expect(first.contains(.forget(id: short.id)) && first.contains(.forget(id: revoked.id)))
        #expect(sweep(172_799).isEmpty)
        #expect(sweep(172_800) == [.grantEnded(longIndex, .staleGrant)])
        #expect(sweep(172_900).isEmpty)
        let revocation = Names.recordID(try revoked.revocation())
        #expect(sweep(8 * 86_400 - 1).isEmpty)
        #expect(sweep(8 * 86_400) == [.forget(id: revocation)])
    }

    @Test func anIndexIsNotReusedWithinADay() throws {
        var network = try TestNetwork(seed: 15, members: 2)
        var registry = network.registry()
        let first = try network.grant(of: 1, days: 1)
        registry.add(first.bytes)
        let index = try #require(registry.grantIndex(of: first.id))
        var now = Self.now.advanced(seconds: 86_400)
        var effects: [RegistryEffect] = []
        registry.expire(now: now, into: &effects)
        let second = try network.grant(of: 1)
        _ = registry.add(second.bytes, now: now, into: &effects)
        #expect(registry.grantIndex(of: second.id) != index)
        now = now.advanced(seconds: 90_000)
        let third = try network.grant(of: 1)
        _ = registry.add(third.bytes, now: now, into: &effects)
        #expect(registry.grantIndex(of: third.id) == index)
    }
}
