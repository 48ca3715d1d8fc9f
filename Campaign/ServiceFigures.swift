import Foundation

/// What a daemon takes of its machine, and how soon a host's no holds, measured on real processes from outside.
final class ServiceFigures {
    private static let starts = 20
    private static let idleSeconds = 60.0

    private var path = ""
    private var missed = 0

    /// 0 if every limit is met.
    func run() -> Int32 {
        path = "/tmp/figures-\(getpid())"
        do {
            try FileManager.default.createDirectory(
                atPath: path, withIntermediateDirectories: false, attributes: [.posixPermissions: 0o700])
            defer { try? FileManager.default.removeItem(atPath: path) }
            say("| what | figure | limit | |\n|---|---|---|---|")
            try measureIdle()
            try OptOutFigures(path: path, tell: tell).measure()
        } catch {
            say("cannot measure: \(error)")
            return 1
        }
        return missed == 0 ? 0 : 1
    }

    private func tell(_ what: String, _ figure: Double, _ unit: String, atMost limit: Double) {
        let isMet = figure <= limit
        if !isMet { missed += 1 }
        say(
            String(
                format: "| %@ | %.3g %@ | at most %.3g %@ | %@ |", what, figure, unit, limit, unit,
                isMet ? "met" : "missed"))
    }

    private func measureIdle() throws {
        try FilledStore.make("\(path)/one")
        let house = try House("one", street: path)
        var milliseconds: [Double] = []
        var processor: [Double] = []
        for _ in 0..<Self.starts {
            milliseconds.append(try house.start())
            processor.append(Double(try Usage(house.process).runNanoseconds) / 1e6)
            house.kill()
        }
        tell(
            "Start to READY, \(FilledStore.records) records, median of \(Self.starts)",
            milliseconds.sorted()[Self.starts / 2], "ms", atMost: 100)
        // Where other work fills the machine this says more than the clock on the wall.
        say(String(format: "| Of it on a processor | %.0f ms | | |", processor.sorted()[Self.starts / 2]))
        _ = try house.start()
        defer { house.kill() }
        let status = try house.tell("GET", "/v1/status")
        guard (status["liveGrants"] as? Int ?? 0) > FilledStore.records / 3 else {
            throw CampaignFailure("the grants were not taken up: \(status["liveGrants"] ?? 0)")
        }
        // What a start leaves to be done is not what idling costs.
        usleep(90_000_000)
        let before = try Usage(house.process)
        usleep(UInt32(Self.idleSeconds * 1e6))
        let after = try Usage(house.process)
        let rollup = try Self.rollup(house.process)
        tell("Anonymous memory, idle", rollup["Anonymous"] ?? 0, "MB", atMost: 12)
        tell("Resident memory, idle", rollup["Rss"] ?? 0, "MB", atMost: 40)
        let seconds = Double(after.runNanoseconds - before.runNanoseconds) / 1e9
        tell("Processor, idle", seconds / Self.idleSeconds * 100, "% of a core", atMost: 0.1)
        tell("Wake-ups, idle", Double(after.wakes - before.wakes) / Self.idleSeconds, "a second", atMost: 2)
    }

    /// Sums over all threads that live now.
    private struct Usage {
        var runNanoseconds = 0
        var wakes = 0

        init(_ process: pid_t) throws {
            let tasks = "/proc/\(process)/task"
            for task in try FileManager.default.contentsOfDirectory(atPath: tasks) {
                let schedule = (try? String(contentsOfFile: "\(tasks)/\(task)/schedstat", encoding: .utf8)) ?? ""
                runNanoseconds += schedule.split(separator: " ").first.flatMap { Int($0) } ?? 0
                let status = (try? String(contentsOfFile: "\(tasks)/\(task)/status", encoding: .utf8)) ?? ""
                for line in status.split(separator: "\n") where line.hasPrefix("voluntary_ctxt_switches") {
                    wakes += line.split(separator: "\t").last.flatMap { Int($0) } ?? 0
                }
            }
        }
    }

    /// Megabytes (1,000,000 bytes).
    private static func rollup(_ process: pid_t) throws -> [String: Double] {
        var sizes: [String: Double] = [:]
        for line in try String(contentsOfFile: "/proc/\(process)/smaps_rollup", encoding: .utf8).split(separator: "\n")
        {
            let words = line.split(separator: " ")
            guard words.count == 3, words[2] == "kB", let size = Double(words[1]) else { continue }
            sizes[String(words[0].dropLast())] = size * 1024 / 1e6
        }
        return sizes
    }
}
