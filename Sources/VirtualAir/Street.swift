/// Who hears whom in an air.
///
/// The file `street` in the air's directory says it, one pair a line:
/// ```
/// # who hears whom; <-> both ways, -> one way; loss in percent, signal in dBm, delay in ms
/// left <-> middle
/// middle <-> right loss 10 signal -70
/// sensor -> left
/// ```
/// `sensor -> left` lets `left` hear `sensor`. What is not said is not heard. `loss 100` is as good as not said.
/// Without the file everyone hears everyone.
public struct Street: Hashable, Sendable {
    public static let fileName = "street"
    /// Bytes in the longest file.
    public static let fileBytesMax = 65_536
    /// One-way paths in the longest file.
    public static let pathsMax = 4_096

    struct Pair: Hashable, Sendable {
        var from: AirName
        var to: AirName
    }

    /// nil if everyone hears everyone. Only looked up, never iterated.
    private let paths: [Pair: AirPath]?

    /// Everyone hears everyone.
    public static let open = Street(paths: nil)

    init(paths: [Pair: AirPath]?) { self.paths = paths }

    /// The path by which `listener` hears `sender`; nil if it does not.
    public func path(from sender: AirName, to listener: AirName) -> AirPath? {
        guard sender != listener else { return nil }
        guard let paths else { return AirPath() }
        guard let path = paths[Pair(from: sender, to: listener)], path.carries else { return nil }
        return path
    }
}
