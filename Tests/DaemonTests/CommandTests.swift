import Bridging
import ControlAPI
import Devices
import Foundation
import Logging
import Relaying
import Settings
import Storage
import Testing
import Wire

@testable import Daemon

/// What a command's answer promises, and what may not wait for other commands.
@Suite struct CommandTests {
    /// A state directory that lives as long as the test.
    private final class Folder {
        let path = "/tmp/command-\(getpid())-\(UInt32.random(in: 0 ... .max))"
        deinit { try? FileManager.default.removeItem(atPath: path) }
    }

    private let folder = Folder()
    private let store: BridgeStore
    private let worker: StoreWorker

    init() throws {
        store = try BridgeStore(directory: folder.path)
        worker = try StoreWorker(store: store, logger: Logger(label: "test"))
    }

    private func host(_ noes: HostingNoes, _ settings: BridgeSettings = BridgeSettings(defaultName: "x")) throws
        -> BridgeHost
    {
        try BridgeHost(settings: settings, noes: noes, worker: worker, logger: Logger(label: "test"))
    }

    private func backend(_ host: BridgeHost) throws -> BridgeBackend {
        let broker = BrokerDesk(store: store, worker: worker, logger: Logger(label: "test"))
        return try BridgeBackend(host: host, worker: worker, store: store, broker: broker, hub: WatchHub())
    }

    /// A command that has its turn until the holder is finished.
    private func holdTurn(
        of backend: BridgeBackend
    ) async -> (command: Task<Void, Never>, holder: AsyncStream<Void>.Continuation) {
        let (held, holder) = AsyncStream.makeStream(of: Void.self)
        let (begun, beginner) = AsyncStream.makeStream(of: Void.self)
        let command = Task {
            await backend.turnstile.run {
                beginner.finish()
                for await _ in held {}
            }
        }
        for await _ in begun {}
        return (command, holder)
    }

    @Test func noOfNewSettingsIsTakenOverBeforeTheyOpenWhatTheOldOnesClosed() async throws {
        var closed = BridgeSettings(defaultName: "x")
        closed.hosting.schedule = HostingSchedule(windows: [])
        let host = try host(HostingNoes(byCommand: false), closed)
        #expect(await host.noes.isNo)
        var optedOut = BridgeSettings(defaultName: "x")
        optedOut.hosting.optOut = true
        await host.use(optedOut)
        #expect(await host.noes.scheduleClosed == nil)
        #expect(await host.noes.isNo)
    }

    @Test func claimOnAStateDirectoryHoldsWhateverBecomesOfItsFiles() throws {
        let claim = try StateLock.claim(directory: folder.path)
        for name in try FileManager.default.contentsOfDirectory(atPath: folder.path) {
            try FileManager.default.removeItem(atPath: "\(folder.path)/\(name)")
        }
        _ = withExtendedLifetime(claim) {
            #expect(throws: StartFailure.self) { _ = try StateLock.claim(directory: folder.path) }
        }
    }

    @Test func commandFailsWhileARecordBeforeItIsNotOnDisk() async throws {
        worker.keep(record: [UInt8](repeating: 0x11, count: StorageLimit.recordBytes + 1), id: 7)
        for _ in 0..<2 {
            await #expect(throws: StorageError.self) { try await worker.perform { _ in } }
        }
        let count = try await worker.look { store throws(StorageError) in try store.records().count }
        #expect(count == 0, "what needs no record is answered all the same")
        worker.keep(record: [0x11], id: 7)
        let stored = try await worker.perform { store throws(StorageError) in try store.records().count }
        #expect(stored == 1)
        worker.keep(record: [0x11], id: 8)
        try store.close()
        await #expect(throws: StorageError.self) { try await worker.perform { _ in } }
    }

    @Test func commandIsToldThatRecordsWereLost() async throws {
        let worker = worker
        // On the store's own thread, so that nothing is taken meanwhile.
        try await worker.look { _ in
            for id in 0...UInt64(StoreInbox.recordsMax) { worker.forget(record: id) }
        }
        await #expect(throws: StorageError.self) { try await worker.perform { _ in } }
        try await worker.perform { _ in }
    }

    @Test func recordsOfANetworkThatWasLeftDoNotReachTheDisk() async throws {
        worker.keep(record: [UInt8](repeating: 0x11, count: StorageLimit.recordBytes + 1), id: 7)
        await #expect(throws: StorageError.self) { try await worker.perform { _ in } }
        try await worker.performWithoutRecords { store throws(StorageError) in try store.wipe([]) }
        let count = try await worker.perform { store throws(StorageError) in try store.records().count }
        #expect(count == 0)
    }

