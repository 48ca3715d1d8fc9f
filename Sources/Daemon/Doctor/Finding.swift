/// One line of what `sidegate doctor` has to say.
public struct Finding: Encodable, Sendable, Equatable {
    /// How it stands with a part.
    public enum Verdict: String, Encodable, Sendable {
        /// As it should be.
        case fine
        /// It works without, or cannot be told from here.
        case note
        /// A bridge cannot do its work like this.
        case bad
    }

    /// What was looked at, such as `clock` or `adapter hci0`.
    public var part: String
    public var verdict: Verdict
    /// What was found, in words.
    public var words: String
    /// What mends it: a command where one does. There is one for all that is bad.
    public var remedy: String?

    public init(_ part: String, _ verdict: Verdict, _ words: String, remedy: String? = nil) {
        self.part = part
        self.verdict = verdict
        self.words = words
        self.remedy = remedy ?? (verdict == .bad ? Self.lastRemedy : nil)
    }

    /// The same where it is not known whether it matters: nothing of it is bad then.
    var asNote: Finding { verdict == .bad ? Finding(part, .note, words, remedy: remedy) : self }

    /// Where nothing better is known.
    static let lastRemedy = "sudo systemctl restart sidegated; sudo journalctl -u sidegated says more"
}
