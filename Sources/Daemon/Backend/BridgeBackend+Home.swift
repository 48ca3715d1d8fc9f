import Bridging
import ControlAPI
import Sealing
import Storage
import Wire

/// Moving a home with its keys to another machine. A home must not live in two places: from the moment in which it is
/// read for the file this bridge neither opens nor proves anything, until it is imported again or resumed.
extension BridgeBackend {
    func exportHome(_ export: HomeExport) async throws(ControlFailure) -> HomeFileAnswer {
        let home = try await host.takeHomeOut()
        do throws(ControlFailure) {
            let file = try Self.seal(home, passphrase: SecretBytes(Array(export.passphrase.utf8)))
            try await host.setMoved(at: Int64(SystemTime.now.wall.seconds))
            await settleBroker()
            return HomeFileAnswer(home: file, deviceCount: home.devices.count)
        } catch {
            try? await host.putHomeBack()
            throw error
        }
    }

    func importHome(_ request: HomeImport) async throws(ControlFailure) -> HomeSummary {
        let home = try Self.open(request)
        try await host.importHome(home)
        await settleBroker()
        return HomeSummary(name: home.identity.name, deviceCount: home.devices.count)
    }

    /// The home that was exported is to live here after all.
    func resumeHome() async throws(ControlFailure) -> HomeSummary {
        guard try await host.fromDisk({ store throws(StorageError) in try store.moved() }) != nil else {
            throw ControlFailure(.homeExists, "the home has not moved: it is here")
        }
        try await host.setMoved(at: nil)
        try await host.putHomeBack()
        await settleBroker()
        let count = try await storedDevices().count
        return HomeSummary(name: try await host.report().ownName, deviceCount: count)
    }

    /// Another home is called otherwise at the broker.
    private func settleBroker() async {
        await broker.use(await host.settings.mqtt, bridgeWord: await host.bridgeWord)
    }

    private static func seal(_ home: StoredHome, passphrase: SecretBytes) throws(ControlFailure) -> String {
        do {
            let randomness = try PassphraseFile.Randomness(SecretBytes(count: 60, fill: SystemRandom.fill))
            var plaintext = try ControlJSON.encode(HomeFile(home, exported: Int64(SystemTime.now.wall.seconds)))
            defer { plaintext.withUnsafeMutableBytes { SecretBytes.wipe($0) } }
            let file = try plaintext.withUnsafeBytes { bytes in
                try PassphraseFile.seal(bytes, passphrase: passphrase, type: HomeFile.type, randomness: randomness)
            }
            return String(decoding: file, as: UTF8.self)
        } catch {
            throw ControlFailure(.failed, "the home could not be sealed; nothing was changed")
        }
    }

    private static func open(_ request: HomeImport) throws(ControlFailure) -> StoredHome {
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
}

extension ControlFailure {
    init(_ failure: PassphraseFile.Failure) {
        switch failure {
        case .notAFile:
            self.init(.notAHome, "this is no exported home, or it was cut off", remedy: "copy the file again, whole")
        case .unsupported:
            self.init(.notAHome, "the file was sealed in another way than sidegate home export does")
        case .passphrase:
            self.init(
                .notAHome, "the passphrase does not open the file, or the file was altered",
                remedy: "try the passphrase again, then copy the file again")
        case .libraryFailure: self.init(.failed, "the file could not be opened; nothing was changed")
        }
    }
}
