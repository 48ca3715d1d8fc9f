import Sealing
import SeededRandom
import Testing
import Wire

@testable import Consent

/// The filter against members and strangers who choose every byte.
@Suite struct FilterAdversaryTests {
    @Test(arguments: 1...20)
    func anyChangeBehindOrBeforeTheHopLimitIsNeverRelayed(seed: UInt64) throws {
        var scene = try Scene()
        var random = SplitMix64(seed: seed)
        for _ in 0..<60 {
            var bytes = scene.packet
            let place = Int.random(in: 0..<bytes.count, using: &random)
            guard place != PacketLayout.offsetHopLimit else { continue }
            bytes[place] ^= UInt8.random(in: 1...255, using: &random)
            guard case .no = scene.judge(bytes) else {
                Issue.record("byte \(place)")
                return
            }
        }
    }

    @Test(arguments: 1...20)
    func anyBytesGetAnAnswer(seed: UInt64) throws {
        var scene = try Scene(isOwn: seed % 2 == 0)
        var random = SplitMix64(seed: seed)
        for clock in [ClockState.good, .unset, .behind] {
            scene.clock = clock
            for length in [0, 1, 122, 123, 124, 227, 228, 229, 512] {
                var bytes = random.bytes(length)
                if length > 26 && Bool.random(using: &random) {
                    bytes[0] = 0x11
                    bytes[1] = 1
                    bytes[26] = 8
                }
                scene.now.instant = scene.now.instant.advanced(seconds: 1)
                guard case .no = scene.judge(bytes) else {
                    Issue.record("random bytes passed")
                    return
                }
            }
        }
    }

    @Test(arguments: 0...255)
    func everyUnknownConsentBitIsANo(bits: UInt8) throws {
        var scene = try Scene()
        let verdict = scene.judge(try scene.packet(bits: ConsentBits(rawValue: bits)))
        if bits == 0 || bits & 0xf8 != 0 {
            #expect(verdict == .no(.unknownConsent))
        } else if bits & 1 == 0 {
            #expect(verdict == .no(.scope))
        } else {
            #expect(verdict == .relay(grant: scene.index, hopLimit: 7))
        }
    }

    @Test func onATokenOfTwoGrantsEachTagIsTried() throws {
        var scene = try Scene()
        let other = try scene.network.grant(of: 0)
        scene.registry.add(other.bytes)
        scene.registry.add(try other.proof(1))
        let index = try #require(scene.registry.grantIndex(of: other.id))
        scene.registry.grants[index].tokenKey = scene.registry.grants[scene.index].tokenKey
        scene.registry.tokens = TokenTable(seed: 1)
        let first = try scene.packet(eventID: 1)
        let second = try scene.packet(eventID: 2, under: index)
        #expect(scene.judge(first) == .relay(grant: scene.index, hopLimit: 7))
        #expect(scene.judge(second) == .relay(grant: index, hopLimit: 7))
        var forged = second
        forged[PacketLayout.offsetRelayTag] ^= 0x80
        #expect(scene.judge(forged) == .no(.badTag))
        scene.registry.add(try other.revocation())
        #expect(scene.judge(first) == .relay(grant: scene.index, hopLimit: 7))
        #expect(scene.judge(second) == .no(.revoked))
    }

    /// Every member can read a relay key, and put it into a grant of its own.
    @Test func aGrantWithTheRelayKeyOfAnotherHomeDivertsNothingInAnyOrder() throws {
        for thiefFirst in [false, true] {
            var scene = try Scene()
            let thief = try scene.network.grant(of: 0, relayKey: scene.grant.record.relayKey)
            #expect(thief.record.home != scene.grant.record.home)
            if thiefFirst { scene.registry = scene.network.registry(own: 2) }
            scene.registry.add(thief.bytes)
            scene.registry.add(try thief.proof(1))
            if thiefFirst {
                scene.registry.add(scene.grant.bytes)
                scene.registry.add(try scene.grant.proof(1))
            }
            let genuine = try #require(scene.registry.grantIndex(of: scene.grant.id))
            let stolen = try #require(scene.registry.grantIndex(of: thief.id))
            let slot = scene.now.wall.slot
            #expect(scene.registry.token(of: genuine, slot: slot) != scene.registry.token(of: stolen, slot: slot))
            #expect(scene.judge() == .relay(grant: genuine, hopLimit: 7))
        }
    }

