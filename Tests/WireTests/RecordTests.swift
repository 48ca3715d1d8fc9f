import SeededRandom
import Testing
import Wire

@Suite struct RecordTests {
    static let time = WallTime(seconds: 1_700_000_000)

    static func grant(_ random: inout SplitMix64) -> GrantRecord {
        GrantRecord(
            home: random.next(), issued: time, end: time.advanced(seconds: 180 * 86_400), eventClass: .alarm,
            scope: [.relay, .uplink], ratePerMinute: 12, recognitionValue: random.fixed(), sealingKey: random.fixed(),
            relayKey: random.fixed(), validityTarget: random.fixed(), revocationTarget: random.fixed(),
            signature: random.fixed())
    }

    static func samples(seed: UInt64) throws -> [RegistryRecord] {
        var random = SplitMix64(seed: seed)
        let names = ["", "Ann", "Gärtnerei Ω", String(repeating: "x", count: 32)]
        var records = try names.map { name in
            RegistryRecord.member(
                MemberRecord(
                    staticKey: random.fixed(), signingKey: random.fixed(), inviter: random.next(),
                    issued: time, name: try MemberName(name),
                    networkName: try MemberName(name), signature: random.fixed()))
        }
        records.append(.grant(grant(&random)))
        records.append(.proof(ProofRecord(grantID: random.next(), index: 180, value: random.fixed())))
        records.append(.revocation(RevocationRecord(secret: random.fixed(), end: time)))
        for isNo in [true, false] {
            let optOut = DeviceOptOutRecord(
                maker: random.next(), recognitionValue: random.fixed(), sequenceNumber: 9, isNo: isNo,
                signature: random.fixed())
            records.append(.deviceOptOut(optOut))
        }
        records.append(.departure(DepartureRecord(member: random.next(), time: time, signature: random.fixed())))
        return records
    }

    static func parse(_ bytes: [UInt8]) -> Result<RegistryRecord, WireError> { outcome(bytes, RegistryRecord.init) }

    static func write(_ record: RegistryRecord, capacity: Int = 600) throws(WireError) -> [UInt8] {
        try written(capacity: capacity) { target throws(WireError) in try record.write(into: target) }
    }

    @Test func recordsHaveTheDocumentedSizesAndFirstBytes() throws {
        let bytes = try Self.samples(seed: 1).map { try Self.write($0) }
        #expect(bytes.map(\.count) == [143, 149, 169, 207, 189, 31, 25, 94, 94, 77])
        #expect(bytes.map { $0[0] } == [0x11, 0x11, 0x11, 0x11, 0x12, 0x13, 0x14, 0x15, 0x15, 0x16])
        #expect(RecordKind.allCases.map(\.bytesMax) == [207, 189, 31, 25, 94, 77])
        #expect(RegistryRecord.bytesMax == 207)
    }

