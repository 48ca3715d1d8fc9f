import Relaying
import Testing
import Wire

@testable import Bridging

/// That hosts who say no cannot fill a bridge among lenders.
struct LendingNoticeTests {
    /// House 0 lends and hears houses 1 and 2, who lend nothing: its two places are theirs. Then comes house 3, which lends and
    /// hears house 0 alone.
    private func street(
        seed: UInt64, lastLends: Bool, settings: StreetSettings = StreetSettings()
    ) throws -> VirtualStreet {
        let street = VirtualStreet(seed: seed, settings: settings)
        try street.addNode(.lending(linksMax: 2))
        for _ in 1...3 { try street.addNode() }
        for house in 1...3 { street.connect(0, house) }
        try street.foundAndInviteAll()
        // Everybody is a member; who comes last is away while the places are taken.
        street.cut(0, 3)
        for house in [1, 2] { street.setOptedOut(true, house) }
        if !lastLends { street.setOptedOut(true, 3) }
        #expect(street.run(atMost: 300) { street.links(0) == 2 && street.links(3) == 0 })
        street.run(seconds: 60)
        street.connect(0, 3)
        return street
    }

    private func member(_ street: VirtualStreet, _ house: Int) -> UInt64 {
        street.nodes[house].running?.bridge.identity.memberID ?? 0
    }

    private func isLinked(_ street: VirtualStreet, _ first: Int, _ second: Int) -> Bool {
        street.nodes[first].running?.bridge.sessions.link(toMember: member(street, second)) != nil
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func lenderTakesThePlaceOfAHostWhoLendsNothingAndKeepsIt(seed: UInt64) throws {
        let street = try street(seed: 700 + seed, lastLends: true)
        var linksMost = 0
        #expect(
            street.run(atMost: 90) {
                linksMost = max(linksMost, street.links(0))
                return isLinked(street, 0, 3) && isLinked(street, 3, 0)
            })
        for _ in 0..<900 {
            street.run(seconds: 1)
            linksMost = max(linksMost, street.links(0))
            guard isLinked(street, 0, 3), street.links(0) == 2 else {
                Issue.record("the link came and went")
                break
            }
        }
        #expect(linksMost == 2)
        #expect(street.failures == [])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func oneWhoLendsNothingTakesNobodysPlaceAndDoesNotAskAllTheTime(seed: UInt64) throws {
        let street = try street(seed: 710 + seed, lastLends: false)
        var linksLeast = 2
        for _ in 0..<900 {
            street.run(seconds: 1)
            linksLeast = min(linksLeast, street.links(0))
            if isLinked(street, 0, 3) { linksLeast = -1 }
        }
        #expect(linksLeast == 2)
        let before = street.messagesTo(3)
        street.run(seconds: 1800)
        // Both call, each about every ten minutes, for five to ten messages.
        #expect(street.messagesTo(3) - before < 90, "\(street.messagesTo(3) - before)")
        #expect(street.failures == [])
    }

