/// How long to wait before the next attempt to connect: twice as long after every failure, within bounds, and drawn at
/// random so that bridges which lost one broker together do not come back together.
struct ReconnectDelay: Sendable {
    let millisecondsMin: Int
    let millisecondsMax: Int
    private var milliseconds: Int

    init(millisecondsMin: Int, millisecondsMax: Int) {
        self.millisecondsMin = max(1, millisecondsMin)
        self.millisecondsMax = max(self.millisecondsMin, millisecondsMax)
        milliseconds = self.millisecondsMin
    }

    mutating func reset() { milliseconds = millisecondsMin }

    /// The next wait: between half of the current bound and all of it.
    mutating func next(using generator: inout some RandomNumberGenerator) -> Int {
        let bound = milliseconds
        milliseconds = min(2 * milliseconds, millisecondsMax)
        return Int.random(in: max(1, bound / 2)...bound, using: &generator)
    }
}
