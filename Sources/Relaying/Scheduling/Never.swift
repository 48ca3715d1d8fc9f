import Wire

extension Instant {
    /// The distant future, without the call that a global constant of another module costs.
    @inline(__always)
    static var never: Instant { Instant(microseconds: .max) }
}