    /// House 0 lends, and both its places are those of houses 1 and 2, whose only way it is. House 3 lends nothing, and both
    /// its places are those of houses 4 and 5, who lend nothing either. Neither 0 nor 3 has a place for the other: none of
    /// them gives one up to find that out.
    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func fullCallerGivesUpNothingForAPlaceThatTheOtherDoesNotHave(seed: UInt64) throws {
        let street = VirtualStreet(seed: 730 + seed)
        for house in 0...5 { try street.addNode(.lending(linksMax: house % 3 == 0 ? 2 : 4)) }
        for house in 1...5 { street.connect(house < 3 ? 0 : 3, house == 3 ? 0 : house) }
        try street.foundAndInviteAll()
        street.cut(0, 3)
        for house in 1...5 { street.setOptedOut(true, house) }
        #expect(
            street.run(atMost: 300) {
                street.links(0) == 2 && street.links(3) == 2 && !isLinked(street, 0, 3)
            })
        street.run(seconds: 60)
        street.connect(0, 3)
        var linksLeast = 2
        for _ in 0..<1800 {
            street.run(seconds: 1)
            linksLeast = min(linksLeast, street.links(0), street.links(3))
        }
        #expect(linksLeast == 2)
        #expect(street.failures == [])
    }

    @Test(arguments: 1...6 as ClosedRange<UInt64>)
    func twoFullLendersGiveEachOtherPlacesAndRest(seed: UInt64) throws {
        let street = VirtualStreet(seed: 740 + seed)
        for house in 0...5 { try street.addNode(.lending(linksMax: house % 3 == 0 ? 2 : 4)) }
        for house in 1...5 { street.connect(house < 3 ? 0 : 3, house == 3 ? 0 : house) }
        try street.foundAndInviteAll()
        street.cut(0, 3)
        for house in [1, 2, 4, 5] { street.setOptedOut(true, house) }
        #expect(street.run(atMost: 300) { street.links(0) == 2 && street.links(3) == 2 })
        street.run(seconds: 60)
        street.connect(0, 3)
        #expect(street.run(atMost: 120) { isLinked(street, 0, 3) })
        street.run(seconds: 60)
        for _ in 0..<900 {
            street.run(seconds: 1)
            guard isLinked(street, 0, 3), street.links(0) == 2, street.links(3) == 2 else {
                Issue.record("the links do not rest")
                break
            }
        }
        #expect(street.failures == [])
    }

    /// Slow enough that the two call each other at once, or are called while they call.
    @Test(arguments: 1...24 as ClosedRange<UInt64>)
    func twoFullLendersWhoseCallsCrossAreLinked(seed: UInt64) throws {
        var settings = StreetSettings()
        settings.latencyMilliseconds = 300...900
        let street = VirtualStreet(seed: 760 + seed, settings: settings)
        for house in 0...5 { try street.addNode(.lending(linksMax: house % 3 == 0 ? 2 : 4)) }
        for house in 1...5 { street.connect(house < 3 ? 0 : 3, house == 3 ? 0 : house) }
        try street.foundAndInviteAll()
        street.cut(0, 3)
        for house in [1, 2, 4, 5] { street.setOptedOut(true, house) }
        #expect(street.run(atMost: 300) { street.links(0) == 2 && street.links(3) == 2 })
        street.run(seconds: 60)
        street.connect(0, 3)
        #expect(street.run(atMost: 60) { isLinked(street, 0, 3) && isLinked(street, 3, 0) })
        #expect(street.run(atMost: 60) { street.hasRoute(0, to: 3) && street.hasRoute(3, to: 0) })
        #expect(street.failures == [])
    }

    /// A full caller has left it for later to say who it is, and then has a place again before it knows whom it called.
    @Test func callerWhoHasAPlaceAgainMeanwhileSaysWhoItIs() throws {
        var settings = StreetSettings()
        settings.latencyMilliseconds = 900...900
        var calls = 0
        for seed: UInt64 in 790..<798 {
            let street = try street(seed: seed, lastLends: true, settings: settings)
            var hasReply = false
            street.tap = { channel, _, bytes in
                if channel.ends[0].node == 0, channel.ends[1].node == 3, bytes.first == 0x21 { hasReply = true }
            }
            for _ in 0..<1500 where !hasReply { street.run(until: street.time + 20_000) }
            // Else it was called.
            guard hasReply, street.links(0) == 2, !isLinked(street, 0, 3) else { continue }
            calls += 1
            street.cut(0, 1)
            #expect(street.run(atMost: 20) { isLinked(street, 0, 3) && isLinked(street, 3, 0) })
            street.run(seconds: 20)
            #expect(isLinked(street, 0, 3) && isLinked(street, 3, 0))
        }
        #expect(calls > 0)
    }

    /// A member that says yes and no in turn, as often as it can, makes the bridge tell others once a second.
    @Test func togglingMemberMakesNobodyTellMoreThanOnceASecond() throws {
        let street = try VirtualStreet.chain(4, seed: 750)
        #expect(street.run(atMost: 120) { street.links(1) == 2 && street.links(2) == 2 })
        street.run(seconds: 60)
        let links = [2, 0].map { house in
            street.nodes[1].running?.bridge.sessions.link(toMember: member(street, house))
        }
        let (liar, other) = (try #require(links[0]), try #require(links[1]))
        var told: [LendingNotice?] = []
        for turn in 0..<200 {
            let notice: LendingNotice = turn % 2 == 0 ? [] : [.some, .all]
            street.drive(1) { bridge, now, effects in
                bridge.note(notice, liar, now: now)
                bridge.advance(now: now, into: &effects)
            }
            if told.last != other.saidLending { told.append(other.saidLending) }
            street.run(until: street.time + 70_000)
        }
        #expect((4...16).contains(told.count), "\(told.count) in 14 s")
    }

    @Test func neighboursAreToldWhenAHostSaysNoAndWhenItSaysYesAgain() throws {
        let street = try VirtualStreet.chain(5, seed: 720)
        #expect(street.run(atMost: 120) { (1...3).allSatisfy { street.links($0) == 2 } })
        street.run(seconds: 20)
        func notices() -> [LendingNotice?] {
            [1, 3].map { house in
                street.nodes[house].running?.bridge.sessions.link(toMember: member(street, 2))?.lending
            }
        }
        // The houses at the ends lead nowhere but to themselves.
        #expect(notices() == [[.some, .all, .otherWay], [.some, .all, .otherWay]])
        street.setOptedOut(true, 2)
        street.run(seconds: 5)
        #expect(notices() == [[.otherWay], [.otherWay]])
        street.setOptedOut(true, 3)
        street.run(seconds: 5)
        #expect(notices() == [[], [.otherWay]])
        street.setOptedOut(false, 2)
        street.run(seconds: 5)
        #expect(notices() == [[.some, .all], [.some, .all, .otherWay]])
    }
}
