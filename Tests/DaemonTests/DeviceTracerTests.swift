import Bridging
import Consent
import ControlAPI
import Devices
import Testing
import Wire

@testable import Bridging
@testable import Daemon

/// Each thing that can keep events from arriving is a no of its step, with a remedy, and nothing else is.
@Suite struct DeviceTracerTests {
    private static let now = WallTime(seconds: 1_800_000_000)

    /// Everything as it should be.
    private static var good: TraceFacts {
        var facts = TraceFacts(now: now, name: "Letter box")
        facts.optInEnds = Int64(now.seconds) + 86_400
        facts.scope = [.relay]
        facts.ratePerMinute = 10
        facts.figures.firstHeard = Int64(now.seconds) - 600
        facts.figures.lastHeard = Int64(now.seconds) - 60
        facts.isInNetwork = true
        facts.links = ["number 9"]
        facts.otherMembers = 1
        facts.standing = standing(nil)
        facts.way.packetAt = now
        facts.way.packetHopLimit = 6
        facts.way.openedAt = now
        facts.broker = .init(state: .connected)
        return facts
    }

    private static func standing(_ no: Reason?, suspended: Bool = false) -> GrantStanding {
        GrantStanding(
            no: no, end: now, isSuspendedByAnother: suspended, provenUntil: now.advanced(seconds: 100_000),
            nextProof: now.advanced(seconds: 3600))
    }

    private static func noes(_ change: (inout TraceFacts) -> Void) -> [DeviceTrace.Step] {
        var facts = good
        change(&facts)
        return DeviceTracer(facts: facts).trace.steps.filter { $0.state == .no }
    }

    @Test func deviceAboveItsRateIsToldInWordsAndWhatNeighboursDropOfItIsSaidToBeUntold() throws {
        let here = try #require(Self.noes { $0.way.heard(.refused(.rate), at: Self.now) }.first)
        #expect(here.detail.hasSuffix("took no event from it (rate): more a minute than its grant allows"))
        for packetAt in [nil, Self.now] {
            var facts = Self.good
            (facts.way.packetAt, facts.ratePerMinute) = (packetAt, 1)
            let schedule = DeviceTracer(facts: facts).trace.steps.first { $0.step == .schedule }
            #expect(schedule?.detail.contains("above its rate") == true)
            #expect(schedule?.detail.contains("1 event a minute") == true, "\(schedule?.detail ?? "")")
        }
    }

    @Test func nothingIsANoWhereAllIsWell() {
        let trace = DeviceTracer(facts: Self.good).trace
        #expect(trace.isClear)
        #expect(trace.steps.allSatisfy { $0.remedy == nil || $0.state != .ok })
        let order = DeviceTrace.Name.allCases
        let places = trace.steps.compactMap { order.firstIndex(of: $0.step) }
        #expect(places == places.sorted())
        #expect(Set(trace.steps.map(\.step)).count == order.count)
    }

