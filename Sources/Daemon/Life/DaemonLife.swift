import Bridging
import CLinux
import Glibc
import Logging
import Settings
import Storage
import VirtualAir

/// The daemon's parts, from their start in order to their end in reverse.
struct DaemonLife: Sendable {
    /// A stop that takes longer than this is cut short: what was answered is on disk already.
    static let stopMilliseconds = 1_900

    /// How much of it may go into handing on what is held.
    static let handOnMilliseconds: Int64 = 1_000

    private let files: SettingsFiles
    private let lock: StateLock
    private let loop: WatchLoop
    private let signals: Signals
    private let store: BridgeStore
    private let worker: StoreWorker
    private let host: BridgeHost
    private let hub: WatchHub
    private let broker: BrokerDesk
    private let server: ControlServer
    private let metrics: MetricsDesk
    private let radio: PreparedRadio
    private let logger: Logger

    /// Starts everything. What cannot start is told in words, and leaves nothing running.
    static func start(_ prepared: PreparedDaemon) async throws(StartFailure) -> DaemonLife {
        do {
            let settings = prepared.settings
            let loop = try WatchLoop()
            let signals = try await Signals(on: loop)
            let lock = try StateLock.claim(directory: settings.stateDirectory)
            // A damaged database is rescued first, row by row.
            ServiceNotice.extendStart(seconds: 120).send()
            let opened = try BridgeStore.open(directory: settings.stateDirectory, today: SystemTime.now.wall.day)
            return try await DaemonLife(prepared, lock, loop, signals, opened)
        } catch {
            throw StartFailure(error)
        }
    }

    private init(
        _ prepared: PreparedDaemon, _ lock: StateLock, _ loop: WatchLoop, _ signals: Signals,
        _ opened: (BridgeStore, StoreCondition)
    ) async throws {
        let settings = prepared.settings
        let logger = Logger(label: "sidegate")
        let (store, condition) = opened
        if let problem = condition.problem { logger.error("\(problem)") }
        let memory = try BridgeMemory.read(from: store, name: settings.name)
        let worker = try StoreWorker(store: store, logger: logger)
        var noes = HostingNoes(
            byCommand: try store.isNo(.hosting), bySettings: settings.hosting.optOut == true, byOption: prepared.optOut,
            temporary: try store.temporaryNo().map(TemporaryNo.init))
        noes.isMoved = memory.isMoved
        noes.lose(memory.noesLost)
        if case .standIn = condition { noes.storeProblem = condition.problem }
        noes.damagedKept = BridgeStore.damagedKept(in: settings.stateDirectory)
        let host = try BridgeHost(settings: settings, noes: noes, worker: worker, logger: logger)
        let broker = BrokerDesk(store: store, worker: worker, logger: logger)
        let hub = WatchHub()
        await worker.start(
            devices: memory.devices, figures: memory.figures,
            report: { host.tell($0) }, onOutbox: { broker.take($0) })
        // Before the first event can be opened: what is opened without a broker puts nothing into the outbox.
        await broker.use(settings.mqtt, bridgeWord: try memory.bridgeWord, hasHome: memory.network != nil)
        do {
            try await host.start(memory, radio: prepared.radio, hub: hub)
            let backend = try BridgeBackend(host: host, worker: worker, store: store, broker: broker, hub: hub)
            metrics = MetricsDesk(logger: logger) {
                guard case .status(let status) = await backend.answer(.status) else { return nil }
                return MetricsText.text(status)
            }
            await metrics.use(port: settings.metricsPort)
            server = try await ControlServer.start(path: settings.socket, backend: backend, logger: logger)
        } catch {
            await host.stop()
            await broker.stop()
            throw error
        }
        (self.files, self.lock, self.loop, self.signals, self.store) = (prepared.files, lock, loop, signals, store)
        (self.worker, self.host, self.hub, self.broker, self.logger) = (worker, host, hub, broker, logger)
        radio = prepared.radio
    }

