/// Sizes and limits of the messages on a link. All sizes are bytes.
public enum FrameLayout {
    /// What a channel carries at once.
    @inlinable public static var bytesMessageMax: Int { 512 }
    @inlinable public static var bytesSessionTag: Int { 16 }
    /// Type and body: what remains of a message without its tag.
    @inlinable public static var bytesFrameMax: Int { bytesMessageMax - bytesSessionTag }
    @inlinable public static var bytesBodyMax: Int { bytesFrameMax - 1 }

    @inlinable public static var answersMax: Int { 64 }
    @inlinable public static var confirmMax: Int { 32 }
    @inlinable public static var routesMax: Int { 32 }
    @inlinable public static var recordIDsMax: Int { 60 }
    /// Packets without an answer on a link, in one direction.
    @inlinable public static var packetsUnansweredMax: Int { 64 }

    @inlinable public static var bytesAnswer: Int { 3 }
    @inlinable public static var bytesIdentifier: Int { 8 }
    @inlinable public static var bytesRoute: Int { 12 }
}
