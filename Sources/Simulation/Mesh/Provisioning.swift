import Bridging
import Consent
import Devices
import Sealing
import Wire

/// Makes everybody's keys, devices and records: a street as it stands when the run begins. Every secret comes from the
/// seed, so that a run can be had again to the byte.
struct Provisioning {
    /// Members that each member has invited: chains stay far below their limit.
    private static let guestsPerMember = 4

    struct Network {
        let stored: StoredNetwork
        let keys: NetworkKeys
        /// Of all members, grants and first proofs.
        var records: [[UInt8]] = []
        var houses: [Int]
        var devices: [Int] = []
        /// The index of the first proof of each of the devices.
        var proofs: [UInt16] = []
    }

    let plan: ResolvedScenario
    private var random: RandomStream
    private(set) var identities: [BridgeIdentity] = []
    private(set) var disks: [SimulatedDisk] = []
    private(set) var networks: [Network] = []
    private(set) var devices: [SimulatedDevice] = []

    init(_ plan: ResolvedScenario, air: Air) throws {
        self.plan = plan
        random = RandomStream(seed: plan.seed, purpose: 0x02)
        for house in plan.places.indices { try addHouse(house) }
        for network in 0..<plan.networkCount { try addNetwork(plan.houses(ofNetwork: network)) }
        for number in plan.devices.indices { try addDevice(number, air) }
        if plan.scenario.beginning == .members { try signEverything() }
    }

    private mutating func secret(_ count: Int) -> SecretBytes {
        var bytes = [UInt8](repeating: 0, count: count)
        bytes.withUnsafeMutableBytes { random.fill($0) }
        return SecretBytes(bytes)
    }

    private mutating func bytes16() -> Bytes16 {
        secret(16).withUnsafeBytes { Bytes16($0) } ?? Bytes16()
    }

    private mutating func newAddress() -> UInt64 { random.next() & 0x3fff_ffff_ffff | 0xc000_0000_0000 }

    private mutating func addHouse(_ house: Int) throws {
        let disk = SimulatedDisk(staticKey: secret(32), signingSeed: secret(32), name: "house \(house)")
        disks.append(disk)
        identities.append(try disk.identity())
    }

    private mutating func addNetwork(_ houses: [Int]) throws {
        let founder = identities[houses[0]]
        let stored = StoredNetwork(
            networkKey: secret(32), recognitionKey: secret(32), founderSigningKey: founder.signingKey.publicKey)
        let keys = try NetworkKeys(networkKey: stored.networkKey, recognitionKey: stored.recognitionKey)
        networks.append(Network(stored: stored, keys: keys, houses: houses))
    }

    private mutating func addDevice(_ number: Int, _ air: Air) throws {
        let drawn = plan.devices[number]
        let devicePlan = plan.scenario.devices[drawn.plan]
        let network = plan.network(of: drawn.owner)
        let (bindKey, relayKey) = (secret(16), bytes16())
        let secrets = GrantSecrets(
            sealingKey: secret(32), validitySeed: secret(20), revocationSecret: secret(20))
        let home = identities[drawn.owner].memberID
        let (sender, hearers) = air.addDevice(
            at: drawn.place, beside: drawn.beside, transmitDBm: devicePlan.transmitPowerDBm,
            dataBytes: devicePlan.serviceDataBytes + 7)
        devices.append(
            SimulatedDevice(
                plan: drawn.plan, home: drawn.owner, place: drawn.place, name: "\(devicePlan.name) \(number)",
                identifier: Int64(number + 1), address: RadioAddress(value: newAddress(), kind: .random),
                localIndex: networks[network].devices.count, bindKey: bindKey, relayKey: relayKey, secrets: secrets,
                cipher: try BTHomeCipher(bindKey: bindKey),
                eventKey: try SimulatedDevice.eventKey(relayKey: relayKey, home: home),
                sender: sender, hearers: hearers,
                traffic: plan.trafficClock(ofDevice: number),
                chances: RandomStream(seed: plan.seed, purpose: 0x15 << 32 | UInt64(number)),
                counter: UInt32(random.number(below: 1_000))))
        networks[network].devices.append(number)
        disks[drawn.owner].devices.append(number)
    }

    // MARK: A street that has run for days

    private mutating func signEverything() throws {
        for network in networks.indices {
            try signMembers(network)
            for number in networks[network].devices { try signGrant(number, network) }
            for house in networks[network].houses {
                disks[house].network = networks[network].stored
                disks[house].firstRecords = networks[network].records
                disks[house].raiseClock(to: plan.scenario.startsAt.advanced(seconds: -60), at: 0)
            }
        }
    }

    private mutating func signMembers(_ network: Int) throws {
        let houses = networks[network].houses
        let issued = plan.scenario.startsAt.advanced(seconds: -20 * 86_400)
        for (place, house) in houses.enumerated() {
            let inviter = identities[place == 0 ? house : houses[(place - 1) / Self.guestsPerMember]]
            let identity = identities[house]
            let record = try MemberRecord(
                staticKey: identity.staticKey.publicKey, signingKey: identity.signingKey.publicKey,
                inviter: inviter.memberID, issued: issued.advanced(seconds: Int64(place)), name: identity.name,
                networkName: place == 0 ? MemberName("street \(network)") : MemberName()
            ).signed(by: inviter.signingKey)
            networks[network].records.append(try record.array())
        }
    }

    /// Granted at some time of the last five days, so that daily proofs do not fall due all at once.
    private mutating func signGrant(_ number: Int, _ network: Int) throws {
        let age = Int64(random.number(below: 5 * 86_400 - 7_200)) + 3_600
        let device = devices[number]
        let devicePlan = plan.scenario.devices[device.plan]
        let keys = networks[network].keys
        let identity = identities[device.home]
        let grant = try OwnGrant(
            terms: GrantTerms(
                recognitionValue: keys.recognitionValue(device.address.kind, address: device.address.value),
                eventClass: devicePlan.eventClass, scope: devicePlan.scope, ratePerMinute: devicePlan.ratePerMinute),
            home: identity.memberID, signingKey: identity.signingKey, relayKey: device.relayKey,
            secrets: device.secrets, now: plan.scenario.startsAt.advanced(seconds: -age))
        devices[number].grant = grant
        networks[network].records.append(try grant.record.array())
        let proof = try grant.proofDue(after: 0, now: plan.scenario.startsAt)
        if let proof { networks[network].records.append(try proof.array()) }
        networks[network].proofs.append(proof?.index ?? 0)
    }
}
