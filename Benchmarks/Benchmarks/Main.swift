import Glibc

/// `benchmarks`: the figures of docs/performance.md as a table. Ends with status 1 if one is missed.
@main struct Benchmarks {
    static func main() {
        do {
            try run()
        } catch {
            fputs("\(error)\n", fdopen(2, "w"))
            exit(1)
        }
    }

    private static func run() throws {
        var lines: [Line] = []
        let wanted = CommandLine.arguments.dropFirst()
        if wanted.isEmpty || wanted.contains("relay") {
            for keys in wanted.contains("one") ? [1] : [1, 10_000] { lines += try relayStep(grantCount: keys) }
        }
        if wanted.isEmpty || wanted.contains("link") { lines += try linkStep() }
        if wanted.isEmpty || wanted.contains("hearing") { lines += try hearingStep() }
        if wanted.isEmpty || wanted.contains("process") { lines += try processStep() }
        if wanted.contains("simulation") { lines += try simulationStep() }
        print("| what | figure | against | ratio | limit | |")
        print("|---|---|---|---|---|---|")
        for line in lines { print(line.markdown) }
        if lines.contains(where: { !$0.isMet }) { exit(1) }
    }
}
