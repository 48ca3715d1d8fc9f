import Sealing
import SeededRandom
import Testing
import Wire

@testable import Consent

/// Figures computed from the protocol page with another implementation (Python's hmac and hashlib, `openssl mac`).
@Suite struct KeysTests {
    static let slot: UInt32 = 2_111_111
    static let now = WallTime(seconds: slot * 900 + 5)

    static func keys() throws -> NetworkKeys {
        try NetworkKeys(
            networkKey: SecretBytes(Array(0..<32)), recognitionKey: SecretBytes(Array(32..<64)))
    }

    static func code() throws -> InvitationCode { InvitationCode(try #require(Bytes10(Array(0..<10)))) }

    @Test func networkKeysMatchTheProtocolPage() throws {
        let keys = try Self.keys()
        let session = try #require(
            Bytes32(hexadecimal: "6b6d6b37213fe48a72489a49f9ad0b6d12552a3cd6c9aaafd7ad6c80f1593a4b"))
        #expect(keys.sessionKey == SecretBytes(session.array))
        let address: UInt64 = 0xa4c1_3811_2233
        #expect(keys.recognitionValue(.public, address: address).hexadecimal == "5453a8699cf70277bfce7069a16d545f")
        #expect(keys.recognitionValue(.random, address: address).hexadecimal == "1fd3875527d30c07a19776122ffb33fb")
        let member = UInt64(bigEndian: 0x8877_6655_4433_2211)
        let beacon = keys.beaconValue(member: member, slot: Self.slot, salt: 0x030201)
        #expect(beacon.bytes.hexadecimal == "110102030bc1c76980a7")
        let hello: [UInt8] = Array(0..<51)
        let mac = (hello + beacon.bytes.array).withUnsafeBytes { keys.helloKey.tag16(over: $0) }
        #expect(mac.hexadecimal == "0c32894cb8e04e161c6c0f6d4c664f07")
    }

    @Test func joinKeysMatchTheProtocolPage() throws {
        let keys = try JoinKeys(code: Self.code())
        let session = try #require(
            Bytes32(hexadecimal: "cac95508477665ac82042dabf906e6fa46e3382a9f2fc986c0df175e07a63e03"))
        #expect(keys.sessionKey == SecretBytes(session.array))
        let beacon = keys.beaconValue(slot: Self.slot, salt: 0x030201, filling: 0x070809)
        #expect(beacon.bytes.hexadecimal == "12010203090807b36f5d")
        #expect(keys.recognises(beacon, now: Self.now))
    }

    @Test func namesMatchTheProtocolPage() throws {
        let key = try #require(Bytes32(Array(0..<32)))
        let signingKey = try #require(Bytes32(Array(32..<64)))
        #expect(Names.memberID(staticKey: key, signingKey: signingKey).bigEndian == 0xa05a_6f85_d285_02ca)
        #expect(Names.networkID(founder: key).bigEndian == 0xc82d_0041_bfef_989b)
        #expect(Names.recordID([0x13] + [UInt8](repeating: 0, count: 30)).bigEndian == 0xb645_4c02_f6f5_2e2f)
    }

    @Test func tokensTagsAndEventIDsMatchTheProtocolPage() throws {
        var network = try TestNetwork(seed: 1, members: 2)
        let relayKey = try #require(Bytes16(Array(100..<116)))
        let grant = try network.grant(of: 1, relayKey: relayKey)
        var registry = network.registry()
        registry.add(grant.bytes)
        let index = try #require(registry.grantIndex(of: grant.id))
        let token = try #require(registry.token(of: index, slot: Self.slot))
        #expect(grant.record.home == 0xc566_3b32_7ab9_668b)
        #expect(token.bigEndian == 0xd4a5_d405_6729_5738)
        let data: [UInt8] = [0x41, 0xa1, 0xb2, 0xc3, 0xd4, 0xe5, 0xf6, 0x07, 0x18]
        let eventID = data.withUnsafeBytes { bytes in
            registry.eventID(
                of: index,
                for: HeardAdvertisement(addressKind: .random, address: 0xa4c1_3811_2233, serviceData: bytes))
        }
        #expect(eventID?.bigEndian == 0x0ceb_08e3_2f19_6dc3)
        var packet = [UInt8](repeating: 0, count: PacketLayout.bytesSmall)
        let tag = try packet.withUnsafeMutableBytes { target in
            let header = PacketHeader(
                consentBits: .relay, slot: Self.slot, expiryMinute: Self.slot * 15 + 20, token: token,
                eventID: eventID ?? 0)
            let packet = try MutablePacket(starting: header, hopLimit: 8, plaintextBytes: 40, in: target)
            packet.sealed.copyBytes(from: 0..<88)
            return registry.relayTag(of: index, for: packet.view)
        }
        #expect(tag?.bigEndian == 0xa978_0d44_45c1_ee38)
    }

    @Test func aBeaconIsRecognisedInItsSlotTheOneBeforeAndTheOneAfterOnly() throws {
        let keys = try Self.keys()
        let other = try NetworkKeys(
            networkKey: SecretBytes(Array(1..<33)), recognitionKey: SecretBytes(Array(32..<64)))
        var random = SplitMix64(seed: 3)
        for _ in 0..<50 {
            let member = UInt64.random(in: 0 ... .max, using: &random)
            let value = keys.beaconValue(
                member: member, slot: Self.slot, salt: UInt32.random(in: 0 ... .max, using: &random))
            for offset in -3...3 {
                let now = WallTime(seconds: UInt32(Int(Self.slot) + offset) * 900 + 450)
                let expected = abs(offset) <= 1 ? UInt32(member & 0xff_ffff) : nil
                #expect(keys.memberHint(in: value, now: now) == expected)
            }
            #expect(other.memberHint(in: value, now: Self.now) == nil)
            for place in 1..<10 {
                var bytes = value.bytes
                bytes[place] ^= 0x10
                #expect(keys.memberHint(in: try BeaconValue(bytes), now: Self.now) == nil)
            }
        }
    }

    @Test func aJoinBeaconIsNoNetworkBeaconAndTheReverse() throws {
        let (keys, join) = (try Self.keys(), try JoinKeys(code: Self.code()))
        let beacon = keys.beaconValue(member: 5, slot: Self.slot, salt: 1)
        let joinBeacon = join.beaconValue(slot: Self.slot, salt: 1, filling: 2)
        #expect(!join.recognises(beacon, now: Self.now))
        #expect(keys.memberHint(in: joinBeacon, now: Self.now) == nil)
        #expect(!join.recognises(joinBeacon, now: Self.now.advanced(seconds: 1_800)))
    }

    @Test func keysOfAnotherLengthAreRefused() {
        for count in [0, 16, 31, 33] {
            #expect(throws: SealingError.invalidKey) {
                _ = try NetworkKeys(
                    networkKey: SecretBytes([UInt8](repeating: 1, count: count)),
                    recognitionKey: SecretBytes(Array(0..<32)))
            }
        }
    }
}
