import Simulation
import Testing

@Suite struct FrameErrorTests {
    @Test func oneInTenIsLostAtTheSensitivity() {
        let plan = RadioPlan()
        let errors = FrameErrors(plan)
        #expect((errors.loss(payloadBytes: 37, powerDBm: plan.sensitivityDBm) - 0.1).magnitude < 1e-9)
    }

    @Test func lossFallsWithPowerAndGrowsWithLengthAndInterference() {
        let errors = FrameErrors(RadioPlan())
        for power in stride(from: -98.0, to: -85, by: 0.5) {
            let loss = errors.loss(payloadBytes: 37, powerDBm: power)
            #expect(loss > errors.loss(payloadBytes: 37, powerDBm: power + 0.5))
            #expect(loss < errors.loss(payloadBytes: 251, powerDBm: power))
            let disturbed = errors.loss(
                payloadBytes: 37, powerDBm: power, interferenceMilliwatts: Mathematics.ratio(decibels: -95))
            #expect(loss < disturbed)
        }
        #expect(errors.loss(payloadBytes: 251, powerDBm: -80) < 1e-9)
        #expect(errors.loss(payloadBytes: 0, powerDBm: -110) > 0.99)
    }

    @Test func interferenceSpoilsItsPartOfWhateverPower() {
        var plan = RadioPlan()
        plan.interference = 0.25
        #expect((FrameErrors(plan).loss(payloadBytes: 31, powerDBm: -40) - 0.25).magnitude < 1e-9)
    }
}
