import ControlAPI
import Devices
import Glibc
import RadioInterface
import Sealing
import Simulation
import Synchronization
import VirtualAir
import Wire

/// What was seen of a live run: emissions, and what the bridges' `watch` tells.
final class LiveSightings: Sendable {
    struct Emission: Sendable {
        var device: Int
        var unixMicroseconds: Int64
        var isHeard = false
        var openedUnixMicroseconds: Int64?
    }

    struct All: Sendable {
        var emissions: [Emission] = []
        /// By device: emissions that came home are told off in order.
        var opened: [(device: Int, unixMicroseconds: Int64)] = []
        var relayed: [(house: Int, unixMicroseconds: Int64)] = []
        var perDevice: [Int: Int] = [:]
    }

    private let state = Mutex(All())
    var all: All { state.withLock { $0 } }

    /// Returns the emission's counter, from 1 for each device.
    func emitted(_ device: Int, _ time: Int64) -> Int {
        state.withLock { all in
            all.emissions.append(Emission(device: device, unixMicroseconds: time))
            let count = (all.perDevice[device] ?? 0) + 1
            all.perDevice[device] = count
            return count
        }
    }

    func heard(_ device: Int, _ counter: Int) {
        state.withLock { all in
            var left = counter
            for index in all.emissions.indices where all.emissions[index].device == device {
                left -= 1
                if left == 0 {
                    all.emissions[index].isHeard = true
                    return
                }
            }
        }
    }

    /// Until the bridge ends.
    func watch(_ house: Int, _ client: ControlClient) async {
        _ = try? await client.watch { json in
            let event = try ControlClient.decode(WatchEvent.self, from: Array(json.utf8))
            state.withLock { all in
                let time = event.unixMilliseconds * 1_000
                switch event.kind {
                case .opened:
                    guard let name = event.device, let device = LiveSensor.number(of: name) else { return }
                    all.opened.append((device, time))
                case .relayed: all.relayed.append((house, time))
                default: break
                }
            }
        }
    }
}

/// A device of a live run.
struct LiveSensor: Sendable {
    let number: Int
    /// Nil: its house takes no part.
    let owner: Int?
    let keyText: String
    let address: DeviceAddress

    init(number: Int, owner: Int?, seed: UInt64) {
        (self.number, self.owner) = (number, owner)
        var random = RandomStream(seed: seed, purpose: 0x4c69_7665 &+ UInt64(number))
        func digits(_ word: UInt64) -> String {
            let text = String(word, radix: 16)
            return String(repeating: "0", count: 16 - text.count) + text
        }
        keyText = digits(random.next()) + digits(random.next())
        address = DeviceAddress(value: 0x5448_e600_0000 + UInt64(number))
    }

    var name: String { "d\(number)" }
    static func number(of name: String) -> Int? { name.hasPrefix("d") ? Int(name.dropFirst()) : nil }

    /// Sends one advertisement. Whether any bridge heard it.
    func send(counter: UInt32, air: String) -> Bool {
        guard let key = Hexadecimal.bytes(keyText),
            let cipher = try? BTHomeCipher(bindKey: SecretBytes(key)),
            let objects = try? ObjectWriter.bytes(words: ["opening=\(counter % 2)"]),
            let data = try? cipher.seal(
                objects: objects, address: address, counter: counter,
                info: BTHomeInfo(isEncrypted: true, isTriggerBased: false)),
            let bytes = try? BTHomeAdvertisement.bytes(serviceData: data)
        else { return false }
        var generator = SystemRandomNumberGenerator()
        let outcome = try? VirtualEmitter.emit(
            air: air, name: name, address: RadioAddress(value: address.value, kind: .public), data: bytes,
            using: &generator)
        return outcome?.heardBy.isEmpty == false
    }
}

/// What sightings say of promises and figures.
struct LiveJudge {
    /// A no has reached the core after this, and what was being opened meanwhile is told of.
    private static let graceMicroseconds: Int64 = 1_000_000
    let scenario: Scenario
    let sightings: LiveSightings.All
    let sensors: [LiveSensor]

    func judge(
        _ record: inout RunRecord, optOuts: [(house: Int, from: Int64, to: Int64?)],
        revocations: [(device: Int, from: Int64)], begun: Int64
    ) {
        // What cannot be judged from outside is told as not checked.
        record.checks = PromiseName.allCases.filter { scenario.promises.contains($0) }.map { Count($0.rawValue, 0) }
        record.note(.once, checks: sightings.opened.count)
        let start = LiveClock.unixMicroseconds() - (LiveClock.microseconds() - begun)
        var latencies: [Double] = []
        var delivered = 0
        for device in sensors.indices {
            let emissions = sightings.emissions.filter { $0.device == device }
            let opened = sightings.opened.filter { $0.device == device }.map(\.unixMicroseconds).sorted()
            // An event cannot come home before it was emitted: so the n-th that came is one of the first that were sent.
            for (number, time) in opened.enumerated() {
                let sent = emissions.count { $0.unixMicroseconds <= time + 50_000 }
                if number >= sent, scenario.promises.contains(.once) {
                    record.broken.append(
                        BrokenPromise(
                            .once, at: time - start, house: sensors[device].owner,
                            "\(number + 1) events of d\(device) opened when \(sent) had been sent"))
                    break
                }
            }
            delivered += min(opened.count, emissions.count)
            latencies += match(emissions, opened, &record, device, start)
        }
        judgeOptOuts(&record, optOuts, start)
        judgeRevocations(&record, revocations, start)
        let heard = sightings.emissions.count { $0.isHeard }
        record.steps = UInt64(sightings.emissions.count + sightings.opened.count + sightings.relayed.count)
        figures(&record, latencies, delivered: delivered, heard: heard)
    }

