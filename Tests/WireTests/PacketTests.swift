import SeededRandom
import Testing
import Wire

@Suite struct PacketTests {
    static func sample(_ random: inout SplitMix64, plaintextBytes: Int) throws -> [UInt8] {
        let header = PacketHeader(
            consentBits: [.relay, .hold], slot: random.next32(), expiryMinute: random.next32(), token: random.next(),
            eventID: random.next())
        var bytes = [UInt8](repeating: 0xff, count: 300)
        let count = try bytes.withUnsafeMutableBytes { target in
            let packet = try MutablePacket(starting: header, hopLimit: 8, plaintextBytes: plaintextBytes, in: target)
            packet.setRelayTag(0x0102_0304_0506_0708)
            packet.sealed.copyBytes(from: random.bytes(packet.sealed.count))
            return packet.bytes.count
        }
        return Array(bytes[..<count])
    }

    @Test(arguments: [(40, 123), (145, 228)])
    func packetHasTheDocumentedSize(plaintextBytes: Int, packetBytes: Int) throws {
        var random = SplitMix64(seed: 1)
        #expect(PacketLayout.bytesPacket(plaintextBytes: plaintextBytes) == packetBytes)
        #expect(try Self.sample(&random, plaintextBytes: plaintextBytes).count == packetBytes)
    }

    @Test func everyFieldStandsAtItsDocumentedOffset() throws {
        let header = PacketHeader(
            consentBits: .uplink, slot: 0x0403_0201, expiryMinute: 0x0807_0605, token: 0x1817_1615_1413_1211,
            eventID: 0x2827_2625_2423_2221)
        var bytes = [UInt8](repeating: 0xff, count: 123)
        try bytes.withUnsafeMutableBytes { target in
            let packet = try MutablePacket(starting: header, hopLimit: 15, plaintextBytes: 40, in: target)
            packet.setRelayTag(0x3837_3635_3433_3231)
            packet.sealed[0] = 0x41
        }
        var expected: [UInt8] = [0x11, 4, 1, 2, 3, 4, 5, 6, 7, 8]
        expected += Array(0x11...0x18)
        expected += Array(0x21...0x28)
        expected += [15]
        expected += Array(0x31...0x38)
        expected += [0x41]
        #expect(Array(bytes[..<36]) == expected)
        #expect(bytes[36...].allSatisfy { $0 == 0 })
    }

    @Test(arguments: [40, 145]) func viewReadsWhatHeaderWrote(plaintextBytes: Int) throws {
        var random = SplitMix64(seed: 2)
        let bytes = try Self.sample(&random, plaintextBytes: plaintextBytes)
        try bytes.withUnsafeBytes { buffer in
            let view = try PacketView(buffer)
            #expect(view.hopLimit == 8)
            #expect(view.relayTag == 0x0102_0304_0506_0708)
            #expect(view.immutableHeader.elementsEqual(bytes[..<26]))
            #expect(view.sealed.elementsEqual(bytes[35...]))
            var again = [UInt8](repeating: 0, count: 26)
            try again.withUnsafeMutableBytes { try PacketHeader(view).write(into: $0) }
            #expect(again == Array(bytes[..<26]))
        }
    }

    @Test func viewOfAnyDamageIsTypedErrorOrPacket() throws {
        var random = SplitMix64(seed: 3)
        var accepted = 0
        forEveryDamage(to: try Self.sample(&random, plaintextBytes: 40)) { bytes in
            if refusal(bytes, PacketView.init) == nil { accepted += 1 }
        }
        #expect(accepted == 121 * 255 + 15)
    }

    @Test func viewOfAnyBytesHasOneOfTheTwoSizes() {
        forAnyBytes(seed: 4, bytesMax: 300, starts: [0x11]) { bytes in
            guard refusal(bytes, PacketView.init) == nil else { return }
            #expect([123, 228].contains(bytes.count) && bytes[0] == 0x11 && bytes[26] <= 15)
        }
    }

    @Test func viewNamesWhatIsWrong() {
        func error(_ first: UInt8, hopLimit: UInt8 = 1) -> WireError? {
            var bytes = [UInt8](repeating: 0, count: 123)
            (bytes[0], bytes[26]) = (first, hopLimit)
            return refusal(bytes, PacketView.init)
        }
        #expect(refusal([], PacketView.init) == .wrongLength)
        #expect(error(0x21) == .unknownVersion)
        #expect(error(0x12) == .unknownKind)
        #expect(error(0x11, hopLimit: 16) == .valueOutOfRange)
        #expect(error(0x11, hopLimit: 0) == nil)
    }

    @Test func startingRefusesWhatNoPacketHas() {
        let header = PacketHeader(consentBits: .relay, slot: 0, expiryMinute: 0, token: 0, eventID: 0)
        func error(_ hopLimit: UInt8, _ plaintextBytes: Int, _ capacity: Int) -> WireError? {
            var buffer = [UInt8](repeating: 0, count: capacity)
            return buffer.withUnsafeMutableBytes { target in
                do throws(WireError) {
                    _ = try MutablePacket(
                        starting: header, hopLimit: hopLimit, plaintextBytes: plaintextBytes, in: target)
                    return nil
                } catch {
                    return error
                }
            }
        }
        #expect(error(1, 40, 123) == nil)
        #expect(error(15, 145, 228) == nil)
        #expect(error(0, 40, 123) == .valueOutOfRange)
        #expect(error(16, 40, 123) == .valueOutOfRange)
        #expect(error(1, 41, 228) == .valueOutOfRange)
        #expect(error(1, 40, 122) == .noRoom)
        #expect(error(1, 145, 227) == .noRoom)
    }

    @Test func consentBitsBeyondTheKnownAreNoticed() {
        for raw in UInt8.min...UInt8.max { #expect(ConsentBits(rawValue: raw).hasUnknown == (raw > 7)) }
    }

    @Test func unknownAnswersAreRefusals() {
        #expect([0, 1, 2].map { Answer(byte: $0) } == [.accepted, .confirmed, .notNow])
        for byte in UInt8(3)...255 { #expect(Answer(byte: byte) == .refused) }
    }

    @Test func expiryIsTheEndOfLifeRoundedUpToWholeMinutes() {
        #expect(EventLife.expiryMinute(heard: WallTime(seconds: 6000), consentBits: .relay) == 110)
        #expect(EventLife.expiryMinute(heard: WallTime(seconds: 6001), consentBits: .relay) == 111)
        #expect(EventLife.expiryMinute(heard: WallTime(seconds: 6059), consentBits: [.relay, .hold]) == 101 + 1440)
        #expect(EventLife.expiryMinute(heard: WallTime(seconds: .max), consentBits: .hold) == 71_584_229)
    }
}