    @Test func resultsComeInOrderAndAreBounded() {
        let box = ResultsBox()
        #expect(box.add(StoreResults(openingsFailed: [1])))
        for _ in 0..<1_000 { #expect(!box.add(StoreResults(trouble: "full"))) }
        #expect(!box.add(StoreResults()))
        #expect(!box.add(StoreResults(openingsStored: [1])))
        let taken = box.take()
        #expect(taken.map(\.openingsFailed) == [[1], [], []])
        #expect(taken.map(\.openingsStored) == [[], [], [1]])
        #expect(taken[1].trouble == nil)
        #expect(box.take().isEmpty)
        #expect(box.add(StoreResults()))
    }

    @Test func noToHostingWaitsForNoOtherCommandAndNoEarlierYesLiftsIt() async throws {
        let host = try host(HostingNoes(byCommand: false))
        let backend = try backend(host)
        let (slow, holder) = await holdTurn(of: backend)
        let yes = Task { await backend.answer(.sayYes(.hosting)) }
        while await backend.turnstile.waitingCount < 1 { try await Task.sleep(for: .milliseconds(1)) }
        let no = Task { await backend.answer(.sayNo(.hosting)) }
        while await backend.turnstile.waitingCount < 2 { try await Task.sleep(for: .milliseconds(1)) }
        #expect(await host.noes.byCommand)
        holder.finish()
        await slow.value
        guard case .consent(let consent) = await yes.value else {
            Issue.record("the yes failed")
            return
        }
        #expect(!consent.yes)
        _ = await no.value
        #expect(await host.noes.byCommand)
        #expect(try store.isNo(.hosting))
    }

    @Test func passphraseIsTriedWhileAnotherCommandHasItsTurn() async throws {
        let host = try host(HostingNoes())
        let backend = try backend(host)
        let (slow, holder) = await holdTurn(of: backend)
        let reply = await backend.answer(.importHome(HomeImport(passphrase: "incorrect horse", home: "no home")))
        guard case .failed(let failure) = reply else {
            Issue.record("something was imported")
            return
        }
        #expect(failure.code == .notAHome)
        #expect(await backend.turnstile.waitingCount == 0)
        holder.finish()
        await slow.value
    }

    @Test func mistypedDeviceComesWithTheNearestName() async throws {
        for name in ["Letter box", "Cellar"] { try store.addDevice(device(name)) }
        let backend = try backend(try host(HostingNoes()))
        for (typed, expected) in [("letterbox", "\"Letter box\""), ("CELLAR", "\"Cellar\""), ("garden", nil)] {
            guard case .failed(let failure) = await backend.answer(.revokeDevice(name: typed)) else {
                Issue.record("\(typed) is a device")
                return
            }
            #expect(failure.code == .unknownDevice)
            #expect(failure.remedy?.hasSuffix("sidegate device list shows all") == true)
            #expect(failure.remedy?.contains("did you mean \(expected ?? "")") == (expected != nil))
        }
    }

    @Test func neighboursAreNotAskedWhereTheHomeKnowsWhyNothingIsCarried() async throws {
        var devices = ["Revoked", "Ended", "Held only", "Opted out"].map { device($0) }
        devices[0].isRevoked = true
        devices[2].scope = 2
        devices[3].isOptedOut = true
        for index in devices.indices {
            if index != 1 { devices[index].optInEnd = Int64(UInt32.max) }
            devices[index].address[5] = UInt8(index)
            devices[index].grantID[0] = UInt8(index)
            let id = try store.addDevice(devices[index])
            if devices[index].isRevoked { try store.setRevoked(device: id) }
            if devices[index].isOptedOut { try store.setOptedOut(true, device: id) }
        }
        let backend = try backend(try host(HostingNoes()))
        let expected = ["was revoked", "opt-in for Ended ended", "lets no neighbour carry", "you opted Opted out out"]
        for (device, words) in zip(devices, expected) {
            guard case .failed(let failure) = await backend.answer(.testDevice(name: device.name)) else {
                Issue.record("neighbours were asked about \(device.name)")
                continue
            }
            #expect(failure.code == .notCarried && failure.code.exitCode == 1)
            #expect(failure.message.contains(words))
            #expect(failure.remedy?.isEmpty == false)
        }
    }

    @Test func onlyOneCommandHasAClaim() {
        let claim = Claim()
        #expect(claim.claim())
        #expect(!claim.claim())
        claim.release()
        #expect(claim.claim())
    }

    private func device(_ name: String) -> StoredDevice {
        func secret(_ count: Int) -> StoredSecret { StoredSecret([UInt8](repeating: 1, count: count)) }
        return StoredDevice(
            name: name, address: [1, 2, 3, 4, 5, 6], addressType: 0, bindKey: secret(16),
            sealingPrivateKey: secret(32), relayKey: secret(16), classCode: 2, scope: 1, ratePerMinute: 1, deliver: [],
            validitySeed: secret(20), revocationSecret: secret(20), optInStart: 100, optInEnd: 200,
            grantID: [UInt8](repeating: 0, count: 16))
    }

    @Test func deviceIsCalledRevokedOnlyIfItIs() {
        var device = device("a")
        func state(_ standing: DeviceStanding?, at seconds: UInt32) -> DeviceSummary.State {
            DeviceSummary(device, DeviceFigures(), standing, now: WallTime(seconds: seconds)).state
        }
        let live = DeviceStanding(no: nil, isHeld: true, isRevoked: false, isSuspended: false)
        let missing = DeviceStanding(no: nil, isHeld: false, isRevoked: false, isSuspended: false)
        #expect(state(live, at: 150) == .live)
        #expect(state(missing, at: 150) == .notHeld)
        #expect(state(nil, at: 150) == .notHeld)
        #expect(state(nil, at: 200) == .expired)
        #expect(DeviceSummary(device, DeviceFigures(), missing, now: WallTime(seconds: 150)).note != nil)
        device.isRevoked = true
        #expect(state(missing, at: 150) == .revoked)
        #expect(state(missing, at: 200) == .revoked)
    }
}