    @Test func aSecondGrantOfAHomeWithTheSameRelayKeyIsNotTaken() throws {
        var scene = try Scene()
        let again = try scene.network.grant(of: 1, relayKey: scene.grant.record.relayKey)
        #expect(scene.registry.add(again.bytes) == .rejected(.relayKeyTaken))
    }

    @Test func absurdSlotsAndExpiriesAreRefused() throws {
        var scene = try Scene()
        let present = scene.now.wall.slot
        for slot in [0, 1, present - 200, present + 2, present + 1_000, .max] as [UInt32] {
            for expiry in [0, scene.now.wall.minute + 5, .max] as [UInt32] {
                let packet = try scene.packet(bits: [.relay, .hold], slot: slot, expiryMinute: expiry)
                #expect(scene.judge(packet) == .no(.expired))
            }
        }
        for expiry in [0, scene.now.wall.minute, present * 15, present * 15 + 26, .max] as [UInt32] {
            let packet = try scene.packet(expiryMinute: expiry)
            #expect(scene.judge(packet) == .no(.expired), "expiry \(expiry)")
        }
    }

    /// A packet passes exactly while it lives, at whatever second of its slot it was heard.
    @Test(arguments: 1...200)
    func aPacketLivesFromItsSlotsStartToItsExpiry(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var scene = try Scene()
        let isHeld = Bool.random(using: &random)
        let heard = TestNetwork.now.advanced(seconds: Int64.random(in: 0..<40_000, using: &random))
        let bits: ConsentBits = isHeld ? [.relay, .hold] : .relay
        let expiry = EventLife.expiryMinute(heard: heard, consentBits: bits)
        let packet = try scene.packet(bits: bits, slot: heard.slot, expiryMinute: expiry)
        let life = Int64(EventLife.seconds(bits))
        for offset in [-120, 0, life / 2, life - 1, life + 60, life + 100] as [Int64] {
            scene.now.wall = heard.advanced(seconds: offset)
            scene.now.instant = scene.now.instant.advanced(seconds: 60)
            scene.registry.tick(now: scene.now.wall, clock: .good)
            if scene.now.wall.seconds / 60 < expiry {
                #expect(scene.judge(packet) == .relay(grant: scene.index, hopLimit: 7), "\(offset)")
            } else {
                #expect(scene.judge(packet) == .no(.expired), "\(offset)")
            }
        }
    }

    @Test func olderSlotsAreWorkedOutAtMostOnceASecondAndInFourTables() throws {
        var scene = try Scene()
        let expiry = scene.now.wall.minute + 60
        func older(_ back: UInt32) throws -> [UInt8] {
            try scene.packet(
                bits: [.relay, .hold], slot: scene.now.wall.slot - back, expiryMinute: expiry, eventID: UInt64(back))
        }
        let packets = try (2...7).map { try older($0) }
        #expect(scene.judge(packets[0]) == .relay(grant: scene.index, hopLimit: 7))
        #expect(scene.judge(packets[1]) == .no(.busy))
        for packet in packets[1...] {
            scene.now.instant = scene.now.instant.advanced(seconds: 60)
            #expect(scene.judge(packet) == .relay(grant: scene.index, hopLimit: 7))
        }
        #expect(scene.judge(packets[5]) == .relay(grant: scene.index, hopLimit: 7))
        #expect(scene.judge(packets[0]) == .no(.busy))
    }

    @Test(arguments: 1...30)
    func whateverTheClockDoesNoPacketOfAnotherTimePasses(seed: UInt64) throws {
        var random = SplitMix64(seed: seed)
        var scene = try Scene()
        for _ in 0..<60 {
            let jump = Int64.random(in: -400_000...400_000, using: &random)
            scene.now.wall = TestNetwork.now.advanced(seconds: jump)
            scene.now.instant = scene.now.instant.advanced(seconds: 30)
            scene.clock = ClockState.judge(wall: scene.now.wall, built: WallTime(seconds: 1), stored: TestNetwork.now)
            if Bool.random(using: &random) { scene.registry.tick(now: scene.now.wall, clock: scene.clock) }
            let verdict = scene.judge()
            if scene.now.wall.slot == TestNetwork.now.slot && jump >= -120 && jump < 500 {
                #expect(verdict == .relay(grant: scene.index, hopLimit: 7))
            } else if jump < -120 {
                #expect(verdict == .no(.clock))
            } else if jump > 660 {
                #expect(verdict == .no(.expired))
            }
        }
    }
}
