/// A house that hears another one, and how well.
struct AirNeighbour {
    var house: Int32
    var dBm: Float
    /// Probability that one packet of a beacon is lost, to noise and to other beacons.
    var loss: Float
}

/// A house that hears a device, and how well.
struct DeviceHearer {
    var house: Int32
    var dBm: Float
    /// Probability that one packet is lost to what is not simulated packet by packet.
    var disturbance: Float
    /// Of `dBm`: see `FrameErrors`.
    var bitLogarithm: Double
}

/// The air of a mesh: who hears whom, when beacons are found, which connections come to be. The engine's only way to the
/// models in `Radio`. A class, since a struct of this size would be copied at every call that draws from a house's chances.
final class Air {
    static let beaconBytes = 28
    /// What a beacon costs in time on the air: the same packet on three channels.
    static let beaconAirtimeMicroseconds = 3 * Airtime.advertisementMicroseconds(dataBytes: beaconBytes)
    /// Of one device, the strongest: no device is heard by more, or spoils others' packets where it is not heard. As many
    /// as a burst's word of bits has room for.
    static let hearersMax = 64
    /// Connections that a bridge is taken to serve when it is asked how often it is too busy to hear a device.
    private static let connectionsServed = 3

    let plan: RadioPlan
    let propagation: Propagation
    /// By house those that hear it and that it hears, strongest first.
    let neighbours: [[AirNeighbour]]
    /// Bursts of devices, packet by packet.
    var bursts: AdvertisingAir
    private let discovery: DiscoveryLatency
    private let places: [Place]

    init(_ plan: RadioPlan, topology: Topology, places: [Place], seed: UInt64) {
        self.plan = plan
        self.places = places
        bursts = AdvertisingAir(plan, seed: seed)
        discovery = DiscoveryLatency(plan, dataBytes: Self.beaconBytes)
        let propagation =
            switch topology {
            case .links(let houses, let links): Propagation(plan: plan, houses: houses, links: links, seed: seed)
            case .tower(_, _, _, let floorMetres):
                Propagation(plan: plan, places: places, floorMetres: floorMetres, seed: seed)
            default: Propagation(plan: plan, places: places, seed: seed)
            }
        self.propagation = propagation
        neighbours = places.indices.map { house in
            propagation.neighbours(of: house).map { neighbour in
                let loss = propagation.beaconLoss(
                    dBm: neighbour.dBm, at: neighbour.house, dataBytes: Self.beaconBytes)
                return AirNeighbour(house: Int32(neighbour.house), dBm: Float(neighbour.dBm), loss: Float(loss))
            }.sorted { ($1.dBm, $0.house) < ($0.dBm, $1.house) }
        }
    }

    /// What a radio reports of a signal.
    func measured(_ dBm: Float, _ random: inout RandomStream) -> Int8 {
        Int8(clamping: Int(dBm.rounded()) + random.number(below: 7) - 3)
    }

    // MARK: Devices

    /// The houses that hear a device, and its number among those that send.
    func addDevice(
        at place: Place, beside: Int, transmitDBm: Double, dataBytes: Int
    ) -> (sender: Int, hearers: [DeviceHearer]) {
        let spot = Spot(place: place, house: beside)
        var heard = propagation.neighbours(of: spot, transmitDBm: transmitDBm)
        if heard.count > Self.hearersMax {
            heard.sort { ($1.dBm, $0.house) < ($0.dBm, $1.house) }
            heard.removeLast(heard.count - Self.hearersMax)
            heard.sort { $0.house < $1.house }
        }
        let interval = (plan.connectionIntervalMinMicroseconds + plan.connectionIntervalMaxMicroseconds) / 2
        let busy = propagation.busyPart(
            connectionIntervalsMicroseconds: Array(repeating: interval, count: Self.connectionsServed),
            dataBytes: Self.beaconBytes)
        let packet = Airtime.advertisementMicroseconds(dataBytes: dataBytes)
        let hearers = heard.map { neighbour in
            let overlap = propagation.beaconOverlap(
                dBm: neighbour.dBm, at: neighbour.house, packetMicroseconds: packet, beaconBytes: Self.beaconBytes)
            let dBm = Float(neighbour.dBm)
            return DeviceHearer(
                house: Int32(neighbour.house), dBm: dBm, disturbance: Float(1 - (1 - busy) * (1 - overlap)),
                bitLogarithm: propagation.errors.bitLogarithm(powerDBm: Double(dBm)))
        }
        return (bursts.addSender(house: nil, neighbours: heard), hearers)
    }

    // MARK: Beacons and connections

    /// How long until a beacon is heard, from a random moment; nil if it never is.
    func untilBeacon(_ neighbour: AirNeighbour, _ random: inout RandomStream) -> Int64? {
        discovery.sampleMicroseconds(loss: Double(neighbour.loss), random: &random)
    }

    /// A connection whose request is sent now.
    func connection(_ neighbour: AirNeighbour, now: Int64, _ random: inout RandomStream) -> ConnectionModel {
        var model = ConnectionModel(ConnectionParameters(plan, requestedMicroseconds: now, random: &random))
        model.inFlightMax = 16
        model.setPower(
            atPeripheralDBm: Double(neighbour.dBm), atCentralDBm: Double(neighbour.dBm), errors: propagation.errors,
            frameLoss: plan.frameLoss)
        return model
    }
}