    /// Each event that was opened belongs to the latest emission before it.
    private func match(
        _ emissions: [LiveSightings.Emission], _ opened: [Int64], _ record: inout RunRecord, _ device: Int,
        _ start: Int64
    ) -> [Double] {
        var latencies: [Double] = []
        var next = 0
        for (number, emission) in emissions.enumerated() {
            var journey = Journey(device: device, emittedMicroseconds: emission.unixMicroseconds - start)
            let until = number + 1 < emissions.count ? emissions[number + 1].unixMicroseconds : .max
            while next < opened.count, opened[next] < emission.unixMicroseconds - 50_000 { next += 1 }
            if next < opened.count, opened[next] < until {
                journey.deliveredMicroseconds = opened[next] - start
                latencies.append(Double(max(0, opened[next] - emission.unixMicroseconds)) / 1_000)
                next += 1
            } else {
                journey.fate = emission.isHeard ? "on its way" : "not heard"
            }
            if record.journeys.count < RunRecord.journeysMax { record.journeys.append(journey) }
        }
        return latencies
    }

    private func judgeOptOuts(
        _ record: inout RunRecord, _ optOuts: [(house: Int, from: Int64, to: Int64?)], _ start: Int64
    ) {
        guard scenario.promises.contains(.optOut) else { return }
        for (house, from, to) in optOuts {
            let wrong = sightings.relayed.first { relayed in
                relayed.house == house && relayed.unixMicroseconds > from + Self.graceMicroseconds
                    && relayed.unixMicroseconds < to ?? .max
            }
            guard let wrong else { continue }
            record.broken.append(
                BrokenPromise(
                    .optOut, at: wrong.unixMicroseconds - start, house: house, "relayed after its host had opted out"))
        }
        record.note(.optOut, checks: optOuts.count)
    }

    /// Whose event a bridge hands on nobody outside can see; that none of a revoked device is opened everybody can.
    private func judgeRevocations(
        _ record: inout RunRecord, _ revocations: [(device: Int, from: Int64)], _ start: Int64
    ) {
        guard scenario.promises.contains(.revocation) else { return }
        record.note(.revocation, checks: revocations.count)
        for (device, from) in revocations {
            let wrong = sightings.opened.first { opened in
                opened.device == device && opened.unixMicroseconds > from + Self.graceMicroseconds
            }
            guard let wrong else { continue }
            record.broken.append(
                BrokenPromise(
                    .revocation, at: wrong.unixMicroseconds - start, house: sensors[device].owner,
                    "an event of d\(device) was opened after its owner had revoked it"))
        }
    }

    private func figures(_ record: inout RunRecord, _ latencies: [Double], delivered: Int, heard: Int) {
        func single(_ name: String, _ value: Double, _ count: Int) {
            guard count > 0 else { return }
            record.figures.append(
                Figure(
                    name: name, unit: "ratio", count: count, mean: value, median: value, percentile99: value,
                    maximum: value))
        }
        single("delivery_ratio", Double(min(delivered, heard)) / Double(max(heard, 1)), heard)
        let emitted = sightings.emissions.count
        single("heard_ratio", Double(heard) / Double(max(emitted, 1)), emitted)
        guard !latencies.isEmpty else { return }
        let sorted = latencies.sorted()
        let most = sorted[sorted.count - 1]
        var bins = [UInt64](repeating: 0, count: 40)
        for value in sorted { bins[min(39, most > 0 ? Int(value / most * 40) : 0)] += 1 }
        record.figures.append(
            Figure(
                name: "latency", unit: "ms", count: sorted.count, mean: sorted.reduce(0, +) / Double(sorted.count),
                median: sorted[sorted.count / 2], percentile99: sorted[(sorted.count * 99) / 100], maximum: most,
                bins: bins))
    }
}

extension RunRecord {
    /// A promise was held against so much.
    mutating func note(_ promise: PromiseName, checks count: Int) {
        guard let place = checks.firstIndex(where: { $0.name == promise.rawValue }) else { return }
        checks[place].count += UInt64(count)
    }
}

enum LiveClock {
    /// Since some time of the machine's.
    static func microseconds() -> Int64 { read(CLOCK_MONOTONIC) }
    static func unixMicroseconds() -> Int64 { read(CLOCK_REALTIME) }

    private static func read(_ clock: clockid_t) -> Int64 {
        var time = timespec()
        clock_gettime(clock, &time)
        return Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000
    }
}
