/// One kind of thing that a radio has had to put up with, and how often since it began.
public struct RadioTrouble: Hashable, Sendable {
    /// For a figure's label: `channels_refused`.
    public let kind: String
    /// For people, what there were so many of: "channels refused for want of room".
    public let words: String
    public let count: Int

    public init(_ kind: String, _ count: Int, _ words: String) {
        self.kind = kind
        self.words = words
        self.count = count
    }
}
