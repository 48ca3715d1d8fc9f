import Glibc

/// Whether curves cost nothing in this process: the library of Laboratory/ModelledCryptography, if whoever runs the
/// simulation has loaded it. Nothing here or in the core knows how to do without them.
enum ModelledCurves {
    private typealias Switch = @convention(c) (Int32) -> Int32

    private static let provisions: Switch? =
        dlsym(nil, "sidegate_modelled_cryptography_provisions").map { unsafeBitCast($0, to: Switch.self) }

    static var areLoaded: Bool { provisions != nil }

    /// Keys that `body` makes on this thread keep their real public keys, so that ids and records are those of any run.
    static func provisioning<Result, Failure: Error>(_ body: () throws(Failure) -> Result) throws(Failure) -> Result {
        let before = provisions?(1)
        defer { _ = provisions?(before ?? 0) }
        return try body()
    }
}
