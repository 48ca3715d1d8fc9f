import Glibc
import RadioConformance
import RadioInterface
import Wire

@testable import BlueZRadio

/// Radios over scripted kernels, one controller each, for the conformance suite.
struct ScriptedKernelFactory: RadioFactory {
    private static let strangersFirst: UInt64 = 0x03_00_00_00_00_00
    private var air: ScriptedAir?
    private let stopsAdvertisingOnLinks: Bool

    /// - Parameter stopsAdvertisingOnLinks: as the kernel does on the side that takes one. Otherwise crowds need not wait
    ///   for as many new beacons, of which there are ten a second.
    init(stopsAdvertisingOnLinks: Bool = true) { self.stopsAdvertisingOnLinks = stopsAdvertisingOnLinks }

    var traits: RadioTraits {
        RadioTraits(payloadBytesMax: 28, tellsOfStrangers: true, exemptions: bluezExemptions)
    }

    static func address(_ number: Int) -> UInt64 { 0x02_00_00_00_00_00 + UInt64(number) }

    mutating func makeRadios(
        _ count: Int, limits: RadioLimits, hears: (_ listener: Int, _ sender: Int) -> Bool
    ) throws -> [BlueZRadio] {
        let air = ScriptedAir()
        self.air = air
        var matrix: Set<[UInt64]> = []
        for listener in 0..<count {
            for sender in 0..<count where hears(listener, sender) {
                matrix.insert([Self.address(listener), Self.address(sender)])
            }
        }
        air.hears = { [matrix] in max($0, $1) >= Self.strangersFirst || matrix.contains([$0, $1]) }
        air.stopsAdvertisingOnLinks = stopsAdvertisingOnLinks
        let radios = try (0..<count).map { number in
            let kernel = air.kernel([ScriptedController(address: Self.address(number))])
            let settings = BlueZSettings(
                limits: limits, renewal: BeaconRenewal(firstMilliseconds: 500, lastMilliseconds: 500),
                seed: UInt64(number))
            return try BlueZRadio(settings, sockets: ScriptedSockets(air: air)) { () throws(BlueZError) in
                try kernel.open()
            }
        }
        air.startServing()
        for radio in radios { settle(radio) }
        return radios
    }

    func disturb(_ radio: BlueZRadio, count: Int) -> (() -> Void)? {
        guard let air else { return nil }
        var generator = SystemRandomNumberGenerator()
        var strangers: [Int32] = []
        for number in 0..<count {
            let from = RadioAddress(value: Self.strangersFirst + UInt64(number), kind: .random)
            let stranger = air.call(from: from, to: radio.address)
            let junk = (0..<(1 + number * 13 % 600)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // A third says nothing, not even that it goes.
            if number % 3 != 0 { send(stranger, junk, junk.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) }
            if number % 3 != 1 { strangers.append(stranger) } else { close(stranger) }
        }
        air.locked {
            let own = air.kernels.filter { $0.controllers.contains { $0.address == radio.address.value } }
            for kernel in own {
                for number in 0..<count {
                    let junk = (0..<(1 + number * 13 % 600)).map { _ in UInt8.random(in: 0...255, using: &generator) }
                    kernel.raw(junk)
                    kernel.event(ManagementEvent.deviceFound, 0, junk)
                    kernel.event(UInt16.random(in: 0x14...0x22, using: &generator), UInt16(number & 1), junk)
                }
            }
        }
        return { [strangers] in for stranger in strangers { close(stranger) } }
    }

    func silence(_ radio: BlueZRadio) -> (() -> Void)? {
        // A radio without answers has no address any more.
        let address = radio.address.value
        guard let air, let kernel = air.kernels.first(where: { $0.controllers.contains { $0.address == address } })
        else { return nil }
        air.locked { kernel.isDeaf = true }
        return { air.locked { kernel.isDeaf = false } }
    }

    mutating func discard() {
        air?.stop()
        air = nil
    }
}

/// Radios over the real kernel, on adapters as they are: where `SIDEGATE_BLUETOOTH=1` says that they may be
/// used for this.
struct KernelRadioFactory: RadioFactory {
    static var isWanted: Bool { getenv("SIDEGATE_BLUETOOTH").map { String(cString: $0) } == "1" }

