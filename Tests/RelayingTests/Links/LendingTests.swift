import Testing
import Wire

@testable import Relaying

/// Whose link gives way to whose, by what both say of their lending.
struct LendingTests {
    private typealias One = LinkChooserTests

    /// A bridge with links to members 0, 1 and so on, weaker by number, that say this of themselves.
    private static func bridge(_ notices: [LendingNotice?]) -> (LinkChooser, RouteTable) {
        var (chooser, routes) = One.bridge(links: notices.count)
        for (number, notice) in notices.enumerated() {
            if let notice { chooser.noteLending(LinkNumber(number), notice, now: One.start) }
        }
        chooser.setLinksMax(notices.count)
        return (chooser, routes)
    }

    private static func hear(_ chooser: inout LinkChooser, _ number: Int, to seconds: Int64) {
        for second in max(seconds - 9, 1)...seconds { One.hear(&chooser, number, seconds: second) }
    }

    private static let at = One.start.advanced(seconds: 60)
    private static let lender: LendingNotice = [.some, .all]

    @Test func fullBridgeCallsWhoMayLendAndDropsNobodyForABeacon() {
        var (chooser, routes) = Self.bridge([[], [], [], []])
        Self.hear(&chooser, 7, to: 60)
        let choice = One.choice(&chooser, routes, seconds: 60)
        #expect(choice.calls.map(\.address) == [7] && choice.drops == [])
        #expect(chooser.wantsBeacon(now: Self.at, routes: routes))
    }

