import Testing
import Wire

@testable import Relaying

@Suite struct LinkChooserTests {
    static func report(_ seeds: Range<UInt64>, seconds: Int) -> (joined: Int, drops: Int, calls: Int, bad: [UInt64]) {
        var (joined, drops, calls) = (0, 0, 0)
        var bad: [UInt64] = []
        for seed in seeds {
            var street = RadioStreet(
                seed: seed, count: 6 + Int(seed % 25), reachMetres: 35 + Int(seed % 7) * 8)
            street.run(seconds: seconds)
            if street.isJoined { joined += 1 } else { bad.append(seed) }
            drops += street.dropCount
            calls += street.callCount
            let most = street.choosers.indices.map { street.linkCount($0) }.max() ?? 0
            #expect(most <= 4)
        }
        return (joined, drops, calls, bad)
    }

    @Test(arguments: UInt64(0)..<16) func everyStreetThatRadioJoinsIsJoinedByLinks(seed: UInt64) {
        let report = Self.report(seed..<seed + 1, seconds: 240)
        #expect(report.joined == 1)
    }
}
