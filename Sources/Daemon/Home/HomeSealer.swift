import ControlAPI
import Sealing
import Storage
import Wire

/// Seals and opens exported homes on a thread of its own, one at a time: a passphrase costs up to seconds of a core,
/// and what a command waits for meanwhile must not wait for that.
actor HomeSealer {
    private nonisolated let thread: EventLoopThread
    nonisolated var unownedExecutor: UnownedSerialExecutor { thread.asUnownedSerialExecutor() }

    init() throws(EventLoopError) { thread = try EventLoopThread(name: "sidegate-seal") }

    /// All of the work that does not need the home.
    func prepare(passphrase: String) throws(ControlFailure) -> PassphraseFile.Sealer {
        do {
            let randomness = try PassphraseFile.Randomness(SecretBytes(count: 60, fill: SystemRandom.fill))
            return try PassphraseFile.Sealer(passphrase: SecretBytes(Array(passphrase.utf8)), randomness: randomness)
        } catch {
            throw Self.notSealed
        }
    }

    func seal(_ home: StoredHome, with sealer: PassphraseFile.Sealer) throws(ControlFailure) -> String {
        do {
            var plaintext = try ControlJSON.encode(HomeFile(home, exported: Int64(SystemTime.now.wall.seconds)))
            defer { plaintext.withUnsafeMutableBytes { SecretBytes.wipe($0) } }
            let file = try plaintext.withUnsafeBytes { try sealer.seal($0, type: HomeFile.type) }
            return String(decoding: file, as: UTF8.self)
        } catch {
            throw Self.notSealed
        }
    }

    func open(_ request: HomeImport) throws(ControlFailure) -> StoredHome {
        let plaintext: SecretBytes
        do throws(PassphraseFile.Failure) {
            plaintext = try PassphraseFile.open(
                Array(request.home.utf8), passphrase: SecretBytes(Array(request.passphrase.utf8)))
        } catch {
            throw ControlFailure(error)
        }
        do {
            var json = plaintext.withUnsafeBytes { Array($0) }
            defer { json.withUnsafeMutableBytes { SecretBytes.wipe($0) } }
            let home = try ControlJSON.decode(HomeFile.self, from: json).home(now: Int64(SystemTime.now.wall.seconds))
            // What the bridge could not start from is not put on the disk.
            _ = try BridgeMemory(home).bridge(configuration: .nothing)
            return home
        } catch {
            throw ControlFailure(.notAHome, "the file opened and holds no home that this version can read")
        }
    }

    private static var notSealed: ControlFailure {
        ControlFailure(.failed, "the home could not be sealed; nothing was changed")
    }
}
