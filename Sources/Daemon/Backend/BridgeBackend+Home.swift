import Bridging
import ControlAPI
import Sealing
import Storage
import Wire

/// Moving a home with its keys to another machine. A home must not live in two places: from the moment in which it is
/// read for the file this bridge neither opens nor proves anything, until it is imported again or resumed.
extension BridgeBackend {
    /// The passphrase is worked on outside the turnstile: no other command waits for that.
    func exportHome(_ export: HomeExport) async throws(ControlFailure) -> HomeFileAnswer {
        try await requireLastingStore()
        try await requireNotMoved()
        let sealer = try await homeSealer.prepare(passphrase: export.passphrase)
        return try await inTurn { [self] () throws(ControlFailure) in
            try await requireLastingStore()
            return try await exportHome(with: sealer)
        }
    }

    private func exportHome(with sealer: PassphraseFile.Sealer) async throws(ControlFailure) -> HomeFileAnswer {
        let home = try await host.takeHomeOut()
        do throws(ControlFailure) {
            let file = try await homeSealer.seal(home, with: sealer)
            try await host.setMoved(at: Int64(SystemTime.now.wall.seconds))
            await settleBroker()
            return HomeFileAnswer(home: file, deviceCount: home.devices.count)
        } catch {
            try? await host.putHomeBack()
            throw error
        }
    }

    /// As above.
    func importHome(_ request: HomeImport) async throws(ControlFailure) -> HomeSummary {
        try await requireLastingStore()
        let home = try await homeSealer.open(request)
        return try await inTurn { [self] () throws(ControlFailure) in
            try await requireLastingStore()
            try await host.importHome(home)
            await settleBroker()
            return HomeSummary(name: home.identity.name, deviceCount: home.devices.count)
        }
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
        await broker.use(host)
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
