import Sealing
import SeededRandom
import Testing
import Wire

@testable import Consent

/// The truth table of the consent filter.
@Suite struct FilterTests {
    @Test func aPacketWithoutFaultIsRelayedWithALowerHopLimit() throws {
        var scene = try Scene()
        #expect(scene.judge() == .relay(grant: scene.index, hopLimit: 7))
    }

    @Test(arguments: Fault.allCases)
    func aPacketThatFailsExactlyOneStepIsRefusedForThatReason(fault: Fault) throws {
        var scene = try Scene([fault])
        #expect(scene.judge() == .no(fault.reason))
    }

    @Test(arguments: Fault.allCases)
    func ofTwoFaultsTheOneOfTheEarlierStepIsTheReason(earlier: Fault) throws {
        let all = Fault.allCases
        let place = try #require(all.firstIndex(of: earlier))
        for later in all[(place + 1)...] {
            var scene = try Scene([earlier, later])
            #expect(scene.judge() == .no(earlier.reason), "\(earlier) and \(later)")
        }
    }

    @Test(arguments: 1...100)
    func ofAnyFaultsTheEarliestIsTheReason(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        let faults = Fault.allCases.filter { _ in Int.random(in: 0..<4, using: &random) == 0 }
        var scene = try Scene(Set(faults))
        let expected = faults.first.map { Verdict.no($0.reason) } ?? .relay(grant: scene.index, hopLimit: 7)
        #expect(scene.judge() == expected)
    }

    /// Steps 1 and 2, the relay bit and the hop limit bind those who carry, not the home.
    static let notAtHome: Set<Fault> = [.optedOut, .schedule, .classNotLent, .clock, .scope, .hopLimit]

    @Test(arguments: Fault.allCases)
    func hostingAndTimeDoNotStandInTheWayOfWhatGoesToTheOwnHome(fault: Fault) throws {
        var scene = try Scene([fault], isOwn: true)
        let expected = Self.notAtHome.contains(fault) ? Verdict.home(grant: scene.index) : .no(fault.reason)
        #expect(scene.judge() == expected)
    }

    @Test func everythingThatDoesNotBindTheHomeTogetherStillDoesNot() throws {
        var scene = try Scene(Self.notAtHome, isOwn: true)
        #expect(scene.judge() == .home(grant: scene.index))
    }

    /// Who has no tag of the home's grant is a third party, and learns nothing but what all of them learn.
    @Test func aForgedPacketForTheHomeOfAHostWhoOptedOutIsAnsweredLikeAnybodyElses() throws {
        var scene = try Scene([.optedOut, .badTag], isOwn: true)
        #expect(scene.judge() == .no(.optedOut))
    }

    @Test func aHomeWithoutAClockOpensWhatItsGrantsCoverInAnySlot() throws {
        var scene = try Scene(isOwn: true)
        scene.clock = .unset
        scene.now.wall = WallTime(seconds: 5)
        #expect(scene.judge() == .home(grant: scene.index))
        let other = try scene.packet(slot: 17, expiryMinute: 17 * 15 + 20)
        scene.now.instant = scene.now.instant.advanced(seconds: 2)
        #expect(scene.judge(other) == .home(grant: scene.index))
    }

    @Test func aSuspendedGrantIsRefusedAsADeviceOptedOutUntilTheRivalEnds() throws {
        var scene = try Scene()
        let rival = try scene.network.grant(of: 0, device: scene.grant.record.recognitionValue)
        scene.registry.add(rival.bytes)
        #expect(scene.judge() == .relay(grant: scene.index, hopLimit: 7))
        scene.registry.add(try rival.proof(1))
        let second = try scene.packet(eventID: 2)
        #expect(scene.judge(second) == .no(.deviceOptedOut))
        scene.registry.add(try rival.revocation())
        #expect(scene.judge(second) == .relay(grant: scene.index, hopLimit: 7))
    }

    @Test func aNewerGrantOfTheSameOwnerTakesTheOlderOnesPlace() throws {
        var scene = try Scene()
        let device = scene.grant.record.recognitionValue
        let newer = try scene.network.grant(of: 1, device: device, issued: TestNetwork.now.advanced(seconds: 60))
        scene.registry.add(newer.bytes)
        #expect(scene.registry.grantIndex(ofDevice: device, now: TestNetwork.now) == scene.index)
        scene.registry.add(try newer.proof(1))
        let index = try #require(scene.registry.grantIndex(of: newer.id))
        #expect(scene.registry.grantIndex(ofDevice: device, now: TestNetwork.now) == index)
        #expect(scene.judge() == .no(.staleGrant))
    }

