import SeededRandom
import Testing
import Wire

@testable import Relaying

/// Ways around bridges that refuse some packets.
@Suite struct RouteReluctanceTests {
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
}
