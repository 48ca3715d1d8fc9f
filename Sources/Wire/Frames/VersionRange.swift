/// The payload of Noise message 1: {lowest version spoken 1, highest version spoken 1}.
@frozen public struct VersionRange: Hashable, Sendable {
    public static let byteCount = 2
    /// What this implementation speaks.
    public static var spoken: VersionRange { VersionRange(lowest: 1, highest: 1) }

    public var lowest: UInt8
    public var highest: UInt8

    public init(lowest: UInt8, highest: UInt8) {
        self.lowest = lowest
        self.highest = highest
    }

    /// Throws `wrongLength`, and `valueOutOfRange` if the lowest is above the highest.
    public init(_ payload: UnsafeRawBufferPointer) throws(WireError) {
        guard payload.count == Self.byteCount else { throw .wrongLength }
        guard payload[0] <= payload[1] else { throw .valueOutOfRange }
        self.init(lowest: payload[0], highest: payload[1])
    }

    /// The version to choose with a peer that speaks `other`: the highest that both speak, or nil.
    public func choice(with other: VersionRange) -> UInt8? {
        let version = min(highest, other.highest)
        return version >= max(lowest, other.lowest) ? version : nil
    }

    /// The version chosen in the payload of Noise message 2, {version chosen 1, zero 1}.
    /// Throws `wrongLength`, and `valueOutOfRange` for a version that is not in this range.
    public func chosen(_ payload: UnsafeRawBufferPointer) throws(WireError) -> UInt8 {
        guard payload.count == Self.byteCount else { throw .wrongLength }
        guard payload[0] >= lowest, payload[0] <= highest else { throw .valueOutOfRange }
        return payload[0]
    }
}
