import SeededRandom
import Testing
import Wire

@testable import Relaying

/// Ways around bridges that refuse some packets.
@Suite struct RouteDetourTests {
    private static func ring(_ count: Int) -> RouteStreet {
        var street = RouteStreet(seed: 7, count: count, slowestMilliseconds: 10)
        for node in 0..<count { street.join(node, (node + 1) % count) }
        for edge in street.edges.indices { street.setCost(edge, 96) }
        street.run(milliseconds: 5_000)
        return street
    }

    @Test func wayOverAHostThatLendsToSomeClassesIsTakenAfterLongerOnes() {
        var street = Self.ring(6)
        #expect(street.path(from: 0, to: 2) == [1, 2])
        street.setReluctant(1, true)
        street.run(milliseconds: 5_000)
        #expect(street.path(from: 0, to: 2) == [5, 4, 3, 2])
        #expect(street.path(from: 0, to: 1) == [1] && street.path(from: 1, to: 2) == [2], "its own are not its host's")
        street.setReluctant(1, false)
        street.run(milliseconds: 5_000)
        #expect(street.path(from: 0, to: 2) == [1, 2])
    }

    @Test func wayOverAHostThatLendsToSomeClassesIsTakenWhereThereIsNoOther() {
        var street = Self.ring(6)
        street.setReluctant(1, true)
        street.setOptedOut(4, true)
        street.run(milliseconds: 5_000)
        #expect(street.path(from: 0, to: 2) == [1, 2])
    }

    /// In a ring of five the far neighbour is as near to the home as this bridge, so that its route is not feasible here.
    @Test func neighbourThatIsAsNearIsADetourAndOneThatIsFartherIsNone() throws {
        let five = Self.ring(5)
        let home = RouteStreet.home(2)
        let table = five.nodes[0].table
        let selected = try #require(table.nextHop(for: home))
        #expect(table.nextHop(for: home, excluding: LinkNumbers.mask(selected)) == nil)
        let detour = try #require(table.detour(for: home, excluding: LinkNumbers.mask(selected)))
        #expect(five.neighbour(of: 0, over: detour) == 4)
        let six = Self.ring(6).nodes[0].table
        #expect(six.detour(for: home, excluding: LinkNumbers.mask(try #require(six.nextHop(for: home)))) == nil)
    }

    /// Once all has been announced as it is.
    @Test(arguments: UInt64(0)..<12) func detoursLeadHomeAndNotBack(seed: UInt64) {
        var street = RouteTableTests.street(seed: seed, count: 12)
        for _ in 0..<3 { street.setReluctant(street.random.number(below: 12), true) }
        street.run(milliseconds: 2 * RouteLimits.periodSeconds * 1_000)
        var count = 0
        for node in street.nodes.indices {
            for target in street.nodes.indices where target != node {
                let table = street.nodes[node].table
                let selected = table.nextHop(for: RouteStreet.home(target)).map { LinkNumbers.mask($0) } ?? 0
                guard let detour = table.detour(for: RouteStreet.home(target), excluding: selected) else { continue }
                count += 1
                let neighbour = street.neighbour(of: node, over: detour)
                let path = neighbour == target ? [target] : street.path(from: neighbour ?? node, to: target)
                #expect(path.last == target && !path.contains(node), "\(node) to \(target) over \(path)")
            }
        }
        #expect(count > 0)
    }
}

extension RouteStreet {
    fileprivate func neighbour(of node: Int, over link: LinkNumber) -> Int? {
        nodes[node].edges[Int(link)].map { other(node, edges[$0]).node }
    }
}