    @Test func grantsFieldsStandAtTheirDocumentedOffsets() throws {
        var random = SplitMix64(seed: 8)
        let grant = Self.grant(&random)
        let bytes = try grant.array()
        #expect(bytes[17] == 1 && bytes[18] == 5 && bytes[19] == 12 && bytes[20] == 0)
        let fields: [(Int, [UInt8])] = [
            (21, grant.recognitionValue.array), (37, grant.sealingKey.array), (69, grant.relayKey.array),
            (85, grant.validityTarget.array), (105, grant.revocationTarget.array), (125, grant.signature.array),
        ]
        for (offset, field) in fields { #expect(bytes[offset...].starts(with: field)) }
    }

    @Test func recordsComeBackAsTheyWereWritten() throws {
        for record in try Self.samples(seed: 2) {
            let bytes = try Self.write(record)
            #expect(record.byteCount == bytes.count)
            #expect(Self.parse(bytes) == .success(record))
        }
    }

    @Test func damagedRecordsAreTypedErrorsOrOtherRecords() throws {
        for record in try Self.samples(seed: 3) {
            forEveryDamage(to: try Self.write(record)) { bytes in
                guard case .success(let other) = Self.parse(bytes) else { return }
                #expect(other != record)
                #expect((try? Self.write(other)) == bytes)
            }
        }
    }

    @Test func everyTruncationIsRefused() throws {
        for record in try Self.samples(seed: 4) {
            let bytes = try Self.write(record)
            for count in 0..<bytes.count {
                #expect(refusal(Array(bytes[..<count]), RegistryRecord.init) == .wrongLength)
            }
            #expect(Self.parse(bytes + [0]) == .failure(.wrongLength))
        }
    }

    @Test func anyBytesAreTypedErrorOrRecordOfTheSameBytes() {
        var kinds: Set<RecordKind> = []
        for seed in 0..<20 {
            forAnyBytes(seed: UInt64(seed), bytesMax: 210, starts: RecordKind.allCases.map(\.firstByte)) { bytes in
                guard case .success(let record) = Self.parse(bytes) else { return }
                kinds.insert(record.kind)
                #expect((try? Self.write(record)) == bytes)
            }
        }
        #expect(kinds.contains(.revocation) && kinds.contains(.departure))
    }

    @Test func writingIntoTooShortABufferIsNoRoom() throws {
        for record in try Self.samples(seed: 5) {
            for capacity in [0, 1, record.byteCount - 1] {
                #expect(throws: WireError.noRoom) { try Self.write(record, capacity: capacity) }
            }
        }
    }

    @Test func unknownVersionsAndKindsAreToldApart() {
        #expect(Self.parse([]) == .failure(.wrongLength))
        #expect(Self.parse([0x21]) == .failure(.unknownVersion))
        #expect(Self.parse([0x10]) == .failure(.unknownKind))
        #expect(Self.parse([0x17]) == .failure(.unknownKind))
    }

    @Test func grantOutsideItsDefinitionIsNeitherReadNorWritten() throws {
        var random = SplitMix64(seed: 6)
        let grant = Self.grant(&random)
        let changes: [(inout GrantRecord) -> Void] = [
            { $0.end = $0.end.advanced(seconds: 1) }, { $0.scope = ConsentBits(rawValue: 8) },
            { $0.ratePerMinute = 0 },
        ]
        for change in changes {
            var changed = grant
            change(&changed)
            #expect(throws: WireError.valueOutOfRange) { try changed.array() }
        }
        let bytes = try grant.array()
        for (offset, value): (Int, UInt8) in [(17, 0), (17, 4), (18, 8), (16, 0xff), (19, 0)] {
            var changed = bytes
            changed[offset] = value
            #expect(Self.parse(changed) == .failure(.valueOutOfRange))
        }
    }

    @Test func proofIndexLiesBetween1And180() throws {
        for index: UInt16 in [0, 181, .max] {
            let proof = ProofRecord(grantID: 1, index: index, value: Bytes20())
            #expect(throws: WireError.valueOutOfRange) { try proof.array() }
        }
        for index: UInt16 in [1, 180] {
            #expect(try ProofRecord(grantID: 1, index: index, value: Bytes20()).array().count == 31)
        }
    }

    @Test func signedBytesAreAllButTheSignature() throws {
        var random = SplitMix64(seed: 7)
        let departure = DepartureRecord(member: 1, time: WallTime(seconds: 2), signature: random.fixed())
        #expect(departure.signedByteCount == 13)
        #expect(Array(try departure.array()[13...]) == departure.signature.array)
    }

    @Test(arguments: [
        "a\n", "\u{7f}", "\u{9b}31m", "\u{202e}evil", "\u{2066}", "\0", "öööööööööööööööööö",
    ])
    func namesUnfitForATerminalAreRefused(name: String) {
        #expect(throws: WireError.badText) { try MemberName(name) }
    }

    @Test func namesThatAreNoUTF8AreRefused() {
        let samples: [[UInt8]] = [[0xff], [0xc3], [0xc0, 0x80], [0xed, 0xa0, 0x80]]
        for bytes in samples { #expect(refusal(bytes, MemberName.init) == .badText) }
    }

    @Test func namesAreTheSameOnlyByteByByte() throws {
        #expect(try MemberName("\u{e9}") != MemberName("e\u{301}"))
    }
}