    @Test func anEventThatIsHeldIsACopyAndOneThatEndedForGoodIsSeen() throws {
        var scene = try Scene()
        scene.seen.mark(Scene.eventID, grant: scene.index, .held, expiryMinute: .max, minute: 1)
        #expect(scene.judge() == .copy(grant: scene.index, hopLimit: 7))
        for reason in Reason.allCases where reason.kind != .notNow {
            scene.seen.mark(Scene.eventID, grant: scene.index, .ended(reason), expiryMinute: .max, minute: 1)
            #expect(scene.judge() == .no(.seen))
        }
        scene.seen.mark(Scene.eventID, grant: scene.index, .confirmed, expiryMinute: .max, minute: 1)
        #expect(scene.judge() == .no(.seen))
    }

    @Test func anEventDroppedForWhatMayChangeMayBeHandedOverAgain() throws {
        for reason in [Reason.optedOut, .classNotLent, .noRoute, .cap, .room] {
            var scene = try Scene()
            scene.seen.mark(Scene.eventID, grant: scene.index, .ended(reason), expiryMinute: .max, minute: 1)
            #expect(scene.judge() == .relay(grant: scene.index, hopLimit: 7))
        }
    }

    @Test func theHomeTakesEveryVariantUntilOneIsConfirmed() throws {
        var scene = try Scene(isOwn: true)
        for state in [SeenState.held, .ended(.notOpened)] {
            scene.seen.mark(Scene.eventID, grant: scene.index, state, expiryMinute: .max, minute: 1)
            #expect(scene.judge() == .home(grant: scene.index))
        }
        scene.rates = RateTable(seed: 1)
        scene.seen.mark(Scene.eventID, grant: scene.index, .confirmed, expiryMinute: .max, minute: 1)
        #expect(scene.judge() == .no(.seen))
    }

    @Test func theRateIsCountedByLinkAndOnlyForWhatPasses() throws {
        var scene = try Scene()
        let used = try scene.packet(eventID: 50, hopLimit: 1)
        for _ in 0..<10 { #expect(scene.judge(used) == .no(.hopLimit)) }
        for number in 0..<2 as Range<UInt64> {
            let packet = try scene.packet(eventID: 100 + number)
            #expect(scene.judge(packet) == .relay(grant: scene.index, hopLimit: 7))
        }
        let third = try scene.packet(eventID: 102)
        #expect(scene.judge(third) == .no(.rate))
        #expect(scene.judge(third, incoming: .link(4)) == .relay(grant: scene.index, hopLimit: 7))
        scene.now.instant = scene.now.instant.advanced(seconds: 60)
        #expect(scene.judge(third) == .relay(grant: scene.index, hopLimit: 7))
    }

    @Test func aPacketsBitsCanOnlyNarrowItsGrant() throws {
        var scene = try Scene(scope: .relay)
        // `hold` that the grant does not give lengthens no life.
        let long = try scene.packet(bits: [.relay, .hold], expiryMinute: scene.now.wall.minute + 1_440)
        #expect(scene.judge(long) == .no(.expired))
        let short = try scene.packet(bits: [.relay, .hold, .uplink])
        #expect(scene.judge(short) == .relay(grant: scene.index, hopLimit: 7))
        var closed = try Scene(scope: [.hold, .uplink])
        #expect(closed.judge() == .no(.scope))
    }

    @Test(arguments: [SeenState.held, .confirmed, .ended(.revoked)])
    func whatWasSeenUnderAnotherGrantDoesNotCount(state: SeenState) throws {
        var scene = try Scene()
        for grant in GrantIndex(0)..<200 where grant != scene.index {
            scene.seen.mark(Scene.eventID, grant: grant, state, expiryMinute: .max, minute: 1)
        }
        #expect(scene.judgeFully() == .relay(grant: scene.index, hopLimit: 7))
        scene.seen.mark(Scene.eventID, grant: scene.index, .confirmed, expiryMinute: .max, minute: 1)
        #expect(scene.judgeFully() == .seen(grant: scene.index))
    }
}
