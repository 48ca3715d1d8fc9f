import Bridging
import Consent
import Devices
import Sealing
import SeededRandom
import Wire

/// A small network, the same in every run: who is in it, their devices and grants, and all records of it.
struct FuzzNetwork {
    static let start = WallTime(seconds: 1_900_000_000)
    static let devicesPerMember = 2

    /// A device with its grant, at its home.
    struct Device {
        let home: Int
        let grant: OwnGrant
        let address: UInt64
        let bindKey: SecretBytes
    }

    /// The founder, whom it invited, whom that one invited, and so on; the last is no member yet.
    var identities: [BridgeIdentity] = []
    var devices: [Device] = []
    var stored: StoredNetwork
    var keys: NetworkKeys
    /// Member records, in the order of `identities`.
    var members: [[UInt8]] = []
    /// All records, parents first: members, grants, first proofs, and from `noesStart` on the noes.
    var records: [[UInt8]] = []
    var noesStart = 0

    nonisolated(unsafe) static let shared: FuzzNetwork = {
        do { return try FuzzNetwork() } catch { fatalError("no network: \(error)") }
    }()

    private init() throws {
        var random = SplitMix64(seed: 0x5eed)
        for number in 0..<5 {
            identities.append(
                try BridgeIdentity(
                    staticKey: SecretBytes(random.bytes(32)), signingSeed: SecretBytes(random.bytes(32)),
                    name: MemberName("house \(number)")))
        }
        stored = StoredNetwork(
            networkKey: SecretBytes(random.bytes(32)), recognitionKey: SecretBytes(random.bytes(32)),
            founderSigningKey: identities[0].signingKey.publicKey)
        keys = try NetworkKeys(networkKey: stored.networkKey, recognitionKey: stored.recognitionKey)
        for (number, identity) in identities.enumerated() {
            let inviter = identities[max(0, number - 1)]
            let record = try MemberRecord(
                staticKey: identity.staticKey.publicKey, signingKey: identity.signingKey.publicKey,
                inviter: inviter.memberID, issued: Self.start, name: identity.name,
                networkName: MemberName(number == 0 ? "street" : "")
            ).signed(by: inviter.signingKey)
            members.append(try record.array())
        }
        for home in 0..<4 {
            for number in 0..<Self.devicesPerMember { try enrol(home, number, &random) }
        }
        try makeRecords()
    }

    private mutating func enrol(_ home: Int, _ number: Int, _ random: inout SplitMix64) throws {
        // The first devices of members 2 and 3 are the same one: their grants suspend each other.
        let address = UInt64(home >= 2 && number == 0 ? 0x77 : home * 16 + number)
        let terms = GrantTerms(
            recognitionValue: keys.recognitionValue(.random, address: address),
            eventClass: EventClass.allCases[(home + number) % 3], scope: number == 0 ? [.relay] : [.relay, .hold],
            ratePerMinute: 60, days: number == 0 ? 180 : 3)
        let secrets = GrantSecrets(
            sealingKey: SecretBytes(random.bytes(32)), validitySeed: SecretBytes(random.bytes(20)),
            revocationSecret: SecretBytes(random.bytes(20)))
        guard let relayKey = Bytes16(random.bytes(16)) else { return }
        let grant = try OwnGrant(
            terms: terms, home: identities[home].memberID, signingKey: identities[home].signingKey,
            relayKey: relayKey, secrets: secrets, now: Self.start)
        devices.append(
            Device(home: home, grant: grant, address: address, bindKey: SecretBytes(random.bytes(16))))
    }

    private mutating func makeRecords() throws {
        records = members
        for device in devices { records.append(try device.grant.record.array()) }
        for day in 0..<3 {
            for device in devices {
                let time = Self.start.advanced(seconds: Int64(day) * 86_400)
                if let proof = try device.grant.proofDue(after: 0, now: time) { records.append(try proof.array()) }
            }
        }
        noesStart = records.count
        for device in devices.suffix(5) { records.append(try device.grant.revocation().array()) }
        for sequence in UInt32(1)...4 {
            let maker = identities[Int(sequence % 4)]
            let device = devices[Int(sequence) % devices.count].grant.record.recognitionValue
            let record = DeviceOptOutRecord(
                maker: maker.memberID, recognitionValue: device, sequenceNumber: sequence / 2 + 1,
                isNo: sequence % 2 == 0)
            records.append(try record.signed(by: maker.signingKey).array())
        }
        for member in 2..<5 {
            let record = DepartureRecord(member: identities[member].memberID, time: Self.start)
            records.append(try record.signed(by: identities[member].signingKey).array())
        }
    }

    /// A registry as member `own` has it, with all members but the last, all grants and their first proofs.
    func registry(own: Int) -> Registry {
        var registry = Registry(founder: stored.founderSigningKey, ownMember: identities[own].memberID, tableSeed: 5)
        var effects: [RegistryEffect] = []
        for record in recordsAtStart { _ = registry.add(record, now: Self.start, into: &effects) }
        return registry
    }

    var recordsAtStart: [[UInt8]] {
        Array(records[..<4] + records[5..<(5 + 2 * devices.count)])
    }
}