    @Test func weakestLinkToAHostWhoLendsNothingGivesWayToALenderAndNoOtherSoon() {
        var (chooser, routes) = Self.bridge([[], [], [], Self.lender])
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes) == .acceptDropping(2))
        #expect(chooser.answer(One.id(8), lending: Self.lender, now: Self.at, routes: routes) == .noRoom)
        #expect(!chooser.wantsBeacon(now: Self.at, routes: routes))
        let later = Self.at.advanced(seconds: 30)
        #expect(chooser.answer(One.id(8), lending: [.some], now: later, routes: routes) == .acceptDropping(2))
    }

    @Test(
        arguments: [
            ([[.some, .all], [.some, .all], [.some, .all], [.some, .all]], LendingNotice([.some, .all])),
            ([[.some], [.some], [.some], [.some]], [.some]),
            ([nil, nil, nil, nil], [.some, .all]),
            ([[], [], [], []], []),
            ([[], [], [], []], [.otherWay]),
            ([[.otherWay], [], [], []], [.otherWay]),
            ([[.otherWay], [], [], []], nil),
            ([[], [], [], []], nil),
        ] as [([LendingNotice?], LendingNotice?)])
    func noLinkGivesWay(links: [LendingNotice?], caller: LendingNotice?) {
        var (chooser, routes) = Self.bridge(links)
        #expect(chooser.answer(One.id(7), lending: caller, now: Self.at, routes: routes) == .noRoom)
    }

    @Test func linkOfOneWithAnotherWayGivesWayBeforeWeakerOnesAndToWhoeverHasNone() {
        let links: [LendingNotice?] = [[], [.otherWay], [], []]
        var (chooser, routes) = Self.bridge(links)
        #expect(chooser.answer(One.id(7), lending: [], now: Self.at, routes: routes) == .acceptDropping(1))
        (chooser, routes) = Self.bridge(links)
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes) == .acceptDropping(1))
    }

    @Test func youngLinkGivesWayToNobody() {
        var (chooser, routes) = Self.bridge([[], [], [], []])
        let soon = One.start.advanced(seconds: 29)
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: soon, routes: routes) == .noRoom)
        Self.hear(&chooser, 7, to: 29)
        #expect(One.choice(&chooser, routes, seconds: 29) == LinkChoice())
    }

    @Test func whoSaidThatItLendsNothingIsNotAskedAgainForTenMinutes() {
        var (chooser, routes) = Self.bridge([[], [], [], []])
        #expect(chooser.answer(One.id(7), lending: [], now: Self.at, routes: routes) == .noRoom)
        for seconds: Int64 in [70, 300, 659] {
            Self.hear(&chooser, 7, to: seconds)
            #expect(One.choice(&chooser, routes, seconds: seconds) == LinkChoice(), "\(seconds) s")
        }
        Self.hear(&chooser, 7, to: 660)
        #expect(One.choice(&chooser, routes, seconds: 660).calls.map(\.address) == [7])
    }

    /// Nothing passes through a bridge with one link: with whom it is matters to nobody else.
    @Test func onlyLinkGivesWayToNobody() {
        var (chooser, routes) = Self.bridge([[]])
        #expect(chooser.linksMax == 1)
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes) == .noRoom)
    }

    @Test func memberWithoutAnyWayGetsTheLastPlaceThoughARouteReachesIt() {
        var (chooser, routes) = Self.bridge([Self.lender, Self.lender, Self.lender])
        chooser.setLinksMax(4)
        One.announce([(5, 96, -60)], to: &chooser, &routes)
        #expect(chooser.answer(One.id(5), lending: [.otherWay], now: Self.at, routes: routes) == .noRoom)
        #expect(chooser.answer(One.id(5), lending: [], now: Self.at, routes: routes) == .accept)
    }

    /// Of four hosts who lend to some, and one who lends nothing and is weaker or stronger than they.
    @Test func linkToAHostWhoLendsToSomeGivesWayLastAndOnlyWhereNoLinkIsAWay() {
        for links in [[[.some], [], [.some], [.some]], [[.some], [.some], [.some], []]] as [[LendingNotice?]] {
            var (chooser, routes) = Self.bridge(links)
            let first = links.firstIndex(of: [])
            #expect(
                chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes)
                    == first.map { .acceptDropping(LinkNumber($0)) })
        }
        var (chooser, routes) = Self.bridge([[.some], [.some], [.some], [.some]])
        // A lender that leads nowhere is no gain.
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes) == .noRoom)
        let way: LendingNotice = [.some, .all, .otherWay]
        #expect(chooser.answer(One.id(7), lending: way, now: Self.at, routes: routes) == .acceptDropping(3))
        // The same with a link that is a way.
        (chooser, routes) = Self.bridge([Self.lender, [.some], [.some], [.some]])
        One.announce([(5, 96, -60)], to: &chooser, &routes)
        #expect(chooser.answer(One.id(7), lending: way, now: Self.at, routes: routes) == .noRoom)
    }

    /// It would drop a link for whoever sends on a recorded beacon.
    @Test func fullBridgeWithoutAWayDropsNothingToCallWhomItReaches() {
        var (chooser, routes) = One.bridge(links: 4, announced: [3: 0])
        for link in 0..<4 { chooser.noteLending(LinkNumber(link), [.some], now: One.start) }
        One.announce([(6, 96, -60)], to: &chooser, &routes)
        Self.hear(&chooser, 6, to: 60)
        let choice = One.choice(&chooser, routes, seconds: 60)
        #expect(choice.calls.map(\.address) == [6] && choice.drops == [])
        let wouldTake = chooser.wouldTake(One.id(6), lending: Self.lender, now: Self.at, routes: routes)
        #expect(wouldTake)
        #expect(chooser.answer(One.id(6), lending: Self.lender, now: Self.at, routes: routes) == .acceptDropping(3))
    }

    @Test func bridgeThatIsNoWayItselfGivesNoPlaceToWhoLacksOne() {
        for (isOptedOut, isReluctant) in [(false, false), (true, false), (false, true)] {
            var (chooser, routes) = Self.bridge([[.otherWay], [.otherWay], [.otherWay], [.otherWay]])
            var effects = RouteEffects()
            routes.setOptedOut(isOptedOut, now: One.start, into: &effects)
            routes.setReluctant(isReluctant, now: One.start)
            let answer = chooser.answer(One.id(7), lending: [], now: Self.at, routes: routes)
            #expect(answer == (isOptedOut || isReluctant ? .noRoom : .acceptDropping(3)))
        }
    }

    @Test func memberWhoWasCalledInVainIsNotCalledForTenMinutesWhateverItSays() {
        for (notice, isTaken) in [(nil, false), ([], false), ([.some], true), ([.otherWay], false)]
            as [(LendingNotice?, Bool)]
        {
            var (chooser, routes) = Self.bridge([[], [], [], Self.lender])
            One.announce([(5, 96, -60)], to: &chooser, &routes)
            chooser.noteLending(0, Self.lender, now: One.start)
            let wouldTake = chooser.wouldTake(One.id(7), lending: notice, now: Self.at, routes: routes)
            #expect(wouldTake == isTaken)
            guard !isTaken else { continue }
            Self.hear(&chooser, 7, to: 600)
            #expect(One.choice(&chooser, routes, seconds: 600) == LinkChoice())
            Self.hear(&chooser, 7, to: 661)
            #expect(One.choice(&chooser, routes, seconds: 661).calls.map(\.address) == [7])
        }
    }

    @Test func linkIsAWayIfItsHostLendsToAllAndLeadsOn() {
        for (notice, isWay) in [(nil, true), ([.some, .all], true), ([.some], false), ([], false)]
            as [(LendingNotice?, Bool)]
        {
            var (chooser, routes) = Self.bridge([notice])
            #expect(!chooser.hasWay(besides: nil, routes: routes), "it leads to itself alone")
            One.announce([(5, 96, -60)], to: &chooser, &routes)
            #expect(chooser.hasWay(besides: nil, routes: routes) == isWay)
            #expect(!chooser.hasWay(besides: One.id(0), routes: routes))
        }
    }

    @Test func bridgeThatHasOnlyALenderToSomeLooksForOneToAllAmongWhomItReaches() {
        for (notice, called) in [(LendingNotice.some, [6] as [UInt64]), ([.some, .all], [])] {
            var (chooser, routes) = Self.bridge([notice])
            chooser.setLinksMax(4)
            // Too weak to be called for redundancy.
            One.announce([(6, 96, -89)], to: &chooser, &routes)
            #expect(One.choice(&chooser, routes, seconds: 9).calls.map(\.address) == called)
        }
    }

    /// Two lenders may give the places of one host away at once, each because of the other.
    @Test func linkWhoseHostLostItsOtherWayAsWellDoesNotGiveWayAgainForThat() {
        var (chooser, routes) = Self.bridge([[.otherWay], [.otherWay], [.otherWay], [.otherWay]])
        #expect(chooser.answer(One.id(7), lending: [], now: Self.at, routes: routes) == .acceptDropping(3))
        var effects = RouteEffects()
        chooser.linkEnded(3, now: Self.at)
        routes.linkEnded(3, now: Self.at, into: &effects)
        // Nobody else announces it.
        _ = One.choice(&chooser, routes, seconds: 65)
        let again = One.start.advanced(seconds: 66)
        chooser.linkStarted(3, member: One.id(3), lending: [.otherWay], now: again)
        for (seconds, link) in [(100, 2), (600, 2), (670, 3)] as [(Int64, LinkNumber)] {
            One.hear(&chooser, 3, signal: -53, seconds: seconds)
            var (chooser, now) = (chooser, One.start.advanced(seconds: seconds))
            #expect(chooser.answer(One.id(8), lending: [], now: now, routes: routes) == .acceptDropping(link))
            now = now.advanced(seconds: 1)
            #expect(chooser.answer(One.id(8), lending: [], now: now, routes: routes) == .noRoom)
        }
        // A host who lends nothing is no better off for it where somebody lends.
        for link in 0..<3 { chooser.noteLending(LinkNumber(link), Self.lender, now: again) }
        One.hear(&chooser, 3, signal: -53, seconds: 100)
        let now = One.start.advanced(seconds: 100)
        #expect(chooser.answer(One.id(8), lending: [], now: now, routes: routes) == .noRoom)
        #expect(chooser.answer(One.id(8), lending: Self.lender, now: now, routes: routes) == .acceptDropping(3))
    }

    /// Whoever says it and leads nowhere gains nobody's place twice.
    @Test func linkThatIsSaidToLeadOnAndDoesNotGivesWayBeforeThoseToHostsWhoLendToSome() {
        let way: LendingNotice = [.some, .all, .otherWay]
        var (chooser, routes) = Self.bridge([way, [.some], [.some], [.some]])
        #expect(chooser.answer(One.id(7), lending: way, now: Self.at, routes: routes) == .acceptDropping(0))
        (chooser, routes) = Self.bridge([way, [.some], [.some], [.some]])
        #expect(chooser.answer(One.id(7), lending: Self.lender, now: Self.at, routes: routes) == .noRoom)
    }

    @Test func memberThatNoRouteReachesIsCalledBeforeOneThatMayBeAWay() {
        var (chooser, routes) = Self.bridge([[.some]])
        chooser.setLinksMax(4)
        One.announce([(6, 96, -60)], to: &chooser, &routes)
        for second in Int64(1)...9 { One.hear(&chooser, 7, signal: -89, seconds: second) }
        #expect(One.choice(&chooser, routes, seconds: 9).calls.map(\.address) == [7])
    }

    @Test func memberWithoutRoomIsCalledLessAndLess() {
        var waits: [[Int64]] = []
        for isRefused in [false, true] {
            var (chooser, routes) = Self.bridge([Self.lender])
            chooser.setLinksMax(4)
            var (last, calls) = (Int64(0), [] as [Int64])
            for seconds in Int64(1)...3600 {
                One.hear(&chooser, 7, seconds: seconds)
                guard One.choice(&chooser, routes, seconds: seconds).calls != [] else { continue }
                calls.append(seconds - last)
                last = seconds
                let now = One.start.advanced(seconds: seconds)
                chooser.callFailed(hint: One.hint(7), isRefused: isRefused, now: now)
            }
            waits.append(calls)
        }
        #expect(waits[0].count > 50 && waits[1].count > 7)
        #expect(waits[0].allSatisfy { $0 <= 66 } && waits[1].allSatisfy { $0 <= 514 })
        #expect(waits[1].suffix(3).allSatisfy { $0 >= 256 }, "\(waits[1])")
    }
}
