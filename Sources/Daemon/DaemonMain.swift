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

/// The daemon, from start to end.
public enum DaemonMain {
    /// Runs until told to stop; the result is the process's exit code.
    public static func run(_ options: DaemonOptions) async -> Int32 { 4 }
}
