import Glibc

/// `sidegate simulate --cryptography modelled`: curves that cost nothing, for big runs. They are in a library of their own
/// (Laboratory/ModelledCryptography), so that this executable holds no weak path: it starts itself anew with that library
/// before libcrypto. No other command does, and none runs with it.
enum ModelledCryptography {
    private static let library = "libsidegate-modelled-cryptography.so"
    private static let symbol = "sidegate_modelled_cryptography_provisions"
    private static let installed = "/usr/lib/sidegate"

    static var isLoaded: Bool { dlsym(nil, symbol) != nil }

    /// Returns once the library is loaded: at once, or in the process that takes this one's place.
    static func load() throws {
        if isLoaded { return }
        let before = getenv("LD_PRELOAD").map { String(cString: $0) } ?? ""
        let path = try found()
        guard !before.split(separator: ":").contains(Substring(path)) else {
            throw CommandEnd(ExitMeaning.refused, "\(path) was not loaded, though LD_PRELOAD names it")
        }
        setenv("LD_PRELOAD", before.isEmpty ? path : path + ":" + before, 1)
        execv("/proc/self/exe", CommandLine.unsafeArgv)
        throw CommandEnd(
            ExitMeaning.refused, "cannot start again with \(path): \(String(cString: strerror(errno)))")
    }

    /// At the process's start, before anything else. Returns what is to be said if the library is loaded where it may
    /// not be; what this process starts does not have it.
    static func misuse(isSimulating: Bool) -> String? {
        guard isLoaded else { return nil }
        guard isSimulating else {
            return "\(library) is loaded, which makes keys worthless: only 'sidegate simulate' runs with it"
        }
        let others = (getenv("LD_PRELOAD").map { String(cString: $0) } ?? "").split(separator: ":")
            .filter { !$0.hasSuffix(library) }
        if others.isEmpty { unsetenv("LD_PRELOAD") } else { setenv("LD_PRELOAD", others.joined(separator: ":"), 1) }
        return nil
    }

    /// Beside the executable, or where the package puts it.
    private static func found() throws -> String {
        let places = [executableDirectory, installed].compactMap { $0.map { "\($0)/\(library)" } }
        // What divides names in LD_PRELOAD cannot stand in one.
        let usable = places.filter { path in !path.contains { $0 == ":" || $0 == " " } }
        if let path = usable.first(where: { access($0, R_OK) == 0 }) { return path }
        throw CommandEnd(
            ExitMeaning.refused, "modelled cryptography is not here: no \(places.joined(separator: " and no "))",
            remedy: "Run with real cryptography, or build it: swift build --product sidegate-modelled-cryptography")
    }

    private static var executableDirectory: String? {
        guard let path = realpath("/proc/self/exe", nil) else { return nil }
        defer { free(path) }
        return String(cString: path).split(separator: "/", omittingEmptySubsequences: false).dropLast()
            .joined(separator: "/")
    }
}
