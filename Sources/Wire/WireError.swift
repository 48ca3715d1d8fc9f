/// Why bytes are not what they claim to be, or why a value cannot be written.
@frozen public enum WireError: Error, Hashable, Sendable, CaseIterable {
    /// Shorter or longer than the layout says.
    case wrongLength
    /// The version nibble is not 1.
    case unknownVersion
    /// A kind of packet, record or beacon that this version does not know.
    case unknownKind
    /// A message type that must not occur here.
    case unknownType
    /// An empty list, one with too many entries, or one that is no whole number of entries.
    case badList
    /// A name that is no UTF-8, holds control characters or is too long.
    case badText
    /// A field holds a value that its definition rules out.
    case valueOutOfRange
    /// Service data that no packet can hold.
    case tooLong
    /// The buffer to be written into is too short.
    case noRoom
}
