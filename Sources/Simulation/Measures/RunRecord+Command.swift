extension RunRecord {
    /// The command line that gives the same run again.
    public var command: String {
        let words = self.words.isEmpty ? [scenario.name + ".yaml"] : self.words
        let modelled = usesModelledCryptography ? " --cryptography modelled" : ""
        let verb = policy == "sidegate" ? "simulate" : "simulate compare"
        return "sidegate \(verb) \(words.map(ShellWord.quoted).joined(separator: " ")) --seed \(seed)\(modelled)"
    }
}