    var traits: RadioTraits {
        RadioTraits(
            connectMilliseconds: 20_000, hearMilliseconds: 15_000, connectsMany: 30, messagesMany: 300,
            payloadBytesMax: 28, everyoneHears: true, creditIsScarce: true,
            exemptions: bluezExemptions.merging(kernelExemptions) { first, _ in first }
                .merging(dropsWhatNobodyReads ? oldKernelExemptions : [:]) { first, _ in first })
    }

    private var air: Int?

    mutating func makeRadios(
        _ count: Int, limits: RadioLimits, hears: (_ listener: Int, _ sender: Int) -> Bool
    ) throws -> [BlueZRadio] {
        let (air, adapters) = KernelAirs.shared.take()
        self.air = air
        let radios = try adapters.prefix(count).enumerated().map { number, adapter in
            let settings = BlueZSettings(
                adapters: [adapter], limits: limits, powersOn: true,
                renewal: BeaconRenewal(firstMilliseconds: 500, lastMilliseconds: 500), seed: UInt64(number))
            return try BlueZRadio(settings, sockets: KernelSockets()) { () throws(BlueZError) in
                try ManagementSocket.open()
            }
        }
        for radio in radios { settle(radio) }
        return radios
    }

    func disturb(_ radio: BlueZRadio, count: Int) -> (() -> Void)? { nil }

    mutating func discard() {
        if let air { KernelAirs.shared.leave(air) }
        air = nil
    }
}

private let kernelExemptions: [RadioCheck: String] = [
    .fullTableRefusesAndOthersGoOn: "the kernel answers before the radio sees the call, which then stands for a moment",
    .garbageLeavesOtherChannelsAlone: "what comes over a channel the bridge judges: strangers on a street",
    .silenceBelowIsToldAndLeavesChannelsAlone: "a real kernel answers",
]

/// Linux before 6.10: see docs/testing.md.
private let dropsWhatNobodyReads: Bool = {
    var names = utsname()
    guard uname(&names) == 0 else { return false }
    let release = withUnsafeBytes(of: &names.release) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
    let numbers = release.split { !$0.isNumber }.prefix(2).compactMap { Int($0) }
    return numbers.count == 2 && (numbers[0], numbers[1]) < (6, 10)
}()

private let oldKernelExemptions: [RadioCheck: String] = [
    .unreadReceiverHoldsSenderBackAndLosesNothing:
        "kernels before 6.10 drop messages beyond what the socket's buffer holds"
]

let bluezExemptions: [RadioCheck: String] = [
    .changedPayloadChangesAddress: "the address is the adapter's own; only its privacy setting hides it",
    .connectToFormerAddressTimesOut: "the adapter's address does not change with what it sends",
]

/// Works on a radio, without being told anything, until it is up.
func settle(_ radio: BlueZRadio, milliseconds: Int64 = 30_000) {
    let end = ScriptedAir.now.advanced(milliseconds: milliseconds)
    var sink = NobodyListens()
    while radio.state != .up, ScriptedAir.now < end {
        radio.poll(now: ScriptedAir.now, limit: 0, into: &sink)
        if radio.state == .up { return }
        var waiting = pollfd(fd: radio.fileDescriptor, events: Int16(POLLIN), revents: 0)
        Glibc.poll(&waiting, 1, 5)
    }
}

struct NobodyListens: RadioEventSink {
    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {}
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) {}
    mutating func connected(_ channel: ChannelID) {}
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {}
    mutating func writable(_ channel: ChannelID) {}
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) {}
    mutating func changed(_ state: RadioState) {}
}
