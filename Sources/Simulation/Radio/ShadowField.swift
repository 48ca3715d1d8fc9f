/// Shadowing of paths between any two places: normal in decibels, the same both ways, and alike for paths whose ends are
/// near each other.
///
/// Between two paths whose ends are apart by a and b the correlation is exp(-a/D) exp(-b/D): Gudmundson's (Electronics
/// Letters 27(23), 1991) where one end moves, and independent and equal for each end as Wang, Tameh and Nix measured
/// (IEEE Transactions on Vehicular Technology 57(1), 2008), from whom the method is as well: a sum of cosines over both
/// places, whose wave vectors are drawn from the spectrum of that correlation. In any number of dimensions exp(-r/D) is
/// the characteristic function of a Cauchy vector, a normal vector divided by a normal number.
struct ShadowField: Sendable {
    static let waves = 48
    /// Numbers that are kept of a place.
    static let tracesPerPlace = 4 * waves
    /// Wave numbers are cut off here, in units of 1/D: what is lost is detail finer than a hundredth of D.
    static let waveNumberMax = 300.0
    /// No path is better or worse than the median one by more: so it is known how far a radio reaches at most.
    static let deviationsMax = 3.0

    let deviationDecibels: Double
    let metres: Double
    /// Of each wave: vector at the sending end, vector at the receiving end, phase.
    private var vectors: [Double] = []

    init(deviationDecibels: Double, metres: Double, seed: UInt64) {
        self.deviationDecibels = max(deviationDecibels, 0)
        self.metres = max(metres, 0.01)
        var random = RandomStream(seed: seed, purpose: 0x7368_6164_6f77)
        for _ in 0..<Self.waves {
            for _ in 0..<2 {
                let divisor = max(random.normal().magnitude, 1e-9) * self.metres
                var vector = (random.normal() / divisor, random.normal() / divisor, random.normal() / divisor)
                let length = (vector.0 * vector.0 + vector.1 * vector.1 + vector.2 * vector.2).squareRoot()
                let excess = length * self.metres / Self.waveNumberMax
                if excess > 1 { vector = (vector.0 / excess, vector.1 / excess, vector.2 / excess) }
                vectors += [vector.0, vector.1, vector.2]
            }
            vectors.append(2 * Mathematics.pi * random.fraction())
        }
    }

    /// Appends what this place contributes to every path that ends there; a path then costs no more than products.
    func appendTrace(of place: Place, to traces: inout [Double]) {
        for wave in 0..<Self.waves {
            let base = wave * 7
            let first = vectors[base] * place.east + vectors[base + 1] * place.north + vectors[base + 2] * place.height
            let second =
                vectors[base + 3] * place.east + vectors[base + 4] * place.north + vectors[base + 5] * place.height
            let one = Mathematics.sineAndCosine(first + vectors[base + 6])
            let other = Mathematics.sineAndCosine(second)
            traces.append(one.cosine)
            traces.append(one.sine)
            traces.append(other.cosine)
            traces.append(other.sine)
        }
    }

    /// Decibels by which a path is worse than the median one, from two traces in these buffers.
    @inline(__always)
    func decibels(
        _ first: UnsafeBufferPointer<Double>, _ second: UnsafeBufferPointer<Double>, metresApart: Double
    ) -> Double {
        guard deviationDecibels > 0 else { return 0 }
        var sum = 0.0
        var index = 0
        while index < Self.tracesPerPlace {
            sum += first[index] * second[index + 2] - first[index + 1] * second[index + 3]
            sum += second[index] * first[index + 2] - second[index + 1] * first[index + 3]
            index += 4
        }
        // The field of (a, b) and that of (b, a) are correlated where the ends are near.
        let alike = Mathematics.exponential(-2 * metresApart / metres)
        let variance = Double(Self.waves) * (1 + alike)
        let deviations = sum / variance.squareRoot()
        return deviationDecibels * min(max(deviations, -Self.deviationsMax), Self.deviationsMax)
    }
}
