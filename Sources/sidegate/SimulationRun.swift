import ArgumentParser
import Glibc
import Simulation
import Synchronization

/// One run, in slices, so that its progress can be seen.
struct SimulationRun {
    let scenario: Scenario
    let seed: UInt64
    /// What its record says of how it was asked for.
    var words: [String] = []

    /// - Parameters:
    ///   - tap: sees what is sent over the air.
    ///   - warned: told before it begins who is out of everybody's reach.
    ///   - progress: told now and then how far the run is.
    func run(
        tap: ((AirFrame) -> Void)? = nil, warned: (String) -> Void = { _ in },
        progress: (_ microseconds: Int64) -> Void = { _ in }
    ) throws(ScenarioProblem) -> RunRecord {
        let mesh = try Mesh(scenario, seed: seed, tap: tap) { Interrupt.isWanted }
        mesh.warnings.forEach(warned)
        let slices: Int64 = 500
        for slice in 1...slices {
            if Interrupt.isWanted { break }
            // Durations of up to 31 days times 500 fit easily.
            mesh.run(untilMicroseconds: scenario.durationMicroseconds * slice / slices)
            progress(mesh.timeMicroseconds)
        }
        var record = mesh.record
        record.words = words
        return record
    }
}

/// Runs of one scenario with many seeds, as many at once as there are cores.
enum SimulationSweep {
    /// The records in the order of `seeds`; fewer if it was interrupted.
    static func records(
        of scenario: Scenario, seeds: ClosedRange<UInt64>, words: [String], progress: ProgressLine
    ) async throws -> [RunRecord] {
        let total = Int64(clamping: seeds.upperBound - seeds.lowerBound) + 1
        var next = seeds.lowerBound
        var isAtEnd = false
        var records = SweepRecords(from: seeds.lowerBound)
        try await withThrowingTaskGroup(of: RunRecord?.self) { group in
            func start() {
                guard !isAtEnd, !Interrupt.isWanted else { return }
                let seed = next
                if next == seeds.upperBound { isAtEnd = true } else { next += 1 }
                group.addTask { try SimulationRun(scenario: scenario, seed: seed, words: words).run() }
            }
            for _ in 0..<cores { start() }
            while let finished = try await group.next() {
                if let record = finished {
                    // One that was cut short says nothing about its seed.
                    let isWhole = record.ranMicroseconds >= scenario.durationMicroseconds
                    if isWhole || !record.broken.isEmpty { records.add(record) }
                }
                progress.show(done: Int64(records.count), of: total, what: "runs")
                start()
            }
        }
        progress.clear()
        return records.inOrder
    }

    static var cores: Int { max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN))) }
}

/// A line on the terminal that says how far a run is; nothing where standard error is no terminal.
final class ProgressLine: Sendable {
    private let isShown: Bool
    private let name: String
    private let shownAt = Mutex<Int64>(0)
    private let begun = ProgressLine.milliseconds()

    init(_ name: String, isWanted: Bool = true) {
        self.name = name
        isShown = isWanted && isatty(STDERR_FILENO) == 1
    }

    /// Whether it is time for a line.
    private func isDue(_ isLast: Bool) -> Bool {
        guard isShown else { return false }
        let now = Self.milliseconds()
        return shownAt.withLock { last in
            guard isLast || now - last >= 200 else { return false }
            last = now
            return true
        }
    }

    func show(done: Int64, of total: Int64, what: String) {
        guard isDue(done == total) else { return }
        let percent = total > 0 ? done * 100 / total : 100
        write("\(name): \(done) of \(total) \(what), \(percent) %")
    }

    /// Of one run on its own clock.
    func show(microseconds: Int64, of total: Int64, houses: Int) {
        guard isDue(microseconds >= total) else { return }
        let percent = total > 0 ? microseconds * 100 / total : 100
        let elapsed = max(1, Self.milliseconds() - begun)
        let nodeSeconds = Int(microseconds / 1_000) * houses / Int(elapsed)
        write(
            "\(name): \(Words.duration(Int(microseconds / 1_000_000))) of \(Words.duration(Int(total / 1_000_000))), "
                + "\(percent) %, \(nodeSeconds) node-seconds a second")
    }

    func clear() {
        if isShown { Console.ask("\r\u{1b}[K") }
    }

    private func write(_ text: String) { Console.ask("\r" + text + "\u{1b}[K") }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}

/// A file that a command writes: whole, or not at all.
final class OutputFile {
    private let path: String
    private let temporary: String
    private let stream: UnsafeMutablePointer<FILE>
    private let place: Int?

    private var isFinished = false
    /// Why the first write failed.
    private var trouble: Int32 = 0

    /// Writes nothing into `path` yet, and takes the place of nothing but a plain file.
    init(_ path: String) throws {
        var status = stat()
        let kind = stat(path, &status) == 0 ? status.st_mode & S_IFMT : S_IFREG
        if kind != S_IFREG {
            throw CommandEnd(
                ExitMeaning.refused, "\(path) is \(kind == S_IFDIR ? "a directory" : "no plain file")",
                remedy: "Name a file to be written.")
        }
        self.path = Self.target(of: path)
        temporary = self.path + ".part"
        // Before it is there, so that no interrupt finds it and knows nothing of it.
        place = PartFiles.add(temporary)
        guard let stream = fopen(temporary, "w") else {
            let reason = String(cString: strerror(errno))
            PartFiles.remove(place)
            throw CommandEnd(
                ExitMeaning.refused, "\(path) cannot be written: \(reason)",
                remedy: "Name a file in a directory that is there and yours.")
        }
        self.stream = stream
    }

    deinit {
        guard !isFinished else { return }
        fclose(stream)
        unlink(temporary)
        PartFiles.remove(place)
    }

    /// A link stays one: what it leads to is replaced.
    private static func target(of path: String) -> String {
        guard let real = realpath(path, nil) else { return path }
        defer { free(real) }
        return String(cString: real)
    }

    func write(_ bytes: [UInt8]) {
        let count = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, stream) }
        if count < bytes.count, trouble == 0 { trouble = errno }
    }

    func finish() throws {
        isFinished = true
        defer { PartFiles.remove(place) }
        // The end of a stream that has failed already says nothing new.
        let isWritten = ferror(stream) == 0
        if fclose(stream) != 0, trouble == 0 { trouble = errno }
        guard isWritten, trouble == 0, rename(temporary, path) == 0 else {
            let reason = String(cString: strerror(trouble == 0 ? errno : trouble))
            unlink(temporary)
            throw CommandEnd(
                ExitMeaning.refused, "\(path) cannot be written whole: \(reason)", remedy: "Name a file elsewhere.")
        }
    }

    /// Where `-` is given for a file, standard output is likely meant, which has the summary already.
    static func refuseDash(_ options: [(name: String, path: String?)]) throws {
        for option in options where option.path == "-" {
            throw ValidationError(
                "\(option.name) writes a file and not to standard output: name one, such as ./- where that is its name."
            )
        }
    }

    static func write(_ text: String, to path: String) throws {
        let file = try OutputFile(path)
        file.write(Array(text.utf8))
        try file.finish()
    }
}
