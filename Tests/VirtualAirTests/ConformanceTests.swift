import Dispatch
import RadioConformance
import Testing

/// What every radio must do, done by virtual ones.
@Suite struct VirtualRadioConformance {
    @Test(arguments: RadioCheck.allCases) func virtualRadioPasses(_ check: RadioCheck) async {
        // A check waits on its thread: on one of Swift's few it would hold other tests up.
        let findings = await withCheckedContinuation { continuation in
            DispatchQueue(label: check.rawValue).async {
                var run = ConformanceRun(VirtualAirFactory())
                continuation.resume(returning: run.run(check))
            }
        }
        #expect(findings == [])
    }
}