    private static let faults: [(DeviceTrace.Name, String, @Sendable (inout TraceFacts) -> Void)] = [
        (.hear, "device test", { $0.figures.lastHeard = nil }),
        (.hear, "battery", { $0.figures.lastHeard = 1_700_000_000 }),
        (.hear, "bind key", { $0.way.heard(.unusable(.notEncrypted), at: now) }),
        (.hear, "firmware", { $0.way.heard(.unusable(.unsupportedVersion(1)), at: now) }),
        (.hear, "--rate", { $0.way.heard(.refused(.rate), at: now) }),
        (.hear, "clock", { $0.way.heard(.refused(.clock), at: now) }),
        (.consent, "network join", { $0.isInNetwork = false }),
        (.consent, "set", { $0.clockProblem = "the clock is not set; set it" }),
        (.consent, "device remove", { $0.isRevoked = true }),
        (.consent, "device remove", { $0.standing = standing(.revoked) }),
        (.consent, "device remove", { $0.optInEnds = 5 }),
        (.consent, "opt-in device", { $0.isOptedOut = true }),
        (.consent, "device remove", { $0.standing = nil }),
        (.consent, "agree", { $0.standing = standing(.deviceOptedOut, suspended: true) }),
        (.consent, "neighbours", { $0.standing = standing(.deviceOptedOut) }),
        (.consent, "clock", { $0.standing = standing(.staleGrant) }),
        (.carry, "status", { $0.links = [] }),
        (
            .carry, "network invite",
            {
                $0.links = []
                $0.otherMembers = 0
            }
        ),
        (.carry, "--scope relay", { $0.scope = [] }),
        (.open, "bind key", { $0.way.failed(.bindKey, at: now) }),
        (.open, "reset-counter", { $0.way.failed(.counter, at: now) }),
        (.open, "new grant", { $0.way.failed(.notSealedToUs, at: now) }),
        (
            .deliver, "--deliver",
            {
                $0.deliver = ["opening"]
                $0.delivery = DeliveryFact(opened: now, readings: 0, withheld: ["battery"])
            }
        ),
        (.deliver, "mqtt.host", { $0.broker = .init(state: .off) }),
        (.deliver, "refused", { $0.broker = .init(state: .connecting, detail: "the connection was refused") }),
        (.deliver, "full", { $0.diskProblem = "the disk is full" }),
    ]

    @Test(arguments: faults.indices) func everyFaultIsOneNoOfItsStepWithARemedy(index: Int) throws {
        let (step, word, change) = Self.faults[index]
        let noes = Self.noes(change)
        #expect(noes.count == 1)
        let no = try #require(noes.first)
        #expect(no.step == step)
        #expect(no.remedy?.contains(word) == true, "\(no)")
    }

    @Test func lastTestIsToldWithItsTimeAndIsNeverANo() throws {
        func step(_ asked: Int, _ cameBack: Int) throws -> DeviceTrace.Step {
            var facts = Self.good
            #expect(!DeviceTracer(facts: facts).trace.steps.contains { $0.detail.contains("test") })
            (facts.way.testedAt, facts.way.testAsked, facts.way.testCameBack) = (Self.now, asked, cameBack)
            return try #require(DeviceTracer(facts: facts).trace.steps.first { $0.detail.contains("last test") })
        }
        for (asked, cameBack, words) in [(2, 1, "by 1 of 2"), (2, 0, "by 0 of 2"), (0, 0, "no neighbour")] {
            let step = try step(asked, cameBack)
            #expect(step.step == .carry && step.detail.contains(words))
            #expect(step.lastUnixSeconds == Int64(Self.now.seconds))
            #expect(step.state == (cameBack > 0 ? .ok : .unknown))
            #expect((step.remedy?.contains("device test") == true) == (cameBack == 0))
        }
    }

    @Test func whatWasSeenAtATimeIsToldInThePast() {
        var facts = Self.good
        facts.way.heard(.taken, at: Self.now)
        facts.delivery = DeliveryFact(opened: Self.now, readings: 1, withheld: [])
        let told = DeviceTracer(facts: facts).trace.steps.filter { $0.lastUnixSeconds != nil }.map(\.detail)
        #expect(told.count >= 5)
        for detail in told {
            #expect([" was ", " heard ", " passed ", " came "].contains { detail.contains($0) }, "\(detail)")
        }
    }

    @Test func failureBeforeTheLastOpeningIsOver() {
        #expect(Self.noes { $0.way.failed(.counter, at: Self.now.advanced(seconds: -10)) }.isEmpty)
    }

    @Test func homeThatHearsItsDeviceItselfNeedsNoLink() {
        #expect(
            Self.noes {
                $0.links = []
                $0.way.heard(.taken, at: Self.now)
            }.isEmpty)
        #expect(
            Self.noes {
                $0.scope = []
                $0.way.heard(.taken, at: Self.now)
            }.isEmpty)
    }

    @Test func neighboursThatCannotBeSeenAreNoNoes() {
        #expect(
            Self.noes {
                $0.way.packetAt = nil
                $0.way.openedAt = nil
            }.isEmpty)
    }
}
