extension RunRecord {
    /// The command line that gives the same run again.
    public var command: String {
        let words = self.words.isEmpty ? [scenario.name + ".yaml"] : self.words
        let modelled = usesModelledCryptography ? " --cryptography modelled" : ""
        let verb = policy == "sidegate" ? "simulate" : "simulate compare"
        return "sidegate \(verb) \(words.map(Self.quoted).joined(separator: " ")) --seed \(seed)\(modelled)"
    }

    /// A word as a shell takes it.
    private static func quoted(_ word: String) -> String {
        let isPlain =
            !word.isEmpty
            && word.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."),
                    UInt8(ascii: "/"), UInt8(ascii: "="), UInt8(ascii: ":"), UInt8(ascii: ","):
                    true
                default: false
                }
            }
        return isPlain
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
