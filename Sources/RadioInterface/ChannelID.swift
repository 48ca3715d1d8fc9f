/// One channel of one radio: an index into its table, and the generation of that entry.
///
/// The index lets both sides keep plain arrays. The generation tells a channel from those that used its entry
/// before: it comes round only after 16,777,216 channels in the same entry.
@frozen public struct ChannelID: Hashable, Sendable {
    /// Index in the low 8 bits, generation in the upper 24.
    public let rawValue: UInt32

    @inlinable public init(rawValue: UInt32) { self.rawValue = rawValue }

    /// The low 24 bits of `generation` are taken.
    @inlinable public init(index: UInt8, generation: UInt32) { rawValue = generation << 8 | UInt32(index) }

    /// Less than the radio's `limits.channelsMax`.
    @inlinable public var index: Int { Int(rawValue & 0xff) }
    @inlinable public var generation: UInt32 { rawValue >> 8 }
}
