import Foundation

/// `sidegate simulate` in a process that is interrupted.
///
/// How far it is says what it wrote or computed, not the clock: other tests may have taken all the time there was. It is
/// looked after on a thread of its own for the same reason.
struct SimulateProcess: Sendable {
    enum Sign: Sendable {
        case computed(seconds: Double)
        case wrote(path: String, bytesMin: Int)
    }

    var code: Int32
    /// Whether it ended by itself, not by a signal.
    var isExit: Bool
    var output: String
    var complaint: String
    /// Whether the sign was seen before the interrupt.
    var wasReady: Bool
    /// From before the first signal until `signals` came back.
    var signallingMilliseconds: Int64

    private static let waitSecondsMax = 300.0

    /// Runs `arguments` until `sign` is seen, and then `signals` with the process's number.
    static func interrupt(
        _ arguments: [String], at sign: Sign, by signals: @escaping @Sendable (Int32) -> Void = { kill($0, SIGINT) }
    ) async throws -> SimulateProcess {
        try await offPool {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: ControlCommandTests.executable)
            process.arguments = ["simulate"] + arguments
            let (output, complaint) = (Pipe(), Pipe())
            (process.standardOutput, process.standardError) = (output, complaint)
            try process.run()
            let number = process.processIdentifier
            let end = milliseconds() + Int64(waitSecondsMax * 1_000)
            while !isSeen(sign, of: number), process.isRunning, milliseconds() < end { usleep(20_000) }
            let wasReady = isSeen(sign, of: number)
            let before = milliseconds()
            signals(number)
            let signalling = milliseconds() - before
            let told = output.fileHandleForReading.readDataToEndOfFile()
            let complained = complaint.fileHandleForReading.readDataToEndOfFile()
            process.waitUntilExit()
            return SimulateProcess(
                code: process.terminationStatus, isExit: process.terminationReason == .exit,
                output: String(decoding: told, as: UTF8.self), complaint: String(decoding: complained, as: UTF8.self),
                wasReady: wasReady, signallingMilliseconds: signalling)
        }
    }

    /// Sends `signal` and comes back once the process has taken it: it keeps only one of each kind for later.
    static func deliver(_ signal: Int32, to number: Int32) {
        kill(number, signal)
        while isPending(signal, for: number) { usleep(500) }
    }

    private static func isSeen(_ sign: Sign, of number: Int32) -> Bool {
        switch sign {
        case .computed(let seconds): return computedSeconds(of: number) >= seconds
        case .wrote(let path, let bytesMin):
            let size = try? FileManager.default.attributesOfItem(atPath: path)[.size] as? Int
            return size ?? 0 >= bytesMin
        }
    }

    /// Processor time, of `/proc/N/stat` (proc(5)): its 14th and 15th field, the second of which ends with a parenthesis.
    private static func computedSeconds(of number: Int32) -> Double {
        let text = (try? String(contentsOfFile: "/proc/\(number)/stat", encoding: .utf8)) ?? ""
        let fields = text.split(separator: ")").last?.split(separator: " ") ?? []
        guard fields.count > 12, let user = Double(fields[11]), let system = Double(fields[12]) else { return 0 }
        return (user + system) / Double(sysconf(Int32(_SC_CLK_TCK)))
    }

    private static func isPending(_ signal: Int32, for number: Int32) -> Bool {
        let text = (try? String(contentsOfFile: "/proc/\(number)/status", encoding: .utf8)) ?? ""
        let line = text.split(separator: "\n").first { $0.hasPrefix("ShdPnd:") }
        let mask = line.flatMap { UInt64($0.dropFirst(7).trimmingCharacters(in: .whitespaces), radix: 16) } ?? 0
        return mask >> UInt64(signal - 1) & 1 == 1
    }

    private static func milliseconds() -> Int64 {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
    }
}
