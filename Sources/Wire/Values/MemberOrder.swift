/// The order of member ids: byte by byte as they stand on the wire. Ids are read little endian, so it is not the order
/// of their integers.
public enum MemberOrder {
    /// Whether `left` comes before `right`.
    @inlinable public static func isLower(_ left: UInt64, _ right: UInt64) -> Bool {
        left.byteSwapped < right.byteSwapped
    }
}
