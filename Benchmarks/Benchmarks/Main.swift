import Glibc

/// `benchmarks`: the figures of docs/performance.md as a table. Ends with status 1 if one is missed.
@main struct Benchmarks {
    static func main() throws {
        var lines: [Line] = []
        for keys in [1, 10_000] { lines += try relayStep(grantCount: keys) }
        print("| what | figure | against | ratio | limit | |")
        print("|---|---|---|---|---|---|")
        for line in lines { print(line.markdown) }
        if lines.contains(where: { !$0.isMet }) { exit(1) }
    }
}
