import Bridging
import Consent
import Wire

/// Devices: when they speak, and who hears them.
extension Mesh {
    func scheduleEmission(_ number: Int) {
        guard let time = devices[number].traffic.nextTime() else { return }
        queue.add(Happening(kind: .emission, house: Int32(number)), at: max(time, now))
    }

    func emit(_ number: Int) {
        scheduleEmission(number)
        let plan = scenario.devices[devices[number].plan]
        guard let (eventID, data) = try? devices[number].emit(serviceDataBytes: plan.serviceDataBytes) else { return }
        meters.emitted += 1
        var emission = Emission(
            device: Int32(number), eventID: eventID, time: now, isForged: false, data: data)
        emission.journey = startJourney(device: number)
        let kept = emissions.add(emission)
        let burst = bursts.add(emission: kept, hearers: devices[number].hearers.count)
        advertise(device: number, burst, 0)
    }

    /// One of the advertisements of a burst goes on the air.
    func advertise(device number: Int, _ burst: Int, _ which: Int64) {
        let plan = scenario.devices[devices[number].plan]
        let bytes = plan.serviceDataBytes + 7
        let event = air.bursts.begin(devices[number].sender, at: now, dataBytes: bytes)
        if tap != nil, emissions.isKept(bursts[burst].emission) {
            tapAdvertisement(emissions[bursts[burst].emission].data, devices[number].address, isConnectable: false)
        }
        bursts[burst].event = event
        bursts[burst].isLast = which + 1 >= plan.advertisements
        queue.add(Happening(kind: .advertised, other: UInt32(burst)), at: event.endMicroseconds)
        guard !bursts[burst].isLast else { return }
        let wait = plan.advertisementIntervalMicroseconds + Int64(devices[number].chances.number(below: 10_000))
        let next = Happening(
            kind: .advertisement, house: Int32(number), other: UInt32(burst), number: which + 1)
        queue.add(next, at: max(now + wait, event.endMicroseconds + 1))
    }

    /// It has been sent: those who had not heard the burst may have heard this.
    func advertised(_ place: Int) {
        let burst = bursts[place]
        // Only with the last of its advertisements its place is free, whether anybody still follows the event or not.
        defer { if burst.isLast { bursts.remove(place) } }
        guard let event = burst.event, emissions.isKept(burst.emission) else { return }
        let device = Int(emissions[burst.emission].device)
        // Once, and not for each hearer: a copy counts a reference to each of its tables.
        let bursting = air.bursts
        for (index, hearer) in devices[device].hearers.enumerated() where burst.waiting >> UInt64(index) & 1 == 1 {
            let time = bursting.hear(
                event, by: Int(hearer.house), dBm: Double(hearer.dBm), bitLogarithm: hearer.bitLogarithm,
                disturbance: Double(hearer.disturbance), random: &devices[device].chances)
            guard time != nil else { continue }
            bursts[place].waiting &= ~(1 << UInt64(index))
            hear(
                emission: burst.emission, at: Int(hearer.house), dBm: air.measured(hearer.dBm, &devices[device].chances)
            )
        }
        if burst.isLast, emissions.isKept(burst.emission) { emissions[burst.emission].data = [] }
    }

    func hear(emission number: Int64, at index: Int, dBm: Int8) {
        guard !houses[index].troubles.isDeaf, houses[index].running != nil else { return }
        let (data, device) = (emissions[number].data, Int(emissions[number].device))
        guard !data.isEmpty else { return }
        let address = devices[device].address
        if houses[index].isLiar { lieAboutHeard(data, device: device, at: houses[index]) }
        drive(index) { bridge, moment, effects in
            data.withUnsafeBytes {
                bridge.heard(from: address, signalDBm: dBm, data: $0, now: moment, into: &effects)
            }
        }
    }
}

/// Bursts of advertisements that are under way.
struct BurstTable {
    struct Burst {
        var emission: Int64
        /// The device's hearers that have not heard any of it.
        var waiting: UInt64
        var event: AdvertisingEvent?
        var isLast = false
    }

    private var bursts: [Burst] = []
    private var free: [Int] = []
    var freePlaces: [Int] { free }
    var count: Int { bursts.count }

    mutating func add(emission: Int64, hearers: Int) -> Int {
        let waiting: UInt64 = hearers >= 64 ? .max : 1 << UInt64(hearers) - 1
        let burst = Burst(emission: emission, waiting: waiting)
        guard let place = free.popLast() else {
            bursts.append(burst)
            return bursts.count - 1
        }
        bursts[place] = burst
        return place
    }

    mutating func remove(_ place: Int) { free.append(place) }

    subscript(place: Int) -> Burst {
        _read { yield bursts[place] }
        _modify { yield &bursts[place] }
    }
}
