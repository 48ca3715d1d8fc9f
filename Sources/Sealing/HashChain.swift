import Wire

/// A grant's validity chain (Micali's NOVOMODO): the home shows that its yes still stands by revealing one value a
/// day, which whoever knows the target can check and nobody else can make.
///
///     value n = the seed, 20 secret bytes
///     value i = first 20 bytes of SHA-256("sidegate 1 validity" ‖ i as UInt16 little-endian ‖ value i+1), i < n
///     target  = value 0
///
/// On day d the home reveals value d. The index in the hash keeps work against one step from serving for another.
public struct HashChain: Sendable {
    /// The longest chain, and the last day that is verified at all: a limit on the work that a proof can cause.
    public static let dayMax = 366

    /// The value of day 0, which the grant carries.
    public let target: Bytes20
    /// The last day for which the chain has a value.
    public let length: Int
    private let seed: SecretBytes

    /// A seed of 20 bytes, else `invalidKey`; a length of 1...366 days, else `wrongLength`.
    public init(seed: SecretBytes, length: Int) throws(SealingError) {
        guard length >= 1, length <= Self.dayMax else { throw .wrongLength }
        guard let last = seed.withUnsafeBytes({ Bytes20($0) }) else { throw .invalidKey }
        self.seed = seed
        self.length = length
        target = Self.descend(from: last, day: length, to: 0)
    }

    /// What to reveal on `day`; it costs one hash for each day that is left. `wrongLength` unless it is in 0...length.
    public func value(day: Int) throws(SealingError) -> Bytes20 {
        guard day >= 0, day <= length else { throw .wrongLength }
        guard let last = seed.withUnsafeBytes({ Bytes20($0) }) else { throw .invalidKey }
        return Self.descend(from: last, day: length, to: day)
    }

    /// Whether `value` is that of `day` in the chain with `target`. Costs `day` hashes. A day outside 0...366 is a no;
    /// day 0 proves no more than that the target is known.
    public static func verify(_ value: Bytes20, day: Int, target: Bytes20) -> Bool {
        verify(value, day: day, after: target, verifiedDay: 0)
    }

    /// Whether `value` is that of `day` in the chain in which `verified` is known to be that of `verifiedDay`. Costs a
    /// hash for each day between. A day before `verifiedDay`, or one outside 0...366, is a no.
    public static func verify(_ value: Bytes20, day: Int, after verified: Bytes20, verifiedDay: Int) -> Bool {
        guard verifiedDay >= 0, day >= verifiedDay, day <= dayMax else { return false }
        return descend(from: value, day: day, to: verifiedDay) == verified
    }

    private static func descend(from value: Bytes20, day: Int, to last: Int) -> Bytes20 {
        var hasher = SHA256()
        var value = value
        var index = day
        while index > last {
            index &-= 1
            hasher.update("sidegate 1 validity")
            hasher.update(littleEndian: UInt16(truncatingIfNeeded: index))
            hasher.update(value)
            value = hasher.finish20()
        }
        return value
    }
}
