import BluetoothStreet
import Foundation
import Testing

/// How long an event takes from the sensor's controller to the broker, against an echo over the same connections and in
/// turn with it: `make bench-bluetooth`.
@Suite(.enabled(if: Machine.isHere)) struct EventTimeTests {
    private static let rounds = 31
    private static let watchedRounds = 11
    private static let ratioMax = 3.0
    /// An event as it goes over a link, frame and session tag included.
    private static let messageBytes = 140
    /// So many events so soon after one another are more than a host lends unless told otherwise.
    private static let lending = "hosting: {rate_bits_per_second: 1000000, burst_bytes: 1000000}"

    @Test func eventComesHomeInThreeEchoes() async throws {
        try await apart {
            let street = try Street.opened(airs: Machine.airs, settings: Self.lending)
            defer { street.clear() }
            let course = try Course(street)
            let chain = try RawChain(airs: Array(Machine.airs.prefix(3)), isLinked: true)
            _ = try chain.echoes(3, bytes: Self.messageBytes)
            for _ in 0..<3 { _ = try course.run() }

            var (events, echoes): ([Double], [Double]) = ([], [])
            for _ in 0..<Self.rounds {
                echoes += try chain.echoes(1, bytes: Self.messageBytes)
                events.append(try course.run())
            }
            let ratio = Figures.median(events) / Figures.median(echoes)
            Figures.say("sidegate", House.executable)
            Figures.say("advertisement to MQTT message", events)
            Figures.say("echo over the three links", echoes)
            Figures.say("ratio of the medians", String(format: "%.2f, at most %.2f wanted", ratio, Self.ratioMax))

            let watch = try PacketWatch()
            for _ in 0..<Self.watchedRounds { try course.watchedRun(watch) }
            course.sayParts()
            #expect(ratio <= Self.ratioMax, "an event takes too long\n\(street.logs)")
        }
    }
}

/// Events of one sensor, each timed.
private final class Course {
    private let street: Street
    private let advertiser: BareAdvertiser
    private var counter = 1_000
    private var parts: [(name: String, seconds: [Double])] = []

    init(_ street: Street) throws {
        self.street = street
        try Machine.manage(street.sensor.adapter, "power", "on")
        advertiser = try BareAdvertiser(on: street.sensor.adapter)
    }

    /// Seconds from the advertisement's first moment to the message.
    func run() throws -> Double {
        let (start, end) = try event()
        return end - start
    }

    private func event() throws -> (start: Double, end: Double) {
        counter += 1
        let isOpen = counter % 2 == 1
        let data = try Sensor.seal(
            address: street.sensor.address, counter: UInt32(counter), objects: isOpen ? "1101" : "1100")
        let line = "sidegate/letter_box/opening \(isOpen ? "ON" : "OFF")"
        let before = street.broker.count(line)
        try advertiser.load(Figures.bytes(data))
        // The sensor may say 60 things a minute. Meanwhile all becomes quiet again.
        usleep(700_000)
        var bytes = street.broker.bytesHeard
        let start = try advertiser.begin()
        var arrivals: [Double] = []
        // What is timed is not to wait for a processor that looks whether it has come.
        try Machine.wait("event \(counter) at the broker", seconds: 20, every: 0.02) {
            guard case let now = street.broker.bytesHeard, now > bytes else { return false }
            bytes = now
            arrivals = street.broker.arrivals(line)
            return arrivals.count > before
        }
        return (start, arrivals[before])
    }

    /// One event, with the kernel's times of what passes each controller on its way.
    func watchedRun(_ watch: PacketWatch) throws {
        _ = watch.take()
        let (start, end) = try event()
        let packets = watch.take()
        let houses = street.houses
        var (last, lastName) = (start, "the sensor's controller")
        func reach(_ name: String, _ kind: PacketWatch.Kind, _ adapter: String?, _ isWanted: ([UInt8]) -> Bool) {
            guard let adapter,
                let packet = packets.first(where: {
                    $0.kind == kind && $0.adapter == adapter && $0.seconds >= last && isWanted($0.bytes)
                })
            else { return }
            note("\(lastName) to \(name)", packet.seconds - last)
            (last, lastName) = (packet.seconds, name)
        }
        // LE advertising report with BTHome's data; a message as long as an event.
        reach("the last house's kernel", .event, houses[3].adapters.last) { bytes in
            bytes.count > 20 && bytes[0] == 0x3e && bytes[2] == 0x02
                && zip(bytes, bytes.dropFirst()).contains { $0 == (0xd2, 0xfc) }
        }
        for place in stride(from: 3, to: 0, by: -1) {
            let air = Machine.airs[place - 1]
            reach("\(houses[place].name) sends", .sent, air[1]) { $0.count > 130 }
            reach("\(houses[place - 1].name) receives", .received, air[0]) { $0.count > 130 }
        }
        note("\(lastName) to the message", end - last)
    }

    private func note(_ name: String, _ seconds: Double) {
        if let index = parts.firstIndex(where: { $0.name == name }) {
            parts[index].seconds.append(seconds)
        } else {
            parts.append((name, [seconds]))
        }
    }

    func sayParts() { for part in parts { Figures.say("  \(part.name)", part.seconds) } }
}

private enum Figures {
    static func median(_ values: [Double]) -> Double { values.sorted()[values.count / 2] }

    static func say(_ name: String, _ seconds: [Double]) {
        let sorted = seconds.sorted()
        let (quarter, most) = (sorted[sorted.count / 4], sorted[sorted.count * 3 / 4])
        say(
            name,
            String(
                format: "%.1f ms (half of %d between %.1f and %.1f)", median(seconds) * 1e3, seconds.count,
                quarter * 1e3, most * 1e3))
    }

    static func say(_ name: String, _ words: String) { print("\(name): \(words)") }

    static func bytes(_ hexadecimal: String) -> [UInt8] {
        var rest = Substring(hexadecimal)
        var bytes: [UInt8] = []
        while let byte = UInt8(rest.prefix(2), radix: 16), rest.count >= 2 {
            bytes.append(byte)
            rest = rest.dropFirst(2)
        }
        return bytes
    }
}
