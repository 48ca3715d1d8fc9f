import Testing
import Wire

@testable import Consent

@Suite struct ReasonTests {
    @Test func everyReasonHasItsOwnWordAndARemedy() {
        #expect(Set(Reason.allCases.map(\.name)).count == Reason.allCases.count)
        for reason in Reason.allCases {
            #expect(reason.name.utf8.allSatisfy { (97...122).contains($0) || $0 == 95 })
            #expect(reason.remedy.hasSuffix("."))
            #expect(Reason(name: reason.name) == reason)
        }
        #expect(Reason(name: "nothing_known") == nil)
        #expect(Set(Reason.allCases.map(\.summary)).count == Reason.allCases.count)
    }

    /// Nobody is told which of these it was.
    @Test func whatAHostKeepsToItselfIsAnsweredNotNow() {
        for reason in [Reason.optedOut, .schedule, .classNotLent, .clock, .rate, .cap, .busy] {
            #expect(reason.answer == .notNow)
        }
        for reason in [Reason.malformed, .noGrant, .badTag, .revoked, .deviceOptedOut, .scope, .expired, .hopLimit] {
            #expect(reason.answer == .refused)
        }
    }

    @Test func theClockIsGoodOnlyIfItIsSetAndNotBehind() {
        let built = WallTime(seconds: 1_000_000)
        for (wall, stored, state) in [
            (0, 0, ClockState.unset), (999_999, 0, .unset), (1_000_000, 0, .good), (1_000_000, 1_000_120, .good),
            (1_000_000, 1_000_121, .behind), (.max, .max, .good), (2_000_000, 1_500_000, .good),
        ] as [(UInt32, UInt32, ClockState)] {
            #expect(
                ClockState.judge(wall: WallTime(seconds: wall), built: built, stored: WallTime(seconds: stored))
                    == state)
        }
    }

    @Test func aFreshInstallationLendsNothing() {
        #expect(HostConsent.nothing.optedOut)
        #expect(EventClass.allCases.allSatisfy { !HostConsent.nothing.lends($0) })
    }

    @Test(arguments: EventClass.allCases)
    func aHostLendsToTheClassesItNamesOnly(eventClass: EventClass) {
        let host = HostConsent(optedOut: false, scheduleClosed: false, classesLent: [eventClass])
        for other in EventClass.allCases { #expect(host.lends(other) == (other == eventClass)) }
    }
}
