import RadioInterface
import Wire

/// What the log tells of troubles: that a kind has occurred, and what has come of it since, each kind at most once an hour.
/// Strangers can make as many as they like.
struct TroubleLog {
    static let pauseSeconds: Int64 = 3_600

    private var told: [String: (count: Int, at: Instant)] = [:]

    mutating func lines(_ troubles: [RadioTrouble], now: Instant) -> [String] {
        troubles.compactMap { trouble in
            let before = told[trouble.kind]
            guard trouble.count > before?.count ?? 0 else { return nil }
            if let before, now < before.at.advanced(seconds: Self.pauseSeconds) { return nil }
            told[trouble.kind] = (trouble.count, now)
            guard let before else { return "\(trouble.words): \(trouble.count)" }
            let minutes = now.microseconds(since: before.at) / 60_000_000
            let more = trouble.count - before.count
            return "\(trouble.words): \(more) in \(minutes) min, \(trouble.count) since the start"
        }
    }
}
