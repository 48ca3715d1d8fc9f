/// Which promises are checked, how often each was, and which were broken.
struct PromiseKeeper {
    private let watched: [Bool]
    private var checks: [UInt64]
    private var breaks: [UInt64]
    private(set) var broken: [BrokenPromise] = []

    init(_ promises: [PromiseName]) {
        watched = PromiseName.allCases.map { promises.contains($0) }
        checks = Array(repeating: 0, count: PromiseName.allCases.count)
        breaks = checks
    }

    @inline(__always)
    func watches(_ promise: PromiseName) -> Bool { watched[promise.place] }

    @inline(__always)
    mutating func count(_ promise: PromiseName) { checks[promise.place] &+= 1 }

    mutating func note(
        _ promise: PromiseName, at time: Int64, house: Int?, _ what: String, check: String = #function
    ) {
        guard watches(promise) else { return }
        breaks[promise.place] += 1
        if breaks[promise.place] <= UInt64(RunRecord.brokenMax) {
            broken.append(BrokenPromise(promise, at: time, house: house, what, check: check))
        }
    }

    var counts: [Count] {
        PromiseName.allCases.filter { watches($0) }.map { Count($0.rawValue, checks[$0.place]) }
    }
}

extension PromiseName {
    /// Its place among all.
    @inline(__always)
    var place: Int {
        switch self {
        case .grant: 0
        case .optOut: 1
        case .revocation: 2
        case .cap: 3
        case .once: 4
        case .accounted: 5
        case .custody: 6
        case .bounds: 7
        case .sealed: 8
        }
    }
}

/// Checks a cap over all windows at once: a bucket that leaks at the rate never holds more than the burst exactly if no
/// window of T seconds took more than rate x T + burst. The month is the sum of the last 31 days by day. Time is that of
/// the host's own clock, which is all that its bridge can hold the cap by.
struct CapMeter {
    private var level: Int64 = 0
    private var last: Int64 = 0
    private var days: [Int64] = []

    /// False if these bytes on the air break the cap.
    mutating func take(_ bytes: Int, at time: Int64, rateBits: Int64, burstBytes: Int64, monthBytes: Int64) -> Bool {
        // Ten years at the highest rate that a host may set stay within range.
        let (leaked, overflow) = max(time - last, 0).multipliedReportingOverflow(by: rateBits)
        level = max(0, level - (overflow ? level : leaked)) + Int64(bytes) * 8_000_000
        last = time
        let day = Int(time / 86_400_000_000)
        while days.count <= day { days.append(0) }
        days[day] += Int64(bytes)
        var month: Int64 = 0
        for bytes in days.suffix(31) { month += bytes }
        return level <= burstBytes * 8_000_000 && month <= monthBytes
    }
}

/// Whether a host has lent about as much as its cap allows, so that "no allowance left" can be true.
struct LentMeter {
    private var level: Int64 = 0
    private var last: Int64 = 0
    private var monthBytes: Int64 = 0

    mutating func note(_ bytes: Int, at time: Int64, rateBits: Int64) {
        level = leaked(at: time, rateBits: rateBits) + Int64(bytes) * 8_000_000
        last = time
        monthBytes += Int64(bytes)
    }

    /// More than half of the rate, or a quarter of a burst beyond it, or half of the month.
    func isSpent(at time: Int64, rateBits: Int64, burstBytes: Int64, monthBytes month: Int64) -> Bool {
        leaked(at: time, rateBits: rateBits) >= burstBytes * 2_000_000 || monthBytes * 2 >= month
    }

    private func leaked(at time: Int64, rateBits: Int64) -> Int64 {
        let (leaked, overflow) = max(time - last, 0).multipliedReportingOverflow(by: rateBits / 2)
        return max(0, level - (overflow ? level : leaked))
    }
}
