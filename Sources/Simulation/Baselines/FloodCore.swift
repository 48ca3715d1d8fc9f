/// A frame that a house has yet to send, or sends.
struct FloodFrame {
    /// Its policy's number for it.
    var number: Int32
    var hopsLeft: UInt8
    /// Advertising events to come.
    var transmissions: UInt8
    var dataBytes: UInt8
    var isExtended = false
}

/// A house that has received a frame.
struct FloodReception {
    var house: Int
    var dBm: Double
}

/// What both baselines stand on: devices that advertise, houses that hear them, and each house's advertising bearer, which
/// sends one frame after the other. What floods and what does not is its policy's.
final class FloodCore {
    enum Happening {
        case emission(Int)
        case advertise(burst: Int)
        case advertised(burst: Int, AdvertisingEvent)
        case send(house: Int, boot: UInt32)
        case sent(house: Int, FloodFrame, AdvertisingEvent)
        case trouble(Int)
        /// The policy's own.
        case timer(kind: UInt8, house: Int, number: Int32, extra: Int32)
    }

    /// What the policy has to look at.
    enum Step {
        /// Those in `hearers` have heard an event first, are not its home, and send it.
        case heard(event: Int)
        /// Those in `receptions` have received a frame.
        case received(from: Int, FloodFrame)
        case timer(kind: UInt8, house: Int, number: Int32, extra: Int32)
        case nothing
    }

    private struct Burst {
        var event: Int
        var device: Int
        var left: Int
        /// Who has sent it on its way.
        var senders: [Int] = []
    }

    private struct House {
        var sender: Int
        var frames: [FloodFrame] = []
        var isSending = false
        var boot: UInt32 = 0
        var downUntil: Int64 = 0
        var deafUntil: Int64 = 0
        var muteUntil: Int64 = 0
        var noUntil: Int64 = 0
        /// Partitions that it is in, in the order of their beginnings: the last one counts.
        var parted: [(until: Int64, number: Int)] = []

        init(sender: Int) { self.sender = sender }
    }

    /// Frames that wait in one house for its bearer.
    static let framesMax = 64

    let street: FloodStreet
    var ledger: FloodLedger
    var random: RandomStream
    private(set) var now: Int64 = 0
    private(set) var receptions: [FloodReception] = []
    private(set) var hearers: [Int] = []
    private var air: AdvertisingAir
    private var queue = TimedQueue<Happening>()
    private var houses: [House] = []
    private var deviceSenders: [Int] = []
    private var bursts: [Burst] = []
    private var partitions = 0
    private let intervalMicroseconds: Int64
    private let isSentByAll: Bool

    /// - Parameters:
    ///   - intervalMicroseconds: between two advertising events of one house, before the random delay.
    ///   - isSentByAll: every house that hears an event sends it, not only the first one.
    init(
        _ scenario: Scenario, _ street: FloodStreet, policy: String, seed: UInt64, intervalMicroseconds: Int64,
        isSentByAll: Bool
    ) {
        self.street = street
        self.intervalMicroseconds = intervalMicroseconds
        self.isSentByAll = isSentByAll
        ledger = FloodLedger(scenario, seed: seed, policy: policy, street: street)
        random = RandomStream(seed: seed, purpose: 0x666c_6f6f_64)
        air = AdvertisingAir(street.plan, isAlwaysListening: true, seed: seed)
        for house in 0..<street.propagation.houses {
            let sender = air.addSender(house: house, neighbours: street.propagation.neighbours(of: house))
            houses.append(House(sender: sender))
        }
        for device in street.devices {
            let hearers = street.propagation.neighbours(of: device.spot, transmitDBm: device.transmitDBm)
            deviceSenders.append(air.addSender(house: nil, neighbours: hearers))
        }
        for (number, trouble) in street.troubles.enumerated() { queue.add(.trouble(number), at: trouble.time) }
        if let first = street.emissions.first { queue.add(.emission(0), at: first.time) }
    }

    func addTimer(kind: UInt8, house: Int, number: Int32, extra: Int32 = 0, at time: Int64) {
        queue.add(.timer(kind: kind, house: house, number: number, extra: extra), at: time)
    }

    /// Whether a house carries others' frames now.
    func isRelaying(_ house: Int) -> Bool { street.relays[house] && houses[house].noUntil <= now && isUp(house) }
    func isUp(_ house: Int) -> Bool { houses[house].downUntil <= now }
    /// Counts a house's restarts: what it had in memory before one is lost.
    func boot(of house: Int) -> UInt32 { houses[house].boot }

    // MARK: Steps

    /// The next thing that happens; nil at the end.
    func next() -> Step? {
        guard let (time, happening) = queue.next(before: street.durationMicroseconds + 1) else { return nil }
        now = time
        ledger.step()
        switch happening {
        case .emission(let number): emit(number)
        case .advertise(let burst): advertise(burst)
        case .advertised(let burst, let event): return advertised(burst, event)
        case .send(let house, let boot): if houses[house].boot == boot { send(house) }
        case .sent(let house, let frame, let event): return sent(house, frame, event)
        case .trouble(let number): begin(street.troubles[number])
        case .timer(let kind, let house, let number, let extra):
            return .timer(kind: kind, house: house, number: number, extra: extra)
        }
        return .nothing
    }

