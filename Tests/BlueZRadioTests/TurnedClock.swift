import RadioInterface
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Radios over scripted kernels whose clock the test turns.
final class TurnedClock {
    let air = ScriptedAir()
    private(set) var radios: [BlueZRadio] = []
    private(set) var kernels: [ScriptedKernel] = []
    private(set) var sockets: [ScriptedSockets] = []
    var recorders: [Recorder] = []
    private(set) var now = Instant(seconds: 100)

    deinit {
        for radio in radios { radio.stop() }
        air.stop()
    }

    @discardableResult
    func add(
        _ controllers: [ScriptedController], adapters: [AdapterName] = [], limits: RadioLimits = RadioLimits(),
        powersOn: Bool = false, permissionRemedy: String? = nil
    ) throws -> BlueZRadio {
        let kernel = air.kernel(controllers)
        let sockets = ScriptedSockets(air: air)
        var settings = BlueZSettings(
            adapters: adapters, limits: limits, powersOn: powersOn,
            seed: UInt64(radios.count + 1) &* 0xd1b5_4a32_d192_ed03)
        if let permissionRemedy { settings.permissionRemedy = permissionRemedy }
        let radio = try BlueZRadio(settings, sockets: sockets) { () throws(BlueZError) in try kernel.open() }
        kernels.append(kernel)
        self.sockets.append(sockets)
        radios.append(radio)
        recorders.append(Recorder())
        return radio
    }

    /// Lets so much time go by in steps.
    func run(milliseconds: Int64, step: Int64 = 5) {
        let end = now.advanced(milliseconds: milliseconds)
        while now < end {
            now = now.advanced(milliseconds: step)
            turn()
        }
    }

    /// What the first radio said of its state since it has found an adapter, or that there is none.
    var judged: [RadioState] { Array(recorders[0].states.drop { $0 == .down(BlueZRadio.lookingWords) }) }

    /// Why the first radio is down, as it last said.
    var downWords: String? {
        if case .down(let words) = recorders[0].states.last { words } else { nil }
    }

    func run(seconds: Int64) { run(milliseconds: seconds * 1_000, step: 50) }

    /// Lets so much time go by in which the kernel works and no radio is polled.
    func stall(milliseconds: Int64) {
        air.serve(at: now)
        now = now.advanced(milliseconds: milliseconds)
    }

    /// Polls the first radio, without the kernel doing anything.
    func pollFirst() { radios[0].poll(now: now, limit: 64, into: &recorders[0]) }

    func turn() {
        for _ in 0..<3 {
            air.serve(at: now)
            for index in radios.indices { radios[index].poll(now: now, limit: 64, into: &recorders[index]) }
        }
    }

    /// Runs until `isDone`, at most so long. Whether it was.
    func run(atMost milliseconds: Int64, step: Int64 = 5, until isDone: () -> Bool) -> Bool {
        let end = now.advanced(milliseconds: milliseconds)
        while now < end, !isDone() { run(milliseconds: step, step: step) }
        return isDone()
    }
}

/// A beacon's payload.
func beacon(_ number: UInt8 = 0) -> [UInt8] {
    [27, 0x21] + BeaconAdvertisement.uuid.array + [0x10, number] + [UInt8](repeating: 0x5a, count: 8)
}

func address(_ number: UInt64) -> UInt64 { 0x02_00_00_00_00_00 + number }
