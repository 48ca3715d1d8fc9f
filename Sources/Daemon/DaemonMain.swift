import CLinux
import Glibc
import Logging
import Settings

/// What `sidegated` was told on its command line.
public struct DaemonOptions: Sendable {
    /// The settings file.
    public var settings: String
    /// A no to hosting for this run, on top of every other no.
    public var optOut: Bool
    /// Read the settings, say what is wrong with them, and end.
    public var check: Bool

    public init(settings: String, optOut: Bool, check: Bool) {
        self.settings = settings
        self.optOut = optOut
        self.check = check
    }
}

/// This program's version, as the API, Home Assistant and `--version` tell it.
public enum DaemonVersion {
    public static let text = "0.1.0"
}

/// What came of preparing a daemon.
public enum DaemonStart {
    /// It goes no further: the process's exit code.
    case ended(Int32)
    case ready(PreparedDaemon)
}

/// What a daemon starts from, all of it got while the process had a single thread.
public struct PreparedDaemon: Sendable {
    let settings: BridgeSettings
    let files: SettingsFiles
    /// The state of the settings' files that was read.
    let known: SettingsFingerprint
    let optOut: Bool
    let radio: PreparedRadio
}

/// The daemon, from start to end.
public enum DaemonMain {
    /// What the exit codes mean; 0 is a clean stop.
    private enum Exit {
        static let settingsWrong: Int32 = 1
        static let cannotStart: Int32 = 4
        /// It has to be started anew, which `Restart=on-failure` does.
        static let needsNewStart: Int32 = 5
    }

    /// Reads the settings, opens what needs privilege, and gives the privilege up. Called while the process has a single
    /// thread: every later one inherits that it may do nothing special. The exit code is for a run that ends here.
    public static func prepare(_ options: DaemonOptions) -> DaemonStart {
        let files = SettingsFiles(
            mainFile: options.settings, dropInDirectory: directory(of: options.settings) + "/conf.d",
            defaultName: hostName)
        let known = files.fingerprint()
        let settings: BridgeSettings
        switch files.load() {
        case .loaded(let loaded): settings = loaded
        case .failed(let problems):
            for problem in problems { say(problem.description) }
            return .ended(Exit.settingsWrong)
        }
        if options.check { return .ended(0) }
        sidegate_share_memory()
        LoggingSystem.bootstrap { StandardErrorLog(label: $0) }
        StandardErrorLog.shared.level = Logger.Level(settings.logLevel)
        let radio = PreparedRadio(settings.radio)
        if let problem = GivenUp.networkAdministration() {
            return .ended(cannotStart(StartFailure("the right to set up Bluetooth cannot be given up: \(problem)")))
        }
        return .ready(
            PreparedDaemon(settings: settings, files: files, known: known, optOut: options.optOut, radio: radio))
    }

    /// Runs until told to stop; the result is the process's exit code.
    public static func run(_ start: PreparedDaemon) async -> Int32 {
        do {
            let life = try await DaemonLife.start(start)
            await life.run(since: start.known)
            return exitCode(of: start.radio)
        } catch {
            return cannotStart(error)
        }
    }

    /// Of a run that came to its end, also where it is cut short.
    static func exitCode(of radio: PreparedRadio) -> Int32 { radio.isUsedUp ? Exit.needsNewStart : 0 }

    private static func cannotStart(_ failure: StartFailure) -> Int32 {
        say("sidegated cannot start: \(failure.message)\(failure.remedy.map { "\n\($0)" } ?? "")")
        return Exit.cannotStart
    }

    private static func directory(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "" : String(path[..<slash])
    }

    private static var hostName: String {
        withUnsafeTemporaryAllocation(of: CChar.self, capacity: 256) { buffer in
            guard let start = buffer.baseAddress, gethostname(start, buffer.count - 1) == 0 else { return "bridge" }
            buffer[buffer.count - 1] = 0
            return String(cString: start)
        }
    }

    private static func say(_ text: String) {
        let bytes = Array((text + "\n").utf8)
        _ = write(STDERR_FILENO, bytes, bytes.count)
    }
}

extension Logger.Level {
    init(_ level: LogLevel) { self = Logger.Level(rawValue: level.rawValue) ?? .info }
}
