import Settings

/// Watches the settings' files, so that `hosting.opt_out` in them takes effect within a second.
///
/// A no, and files that are wrong, are told at once. The end of a no is told only after the files have been still for a
/// while: a file that is just being written says nothing yet, and must not pass for one that has dropped its no.
final class SettingsWatch: Sendable {
    static let stillMilliseconds = 600
    /// Between two looks at the files, whatever goes on in their directory.
    static let pauseMilliseconds = 50

    private let files: SettingsFiles
    private let watch: FileWatch

    init(files: SettingsFiles, on loop: WatchLoop) async {
        self.files = files
        watch = await FileWatch(on: loop)
    }

    /// Tells `onOutcome` of each change until `stop` is called. `known` is the state that was loaded before.
    func run(since known: SettingsFingerprint, onOutcome: @Sendable (SettingsOutcome) async -> Void) async {
        var known = known
        watch.watch(files.watchedPaths)
        if files.fingerprint() != known { await settle(&known, onOutcome) }
        for await _ in watch.changes {
            watch.watch(files.watchedPaths)
            if files.fingerprint() != known { await settle(&known, onOutcome) }
            try? await Task.sleep(for: .milliseconds(Self.pauseMilliseconds))
        }
    }

    func stop() async { await watch.stop() }

    private func settle(
        _ known: inout SettingsFingerprint, _ onOutcome: @Sendable (SettingsOutcome) async -> Void
    ) async {
        while !Task.isCancelled {
            known = files.fingerprint()
            let outcome = files.load()
            guard Self.isYes(outcome) else { return await onOutcome(outcome) }
            try? await Task.sleep(for: .milliseconds(Self.stillMilliseconds))
            if files.fingerprint() == known { return await onOutcome(outcome) }
        }
    }

    private static func isYes(_ outcome: SettingsOutcome) -> Bool {
        guard case .loaded(let settings) = outcome else { return false }
        return settings.hosting.optOut != true
    }
}
