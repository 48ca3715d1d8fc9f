import RadioConformance
import Testing

/// What every radio must do, done by virtual ones.
@Suite struct VirtualRadioConformance {
    @Test(arguments: RadioCheck.allCases) func virtualRadioPasses(_ check: RadioCheck) {
        var run = ConformanceRun(VirtualAirFactory())
        #expect(run.run(check) == [])
    }
}