    /// Serves until a signal says stop. `known` is the state of the settings' files that was loaded.
    func run(since known: SettingsFingerprint) async {
        let watch = await SettingsWatch(files: files, on: loop)
        let watching = Task { await watch.run(since: known) { await filesChanged($0) } }
        let upkeep = Task { [host] in await host.keepUp() }
        logger.notice("sidegated \(DaemonVersion.text) is running")
        let noes = await host.noes
        if noes.isNo { logger.notice("this bridge lends nothing: \(noes.words.joined(separator: "; "))") }
        ServiceNotice.ready.send()
        let watchdog = startWatchdog()
        await tellStatus()
        sidegate_return_memory()
        for await signal in signals.stream {
            if signal == .stop { break }
            await reload()
        }
        ServiceNotice.stopping.send()
        logger.notice("stopping")
        cutShortLater()
        watching.cancel()
        upkeep.cancel()
        watchdog?.cancel()
        await watch.stop()
        await stop()
    }

    /// The bridge's thread and the store's must both go on for it to be fed.
    private func startWatchdog() -> Task<Void, Never>? {
        guard ServiceNotice.isAsked, let interval = Watchdog.askedInterval else { return nil }
        let workers: [@Sendable () async -> Void] = [
            { [host] in await host.beat() }, { [worker] in await worker.beat() },
        ]
        return Task { await Watchdog(intervalMicroseconds: interval, workers: workers).run() }
    }

    /// From now on, on changes.
    private func tellStatus() async {
        guard ServiceNotice.isAsked else { return }
        let status = ServiceStatus()
        await host.onStatus { status.tell($0) }
    }

    private func stop() async {
        hub.finish()
        async let serverStopped: Void = server.stop()
        await metrics.use(port: nil)
        await host.handOn(milliseconds: Self.handOnMilliseconds)
        // Only now: an own event may have come while others were handed on.
        async let brokerStopped: Void = broker.stop()
        await host.writeLedger()
        await host.stop()
        _ = try? await worker.perform { _ in }
        _ = await (serverStopped, brokerStopped)
        do throws(StorageError) { try store.close() } catch { logger.error("\(error.description)") }
        logger.notice("stopped")
    }

    private func cutShortLater() {
        Task.detached { [logger, radio] in
            try? await Task.sleep(for: .milliseconds(Self.stopMilliseconds))
            logger.error("stopping took too long and was cut short")
            exit(DaemonMain.exitCode(of: radio))
        }
    }

    // MARK: Settings

    /// SIGHUP: takes over what can change while the bridge runs.
    private func reload() async {
        ServiceNotice.reloading.send()
        defer { ServiceNotice.ready.send() }
        let outcome = files.load()
        guard case .loaded(let new) = outcome else { return await filesChanged(outcome) }
        let old = await host.settings
        StandardErrorLog.shared.level = Logger.Level(new.logLevel)
        await host.use(new.keepingWhatNeedsRestart(of: old, logger))
        await filesChanged(outcome)
        await broker.use(host)
        await metrics.use(port: new.metricsPort)
        logger.notice("the settings were read again")
    }

    /// Without SIGHUP only noes are taken over.
    private func filesChanged(_ outcome: SettingsOutcome) async {
        switch outcome {
        case .loaded(let new):
            await host.changeNoes { noes in
                noes.settingsProblems = []
                noes.bySettings = new.hosting.optOut == true
            }
        case .failed(let problems):
            for problem in problems { logger.error("\(problem.description)") }
            logger.error("the settings are wrong: lending is suspended, the rest stays as it was")
            await host.changeNoes { $0.note(problems, of: files.mainFile) }
        }
    }
}

extension BridgeSettings {
    /// These settings with those of `old` that only a restart changes.
    func keepingWhatNeedsRestart(of old: BridgeSettings, _ logger: Logger) -> BridgeSettings {
        var kept = self
        kept.stateDirectory = old.stateDirectory
        kept.socket = old.socket
        kept.radio = old.radio
        kept.name = old.name
        if kept.stateDirectory != stateDirectory { logger.warning("state_directory changes with the next start") }
        if kept.socket != socket { logger.warning("socket changes with the next start") }
        if kept.radio != radio { logger.warning("radio changes with the next start") }
        if kept.name != name { logger.warning("name changes with the next start, and with the next network") }
        return kept
    }
}

extension StartFailure {
    init(_ error: any Error) {
        switch error {
        case let error as StartFailure: self = error
        case let error as StorageError: self.init("\(error.path): \(error.what)", remedy: error.remedy)
        case let error as SocketPlaceError: self.init(error.message)
        case let error as AirError: self.init("the virtual air: \(error.description)")
        case EventLoopError.system(let call, let number):
            self.init("\(call): \(String(cString: strerror(number)))")
        default:
            self.init("\(error)", remedy: "the state directory may be damaged: restore it, or start with a new one")
        }
    }
}
