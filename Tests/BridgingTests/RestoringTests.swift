import Consent
import Sealing
import SeededRandom
import Testing
import Wire

@testable import Bridging

/// What a bridge finds on its disk and cannot use.
struct RestoringTests {
    private func junk(_ number: Int) -> [UInt8] { [0x12] + SplitMix64.bytes(seed: UInt64(number), count: 100) }

    private func ids(_ street: VirtualStreet, _ node: Int) -> Set<UInt64> {
        Set(street.nodes[node].disk.records.map(\.id))
    }

    @Test func rowsThatWillNeverBeTakenAreForgottenOnDiskAndTheOthersStay() throws {
        let street = try VirtualStreet.chain(2, seed: 630)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        let before = ids(street, 1)
        street.crash(1)
        // Of a later version: not to be understood, and not to be thrown away. Of an unknown signer: that may still come.
        let later: [UInt8] = [0x21] + SplitMix64.bytes(seed: 1, count: 50)
        let departure = DepartureRecord(member: 77, time: WallTime(seconds: 5))
        let early = try departure.signed(by: street.nodes[0].disk.identity().signingKey).array()
        for bytes in [later, early] { street.nodes[1].disk.store(bytes, id: Names.recordID(bytes)) }
        let many = Bridge.forgottenAtOnceMax + 100
        for number in 0..<many { street.nodes[1].disk.store(junk(number), id: Names.recordID(junk(number))) }
        try street.start(1)
        #expect(ids(street, 1).count > before.count + 90, "not all of them at once")
        street.run(seconds: 130)
        #expect(ids(street, 1) == before.union([Names.recordID(later), Names.recordID(early)]))
        #expect(street.failures == [])
    }

    @Test func clockThatRanAheadAtTheStartCostsNoRecords() throws {
        let street = try VirtualStreet.chain(2, seed: 631)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.nodes[0].disk.clock = street.moment(of: 0).wall
        let before = ids(street, 0)
        street.crash(0)
        street.cut(0, 1)
        // Longer than the owner's opt-in of 90 days.
        street.nodes[0].wallOffsetSeconds = 200 * 86_400
        try street.start(0)
        street.run(seconds: 300)
        #expect(ids(street, 0).isSuperset(of: before))
        street.nodes[0].wallOffsetSeconds = 0
        street.connect(0, 1)
        #expect(street.run(atMost: 120) { street.isOpen(sensor) })
        street.emit(sensor, near: [1])
        #expect(street.run(atMost: 30) { street.isDelivered(sensor, 0) })
    }

    /// The rows as they may lie on disk: by id, which is a hash, or with either kind first.
    enum Order: CaseIterable { case byID, byIDReversed, noesFirst, noesLast }

    @Test(arguments: Order.allCases)
    func moreRevocationsThanMayWaitAndAllLiveGrantsSurviveARestart(order: Order) throws {
        let street = try VirtualStreet.chain(3, seed: 632)
        #expect(street.run(atMost: 60) { street.links(2) >= 1 })
        street.run(seconds: 60)
        street.cut(1, 2)
        street.crash(2)
        var revoked: [UInt64] = []
        var live: [UInt64] = []
        var rows: [(id: UInt64, bytes: [UInt8])] = []
        for (home, liveCount) in [(0, 64), (1, 0)] {
            for number in 0..<160 + liveCount {
                // The live ones are older: they must not give way to what was revoked.
                let grant = try grant(of: street, home, number: number, isOlder: number >= 160)
                let bytes = try grant.record.array()
                rows.append((Names.recordID(bytes), bytes))
                if number < 160 {
                    revoked.append(grant.id)
                    let no = try grant.revocation().array()
                    rows.append((Names.recordID(no), no))
                } else {
                    live.append(grant.id)
                }
            }
        }
        rows.sort { $0.id < $1.id }
        if order == .byIDReversed { rows.reverse() }
        if order == .noesFirst || order == .noesLast {
            let isNo: ([UInt8]) -> Bool = { $0.first == RecordKind.revocation.firstByte }
            rows.sort { isNo($0.bytes) == (order == .noesFirst) && isNo($1.bytes) != (order == .noesFirst) }
        }
        for row in rows { street.nodes[2].disk.store(row.bytes, id: row.id) }
        let before = ids(street, 2)
        try street.start(2)
        // Longer than the disk is told to forget after the start.
        street.run(seconds: 130)
        #expect(ids(street, 2).isSuperset(of: before))
        let registry = try #require(street.nodes[2].running?.bridge.network?.registry)
        let isRevoked = { (id: UInt64) in registry.grantIndex(of: id).flatMap { registry.grant(at: $0)?.isRevoked } }
        #expect(revoked.allSatisfy { isRevoked($0) == true })
        #expect(live.allSatisfy { isRevoked($0) == false })
        #expect(street.failures == [])
    }

    private func grant(of street: VirtualStreet, _ home: Int, number: Int, isOlder: Bool) throws -> OwnGrant {
        let identity = try street.nodes[home].disk.identity()
        let seed = UInt64(home) << 32 | UInt64(number) << 8
        let random: (UInt64, Int) -> [UInt8] = { SplitMix64.bytes(seed: seed | $0, count: $1) }
        return try OwnGrant(
            terms: GrantTerms(
                recognitionValue: Bytes16(random(1, 16)) ?? Bytes16(), eventClass: .event, scope: [.relay],
                ratePerMinute: 60, days: 90),
            home: identity.memberID, signingKey: identity.signingKey, relayKey: Bytes16(random(2, 16)) ?? Bytes16(),
            secrets: GrantSecrets(
                sealingKey: SecretBytes(random(3, 32)), validitySeed: SecretBytes(random(4, 20)),
                revocationSecret: SecretBytes(random(5, 20))),
            now: street.moment(of: home).wall.advanced(seconds: isOlder ? -86_400 : -3_600))
    }

    @Test func revocationForWhichThereIsNoRoomStaysOnDisk() throws {
        let street = try VirtualStreet.chain(2, seed: 633)
        street.cut(0, 1)
        street.crash(1)
        let end = street.moment(of: 1).wall.advanced(seconds: 86_400)
        for number in 0..<Registry.waitingRevocationsMax + 50 {
            let secret = Bytes20(SplitMix64.bytes(seed: UInt64(number), count: 20)) ?? Bytes20()
            let bytes = try RevocationRecord(secret: secret, end: end).array()
            street.nodes[1].disk.store(bytes, id: Names.recordID(bytes))
        }
        let before = ids(street, 1)
        try street.start(1)
        street.run(seconds: 130)
        #expect(ids(street, 1).isSuperset(of: before))
        let registry = try #require(street.nodes[1].running?.bridge.network?.registry)
        #expect(before.filter { !registry.holds($0) }.count == 50)
    }
}
