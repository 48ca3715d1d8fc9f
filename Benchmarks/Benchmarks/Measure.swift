import CBaseline
import Glibc
import SeededRandom

/// Nanoseconds of the monotonic clock.
func nanoseconds() -> UInt64 {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return UInt64(time.tv_sec) * 1_000_000_000 + UInt64(time.tv_nsec)
}

/// What one way of doing a thing took, by batch.
struct Timings {
    private(set) var nanosecondsPerOperation: [Double] = []
    private(set) var allocations: UInt64 = 0

    /// Times `body`, which does `count` operations.
    mutating func measure(_ count: Int, _ body: () -> Void) {
        let allocated = baseline_allocation_count()
        let start = nanoseconds()
        body()
        let end = nanoseconds()
        add(count, nanoseconds: end - start, allocations: baseline_allocation_count() - allocated)
    }

    mutating func add(_ count: Int, nanoseconds: UInt64, allocations: UInt64) {
        self.allocations += allocations
        nanosecondsPerOperation.append(Double(nanoseconds) / Double(count))
    }

    var mean: Double { nanosecondsPerOperation.reduce(0, +) / Double(max(nanosecondsPerOperation.count, 1)) }
    var median: Double { Self.median(nanosecondsPerOperation) }

    /// The median over batches of what each took, held against the batch of `other` beside it: what else the machine
    /// does at that time touches both.
    func ratio(to other: Timings) -> Double {
        Self.median(zip(nanosecondsPerOperation, other.nanosecondsPerOperation).map { $0 / $1 })
    }

    private static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        return sorted.isEmpty ? 0 : sorted[sorted.count / 2]
    }
}

extension SplitMix64 {
    mutating func fill(_ target: UnsafeMutableRawBufferPointer) {
        for index in target.indices { target[index] = UInt8(truncatingIfNeeded: next()) }
    }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

func number(_ value: Double, _ decimals: Int = 0) -> String {
    var scale = 1.0
    for _ in 0..<decimals { scale *= 10 }
    let scaled = (value * scale).rounded()
    guard decimals > 0 else { return String(Int(scaled)) }
    let digits = String(Int(scaled.magnitude))
    let padded = String(repeating: "0", count: max(0, decimals + 1 - digits.count)) + digits
    return (scaled < 0 ? "-" : "") + padded.dropLast(decimals) + "." + padded.suffix(decimals)
}

/// One line of the table: what, figure, what it is held against, ratio, limit.
struct Line {
    let what: String
    let figure: String
    let against: String
    let ratio: Double?
    let limit: Double?

    var isMet: Bool {
        guard let ratio, let limit else { return true }
        return ratio <= limit
    }

    var markdown: String {
        let verdict = limit == nil ? "" : isMet ? "met" : "**not met**"
        let limitText = limit.map { "at most \(number($0, 2))" } ?? ""
        return "| \(what) | \(figure) | \(against) | \(ratio.map { number($0, 2) } ?? "") | \(limitText) | \(verdict) |"
    }
}