    private func begin(_ trouble: FloodStreet.Trouble) {
        // As in a mesh, what lasts no time lasts a microsecond, and a short one within a long one does not end that.
        let until = trouble.forMicroseconds.map { trouble.time + max($0, 1) } ?? Int64.max
        for house in trouble.houses where houses.indices.contains(house) {
            switch trouble.kind {
            case .down:
                houses[house].downUntil = max(houses[house].downUntil, until)
                houses[house].frames = []
                houses[house].isSending = false
                houses[house].boot += 1
            case .deaf: houses[house].deafUntil = max(houses[house].deafUntil, until)
            case .mute: houses[house].muteUntil = max(houses[house].muteUntil, until)
            case .optedOut: houses[house].noUntil = max(houses[house].noUntil, until)
            case .parted:
                partitions += house == trouble.houses[0] ? 1 : 0
                houses[house].parted.removeAll { $0.until <= now }
                houses[house].parted.append((until, partitions))
            }
        }
    }

    private func partition(_ house: Int) -> Int { houses[house].parted.last { $0.until > now }?.number ?? 0 }

    // MARK: Devices

    private func emit(_ number: Int) {
        let emission = street.emissions[number]
        if number + 1 < street.emissions.count {
            queue.add(.emission(number + 1), at: street.emissions[number + 1].time)
        }
        let event = ledger.emit(device: emission.device, at: now)
        let device = street.devices[emission.device]
        bursts.append(Burst(event: event, device: emission.device, left: max(device.advertisements, 1)))
        advertise(bursts.count - 1)
    }

    private func advertise(_ number: Int) {
        let device = street.devices[bursts[number].device]
        let event = air.begin(
            deviceSenders[bursts[number].device], at: now,
            dataBytes: FloodStreet.advertisementBytes(serviceDataBytes: device.serviceDataBytes))
        queue.add(.advertised(burst: number, event), at: event.endMicroseconds)
        bursts[number].left -= 1
        if bursts[number].left > 0 {
            queue.add(
                .advertise(burst: number),
                at: now + device.advertisementIntervalMicroseconds + Int64(random.number(below: 10_001)))
        }
    }

    /// The home opens what it hears itself. Which others hear an event they cannot know from each other: unless all are
    /// to send it, the first one does, and they are spared what they would send twice.
    private func advertised(_ number: Int, _ event: AdvertisingEvent) -> Step {
        let burst = bursts[number]
        let home = street.devices[burst.device].owner
        hearers.removeAll(keepingCapacity: true)
        for hearer in air.hearers(of: deviceSenders[burst.device]) {
            let house = hearer.house
            let isWanted =
                house == home
                ? !ledger.isDelivered(burst.event)
                : isSentByAll ? !burst.senders.contains(house) : burst.senders.isEmpty
            guard isWanted, isUp(house), houses[house].deafUntil <= now, house == home || isRelaying(house),
                air.hear(event, by: house, dBm: hearer.dBm, disturbance: 0, random: &random) != nil
            else { continue }
            ledger.hear(burst.event, by: house, at: now)
            if house == home {
                ledger.deliver(burst.event, hops: 0, at: now)
                ledger.setPending(burst.event, false)
            } else {
                hearers.append(house)
            }
        }
        if !isSentByAll {
            if ledger.isDelivered(burst.event) { hearers.removeAll(keepingCapacity: true) }
            hearers.removeLast(max(hearers.count - 1, 0))
        }
        guard !hearers.isEmpty else { return .nothing }
        bursts[number].senders += hearers
        if !ledger.isDelivered(burst.event) { ledger.setPending(burst.event, true) }
        return .heard(event: burst.event)
    }

    // MARK: Bearers

    /// Puts a frame behind those that a house has yet to send; false if there is no room.
    @discardableResult
    func add(_ frame: FloodFrame, at house: Int) -> Bool {
        guard isUp(house) else { return false }
        guard houses[house].frames.count < Self.framesMax else {
            ledger.drop("queue full")
            return false
        }
        houses[house].frames.append(frame)
        ledger.setHeld(house, houses[house].frames.count)
        if !houses[house].isSending { send(house) }
        return true
    }

    private func send(_ house: Int) {
        guard isUp(house), !houses[house].frames.isEmpty else {
            houses[house].isSending = false
            return
        }
        houses[house].isSending = true
        let frame = houses[house].frames[0]
        let sender = houses[house].sender
        let event =
            frame.isExtended
            ? air.beginExtended(sender, at: now, dataBytes: Int(frame.dataBytes), random: &random)
            : air.begin(sender, at: now, dataBytes: Int(frame.dataBytes))
        queue.add(.sent(house: house, frame, event), at: event.endMicroseconds)
        ledger.transmit(house, microseconds: event.airtimeMicroseconds, bytes: Int(frame.dataBytes), at: now)
        houses[house].frames[0].transmissions -= 1
        if houses[house].frames[0].transmissions == 0 { houses[house].frames.removeFirst() }
        queue.add(
            .send(house: house, boot: houses[house].boot),
            at: max(now + intervalMicroseconds + Int64(random.number(below: 10_001)), event.endMicroseconds))
    }

    private func sent(_ house: Int, _ frame: FloodFrame, _ event: AdvertisingEvent) -> Step {
        receptions.removeAll(keepingCapacity: true)
        guard houses[house].muteUntil <= now else { return .nothing }
        for hearer in air.hearers(of: houses[house].sender) {
            let other = hearer.house
            guard isUp(other), houses[other].deafUntil <= now, partition(other) == partition(house),
                street.plan.frameLoss <= 0 || !random.chance(street.plan.frameLoss),
                air.hear(event, by: other, dBm: hearer.dBm, disturbance: 0, random: &random) != nil
            else { continue }
            receptions.append(FloodReception(house: other, dBm: hearer.dBm))
        }
        return receptions.isEmpty ? .nothing : .received(from: house, frame)
    }
}
