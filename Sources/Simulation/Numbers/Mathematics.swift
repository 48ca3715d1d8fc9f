/// What a model needs of a mathematics library, by additions, multiplications and divisions alone, which IEEE 754 defines
/// to the last bit: a run is the same on every machine, whichever library that has.
///
/// Relative errors are below 1e-14 on the domains stated, held against known values in the tests.
public enum Mathematics {
    public static let pi = 3.141592653589793
    static let naturalLogarithmOfTwo = 0.6931471805599453
    static let naturalLogarithmOfTen = 2.302585092994046

    /// ln x: minus infinity for 0, not a number below.
    ///
    /// x = m 2^e with m within the square roots of 1/2 and 2, and ln m = 2 artanh((m - 1) / (m + 1)) by its series.
    public static func naturalLogarithm(_ value: Double) -> Double {
        guard value > 0 else { return value == 0 ? -.infinity : .nan }
        guard value < .infinity else { return .infinity }
        var (scaled, exponent) = (value, -1023)
        if scaled < 0x1p-1022 { (scaled, exponent) = (scaled * 0x1p54, -1023 - 54) }
        let bits = scaled.bitPattern
        exponent += Int(bits >> 52)
        var mantissa = Double(bitPattern: bits & 0x000f_ffff_ffff_ffff | 0x3ff0_0000_0000_0000)
        if mantissa > 1.4142135623730951 { (mantissa, exponent) = (mantissa * 0.5, exponent + 1) }
        let part = (mantissa - 1) / (mantissa + 1)
        let square = part * part
        var sum = 0.0
        var divisor = 25.0
        while divisor > 1 {
            sum = (sum + 1 / divisor) * square
            divisor -= 2
        }
        // The logarithm of two in two parts, so that little is lost where both terms nearly cancel.
        let high = Double(exponent) * 0.693147180369123816490
        let low = Double(exponent) * 1.90821492927058770002e-10
        return high + (2 * part + (2 * part * sum + low))
    }

    public static func binaryLogarithm(_ value: Double) -> Double { naturalLogarithm(value) / naturalLogarithmOfTwo }
    public static func commonLogarithm(_ value: Double) -> Double { naturalLogarithm(value) / naturalLogarithmOfTen }

    /// e^x: 0 below -708 (no subnormal numbers), infinity above 709.
    ///
    /// x = k ln 2 + r with |r| at most half of ln 2, and e^r by its series.
    public static func exponential(_ value: Double) -> Double {
        guard value > -708 else { return value.isNaN ? .nan : 0 }
        guard value < 709 else { return .infinity }
        let count = (value * 1.4426950408889634).rounded()
        let rest = (value - count * 0.693147180369123816490) - count * 1.90821492927058770002e-10
        var sum = 1.0
        var divisor = 14.0
        while divisor > 0 {
            sum = 1 + sum * rest / divisor
            divisor -= 1
        }
        return sum * Double(bitPattern: UInt64(Int(count) + 1023) << 52)
    }

    public static func powerOfTen(_ exponent: Double) -> Double { exponential(exponent * naturalLogarithmOfTen) }

    /// `base` to the `exponent`, for a base of 0 or more.
    public static func power(_ base: Double, _ exponent: Double) -> Double {
        exponent == 0 ? 1 : exponential(exponent * naturalLogarithm(base))
    }

    /// A ratio of powers from decibels.
    public static func ratio(decibels: Double) -> Double { powerOfTen(decibels / 10) }
    /// A ratio of powers in decibels.
    public static func decibels(ratio: Double) -> Double { 10 * commonLogarithm(ratio) }

    /// For angles up to a million.
    public static func sine(_ angle: Double) -> Double { sineAndCosine(angle).sine }
    public static func cosine(_ angle: Double) -> Double { sineAndCosine(angle).cosine }

    /// Both of one angle, reduced to within an eighth of a turn by subtracting quarter turns in three parts (Cody and
    /// Waite; the constants are fdlibm's), then by their series.
    public static func sineAndCosine(_ angle: Double) -> (sine: Double, cosine: Double) {
        guard angle.magnitude < 1e9 else {
            // The remainder is exact, and so are sine and cosine of it as far as the angle says anything.
            return angle.isFinite ? sineAndCosine(angle.remainder(dividingBy: 2 * pi)) : (.nan, .nan)
        }
        let quarters = (angle * (2 / pi)).rounded()
        let reduced =
            ((angle - quarters * 1.57079632673412561417) - quarters * 6.07710050630396597660e-11) - quarters
            * 2.02226624879595063154e-21
        let square = reduced * reduced
        var (sine, cosine) = (1.0, 1.0)
        var divisor = 18.0
        while divisor > 0 {
            sine = 1 - sine * square / (divisor * (divisor + 1))
            cosine = 1 - cosine * square / (divisor * (divisor - 1))
            divisor -= 2
        }
        sine *= reduced
        return switch Int(quarters) & 3 {
        case 0: (sine, cosine)
        case 1: (cosine, -sine)
        case 2: (-sine, -cosine)
        default: (-cosine, sine)
        }
    }
}

extension RandomStream {
    /// A standard normal variate (Box and Muller 1958). It draws two fractions and leaves the second variate, so that
    /// the stream has no more state than its numbers.
    public mutating func normal() -> Double {
        // In 0 < u <= 1, so that the logarithm is finite.
        let radius = (-2 * Mathematics.naturalLogarithm(1 - fraction())).squareRoot()
        return radius * Mathematics.cosine(2 * Mathematics.pi * fraction())
    }

    /// Exponentially distributed with this mean.
    public mutating func exponential(mean: Double) -> Double { -mean * Mathematics.naturalLogarithm(1 - fraction()) }
}
