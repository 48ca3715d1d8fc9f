import Glibc
import Testing

@testable import Bridging

/// The main promises, over streets and histories drawn at random. What must hold at every step is in
/// `VirtualStreet+Promises.swift`; here is what must hold in the end. A failure prints the seed and all that was done.
struct RandomScheduleTests {
    /// Schedules of each kind, in batches that run side by side. `SIDEGATE_SCHEDULES` says how many a batch has: fewer
    /// under sanitizers, which take ten times as long, more for a sweep.
    static let batches = 8
    static let seedsPerBatch = getenv("SIDEGATE_SCHEDULES").flatMap { UInt64(String(cString: $0)) } ?? 20

    private func forEachPlan(_ kind: StreetPlan.Kind, _ batch: Int, _ end: (StreetPlan, VirtualStreet) -> Void) throws {
        for seed in 0..<Self.seedsPerBatch {
            let plan = StreetPlan(kind, seed: UInt64(batch) * 1_000 + seed)
            let street = try plan.build()
            street.run(seconds: plan.operationSeconds)
            end(plan, street)
            for node in street.nodes { checkAccounts(node, street) }
            if !street.failures.isEmpty {
                Issue.record("\(plan)\n\(street.failures.joined(separator: "\n"))")
            }
        }
    }

    @Test(arguments: 0..<RandomScheduleTests.batches)
    func everyEventThatMayBeHeldIsDeliveredOnceWhereAPathOfCustodiansStaysUp(batch: Int) throws {
        try forEachPlan(.calm, batch) { plan, street in
            let isDone = street.run(atMost: 600) {
                street.heldPackets == 0
                    && street.sensors[0].emissions.indices.allSatisfy { street.isOwed(0, $0) == false }
            }
            guard !isDone else { return }
            for (place, emission) in street.sensors[0].emissions.enumerated() where street.isOwed(0, place) {
                street.fail("emission \(place), heard by \(emission.sealers), was not delivered")
            }
            for node in street.nodes where street.heldPackets(node.index) > 0 {
                street.fail("node \(node.index) still holds \(street.heldPackets(node.index)) packets")
            }
        }
    }

    @Test(arguments: 0..<RandomScheduleTests.batches)
    func nothingIsDoubledLeakedOrForgottenWhateverHappens(batch: Int) throws {
        try forEachPlan(.wild, batch) { plan, street in
            for emission in street.sensors.flatMap(\.emissions) {
                for sealer in emission.sealers where street.isSeenConfirmed(emission.eventID, at: sealer) {
                    let isOpened = street.nodes.contains { $0.disk.openings.contains(emission.eventID) }
                    if !isOpened { street.fail("node \(sealer) believes an event confirmed that nobody opened") }
                }
            }
            guard !plan.scope.contains(.hold) else { return }
            // Longer than an event lives.
            street.run(seconds: 680)
            for node in street.nodes where street.heldPackets(node.index) > 0 {
                street.fail("node \(node.index) holds packets that have expired")
            }
        }
    }

    /// Taken, over all runs of a bridge, is what was confirmed, dropped, lost with the power, or is held.
    private func checkAccounts(_ node: StreetNode, _ street: VirtualStreet) {
        let ended =
            node.log.confirmed + node.log.dropped + UInt64(node.log.lostInCrashes + street.heldPackets(node.index))
        if node.log.taken != ended { street.fail("node \(node.index) took \(node.log.taken) packets, \(ended) ended") }
    }

    @Test func thereAreSchedulesToRun() { #expect(Self.seedsPerBatch > 0) }

    @Test(arguments: [StreetPlan.Kind.calm, .wild])
    func sameSeedGivesTheSameHistory(kind: StreetPlan.Kind) throws {
        for seed in 9_000..<9_004 as Range<UInt64> {
            let plan = StreetPlan(kind, seed: seed)
            let (first, second) = (try plan.build(), try plan.build())
            first.run(seconds: plan.operationSeconds)
            second.run(seconds: plan.operationSeconds)
            #expect(first.happenings == second.happenings, "seed \(seed)")
            #expect(first.trace == second.trace, "seed \(seed)")
        }
    }
}
