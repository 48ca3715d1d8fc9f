import Foundation
import Simulation
import Testing

/// Against known digits, and against the platform's library over wide ranges.
@Suite struct MathematicsTests {
    private func isNear(_ one: Double, _ other: Double, _ relative: Double = 1e-12) -> Bool {
        (one - other).magnitude <= relative * max(other.magnitude, 1e-300)
    }

    @Test func knownDigits() {
        #expect(isNear(Mathematics.naturalLogarithm(2), 0.69314718055994530942))
        #expect(isNear(Mathematics.naturalLogarithm(10), 2.30258509299404568402))
        #expect(isNear(Mathematics.binaryLogarithm(10), 3.32192809488736234787))
        #expect(isNear(Mathematics.commonLogarithm(2), 0.30102999566398119521))
        #expect(isNear(Mathematics.exponential(1), 2.71828182845904523536))
        #expect(isNear(Mathematics.exponential(-1), 0.36787944117144232160))
        #expect(isNear(Mathematics.sine(1), 0.84147098480789650665))
        #expect(isNear(Mathematics.cosine(1), 0.54030230586813971740))
        #expect(isNear(Mathematics.powerOfTen(0.3), 1.99526231496887960135))
        #expect(isNear(Mathematics.power(2, 0.5), 1.41421356237309504880))
    }

    @Test func logarithmAndExponentialAgreeWithTheLibraryFromEndToEnd() {
        for step in -700...700 {
            let value = Double(step) + 0.37
            #expect(isNear(Mathematics.exponential(value), exp(value)), "e^\(value)")
            #expect(isNear(Mathematics.naturalLogarithm(exp(value)), value, 1e-13), "ln e^\(value)")
        }
        for step in 1...2_000 {
            let value = Double(step) / 1_000
            #expect((Mathematics.naturalLogarithm(value) - log(value)).magnitude <= 1e-15, "ln \(value)")
        }
        #expect(isNear(Mathematics.naturalLogarithm(.leastNonzeroMagnitude), log(Double.leastNonzeroMagnitude)))
    }

    @Test func sineAndCosineAgreeWithTheLibraryUpToAMillion() {
        var angle = 1e-9
        while angle < 1e6 {
            #expect((Mathematics.sine(angle) - sin(angle)).magnitude <= 1e-13, "sin \(angle)")
            #expect((Mathematics.cosine(-angle) - cos(angle)).magnitude <= 1e-13, "cos \(angle)")
            angle *= 1.017
        }
    }

    @Test func edgesGiveTheLimits() {
        #expect(Mathematics.naturalLogarithm(0) == -.infinity)
        #expect(Mathematics.naturalLogarithm(.infinity) == .infinity)
        #expect(Mathematics.naturalLogarithm(-1).isNaN)
        #expect(Mathematics.exponential(-1e9) == 0)
        #expect(Mathematics.exponential(1e9) == .infinity)
        #expect(Mathematics.sine(.infinity).isNaN)
        #expect(Mathematics.sine(1e300).magnitude <= 1)
        #expect(Mathematics.power(0, 2) == 0)
        #expect(Mathematics.power(0, 0) == 1)
    }

    /// Mean, variance, and how many lie beyond two deviations: 4.55 %.
    @Test func normalVariatesAreNormal() {
        var random = RandomStream(seed: 3, purpose: 1)
        let count = 100_000
        var (sum, squares, beyond) = (0.0, 0.0, 0)
        for _ in 0..<count {
            let value = random.normal()
            sum += value
            squares += value * value
            if value.magnitude > 2 { beyond += 1 }
        }
        #expect((sum / Double(count)).magnitude < 0.015)
        #expect((squares / Double(count) - 1).magnitude < 0.02)
        #expect((Double(beyond) / Double(count) - 0.0455).magnitude < 0.003)
    }

    @Test func exponentialVariatesHaveTheirMean() {
        var random = RandomStream(seed: 4, purpose: 1)
        let sum = (0..<100_000).reduce(0.0) { sum, _ in sum + random.exponential(mean: 7) }
        #expect((sum / 100_000 - 7).magnitude < 0.1)
    }
}
