/// A distribution of values of any number in bounded memory: 128 steps to each doubling, so that what it tells is within
/// 0.8 % of the truth. Exact below 128.
struct Histogram {
    private static let steps = 128
    private static let stepBits = 7

    private var counts: [UInt64] = []
    private(set) var count: UInt64 = 0
    private var sum = 0.0
    private(set) var maximum: Int64 = 0

    mutating func add(_ value: Int64) {
        let value = max(value, 0)
        let place = Self.place(of: value)
        while counts.count <= place { counts.append(0) }
        counts[place] += 1
        count += 1
        sum += Double(value)
        maximum = max(maximum, value)
    }

    /// A value that is no whole number, counted in so many parts to the unit.
    mutating func add(part: Double, of parts: Double) { add(Int64((part * parts).rounded())) }

    private static func place(of value: Int64) -> Int {
        guard value >= Int64(steps) else { return Int(value) }
        let shift = 63 - value.leadingZeroBitCount - stepBits
        return (shift + 1) << stepBits + Int(value >> Int64(shift)) - steps
    }

    /// The middle of a place.
    private static func value(at place: Int) -> Double {
        guard place >= steps else { return Double(place) }
        let shift = place >> stepBits - 1
        return (Double(place & (steps - 1) + steps) + 0.5) * Double(UInt64(1) << UInt64(shift))
    }

    /// The value below or at which this part of all lies.
    func quantile(_ part: Double) -> Double {
        let wanted = max(UInt64((Double(count) * part).rounded(.up)), 1)
        var passed: UInt64 = 0
        for (place, count) in counts.enumerated() {
            passed += count
            if passed >= wanted { return min(Self.value(at: place), Double(maximum)) }
        }
        return 0
    }

    /// A figure of it, each value divided by `divisor`.
    func figure(_ name: String, unit: String, dividedBy divisor: Double, bins: Int = 40) -> Figure? {
        guard count > 0 else { return nil }
        var shown = [UInt64](repeating: 0, count: bins)
        for (place, count) in counts.enumerated() where count > 0 {
            let part = Self.value(at: place) / max(Double(maximum), 1)
            shown[min(Int(part * Double(bins)), bins - 1)] += count
        }
        return Figure(
            name: name, unit: unit, count: Int(count), mean: sum / Double(count) / divisor,
            median: quantile(0.5) / divisor, percentile99: quantile(0.99) / divisor,
            maximum: Double(maximum) / divisor, bins: shown)
    }
}
