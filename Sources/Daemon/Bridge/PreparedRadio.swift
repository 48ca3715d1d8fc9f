import BlueZRadio
import Glibc
import RadioInterface
import Settings
import Synchronization
import VirtualAir

/// What of a radio has to be got before the process gives up its privileges.
final class PreparedRadio: Sendable {
    /// A bridge in no hurry speaks so often on a virtual air.
    private static let advertisingIdleMilliseconds = 1_000
    /// Management sockets that nobody has taken yet.
    private let management: Mutex<[Int32]>
    /// Why there are none.
    private let problem: BlueZError?
    private let usedUp = Atomic(false)
    /// What to do about having none any more.
    private let endProcess: @Sendable () -> Void

    convenience init(_ settings: RadioSettings) {
        var sockets = ManagementSockets.take()
        guard settings.kind == .bluez else {
            for descriptor in sockets { close(descriptor) }
            self.init(sockets: [], problem: nil)
            return
        }
        var problem: BlueZError?
        do throws(BlueZError) {
            while sockets.count < ManagementSockets.count { sockets.append(try ManagementSocket.open()) }
        } catch {
            problem = error
        }
        self.init(sockets: sockets, problem: problem)
    }

    /// A service manager starts a process that has failed anew, with new sockets. Without one nobody would.
    init(
        sockets: [Int32], problem: BlueZError?,
        endProcess: @escaping @Sendable () -> Void = { if ServiceNotice.isAsked { kill(getpid(), SIGTERM) } }
    ) {
        management = Mutex(sockets)
        self.problem = problem
        self.endProcess = endProcess
    }

    /// All sockets from before the privileges were given up have been lost: only a new start brings others.
    var isUsedUp: Bool { usedUp.load(ordering: .relaxed) }

    deinit { management.withLock { for descriptor in $0 { close(descriptor) } } }

    /// The radio that `settings` ask for.
    func radio(_ settings: BridgeSettings, limits: RadioLimits) throws -> any Radio {
        switch settings.radio.kind {
        case .bluez: try bluetooth(settings.radio, limits)
        case .virtual: try virtual(settings, limits)
        }
    }

    private func bluetooth(_ settings: RadioSettings, _ limits: RadioLimits) throws -> any Radio {
        let choice = BlueZSettings(
            adapters: settings.adapters.compactMap { AdapterName($0) }, limits: limits, powersOn: settings.powersOn,
            permissionRemedy: ManagementSockets.permissionRemedy(isService: ServiceNotice.isAsked),
            seed: SystemRandom.number())
        do throws(BlueZError) {
            return try BlueZRadio(choice, sockets: KernelSockets()) { () throws(BlueZError) in try self.take() }
        } catch {
            return try AbsentRadio("\(error)", limits: limits)
        }
    }

    /// A socket from before the privileges were given up.
    func take() throws(BlueZError) -> Int32 {
        if let descriptor = management.withLock({ $0.popLast() }) { return descriptor }
        if let problem { throw problem }
        if !usedUp.exchange(true, ordering: .relaxed) { endProcess() }
        throw .managementUsedUp
    }

    private func virtual(_ settings: BridgeSettings, _ limits: RadioLimits) throws -> any Radio {
        var air = AirSettings(limits: limits, seed: SystemRandom.number())
        air.advertisingIntervalIdleMilliseconds = Self.advertisingIdleMilliseconds
        return try VirtualRadio(
            directory: settings.radio.virtualAir, name: settings.virtualRadioName, settings: air)
    }
}
