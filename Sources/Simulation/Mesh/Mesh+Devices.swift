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
        if tap != nil { tapAdvertisement(data, devices[number].address, isConnectable: false) }
        for hearer in devices[number].hearers {
            let wait = air.firstHeard(
                dBm: hearer.dBm, advertisements: plan.advertisements,
                intervalMicroseconds: plan.advertisementIntervalMicroseconds, &airChances)
            guard let wait else { continue }
            let signal = UInt32(UInt8(bitPattern: air.measured(hearer.dBm, &airChances)))
            queue.add(
                Happening(kind: .heard, house: Int32(hearer.house), other: signal, number: kept), at: now + wait)
        }
    }

    func hear(emission number: Int64, at index: Int, dBm: Int8) {
        guard emissions.isKept(number), !houses[index].troubles.isDeaf else { return }
        let (data, device) = (emissions[number].data, Int(emissions[number].device))
        let address = devices[device].address
        if houses[index].isLiar { lieAboutHeard(data, device: device, at: houses[index]) }
        drive(index) { bridge, moment, effects in
            data.withUnsafeBytes {
                bridge.heard(from: address, signalDBm: dBm, data: $0, now: moment, into: &effects)
            }
        }
    }
}
