import SeededRandom
import Testing
import Wire

@Suite struct FrameTests {
    /// One message of every kind, short and longest.
    static func samples(seed: UInt64) throws -> [[UInt8]] {
        var random = SplitMix64(seed: seed)
        let ids = (0..<60).map { _ in random.next() }
        let answers = (0..<64).map { PacketAnswer(frameNumber: UInt16($0) &* 999, answer: Answer(byte: UInt8($0 % 4))) }
        let routes = ids.prefix(32).map { RouteEntry(home: $0, sequenceNumber: 0xfffe, metric: 0x1234) }
        let packet = try PacketTests.sample(&random, plaintextBytes: 145)
        let record = try RecordTests.grant(&random).array()
        let keys = random.bytes(64)
        let request = JoinRequest(signingKey: random.fixed(), name: try MemberName("Ann"))
        let founder: Bytes32 = random.fixed()
        var samples: [[UInt8]] = []
        samples.append(try Self.bytes(packet, FrameWriter.packet))
        for count in [1, 64] {
            samples.append(
                try written { target throws(WireError) in try FrameWriter.answers(answers[..<count], into: target) })
        }
        for count in [1, 32] {
            samples.append(
                try written { target throws(WireError) in try FrameWriter.confirm(ids[..<count], into: target) })
        }
        for count in [1, 32] {
            samples.append(
                try written { target throws(WireError) in try FrameWriter.routes(routes[..<count], into: target) })
        }
        let wanted = RouteRequest(home: 7, sequenceNumber: 8, hopsLeft: 9)
        samples.append(try written { target throws(WireError) in try FrameWriter.routeRequest(wanted, into: target) })
        for count in [0, 60] {
            let list = ids[..<count]
            samples.append(
                try written { target throws(WireError) in
                    try FrameWriter.recordIDs(list, isLast: count == 0, into: target)
                })
        }
        samples.append(try written { target throws(WireError) in try FrameWriter.recordRequest(ids, into: target) })
        samples.append(try Self.bytes(record, FrameWriter.record))
        let keepalive = Keepalive(isAnswer: true, number: 0x0201)
        samples.append(try written { target throws(WireError) in try FrameWriter.keepalive(keepalive, into: target) })
        let test = TestRequest(grantID: 0x0807_0605_0403_0201, random: random.fixed())
        samples.append(try written { target throws(WireError) in try FrameWriter.testRequest(test, into: target) })
        samples.append(
            try written { target throws(WireError) in try FrameWriter.lending([.some, .otherWay], into: target) })
        samples.append(try written { target throws(WireError) in try FrameWriter.bye(.protocolError, into: target) })
        samples.append(try written { target throws(WireError) in try FrameWriter.joinRequest(request, into: target) })
        samples.append(
            try Self.bytes(keys) { keys, target throws(WireError) in
                try FrameWriter.joinReply(
                    networkKey: UnsafeRawBufferPointer(rebasing: keys[..<32]),
                    recognitionKey: UnsafeRawBufferPointer(rebasing: keys[32...]), founderSigningKey: founder,
                    recordCount: 5, into: target)
            })
        samples.append(try written { target throws(WireError) in try FrameWriter.joinDone(into: target) })
        return samples
    }

    /// What `write` makes of `bytes`.
    static func bytes(
        _ bytes: [UInt8],
        _ write: (UnsafeRawBufferPointer, UnsafeMutableRawBufferPointer) throws(WireError) -> Int
    ) throws(WireError) -> [UInt8] {
        try outcome(bytes) { bytes throws(WireError) in
            try written(capacity: 2000) { target throws(WireError) in try write(bytes, target) }
        }.get()
    }

    /// The message parsed and written again; nil for one that is ignored.
    static func again(_ bytes: [UInt8]) -> Result<[UInt8]?, WireError> {
        outcome(bytes) { bytes throws(WireError) in
            let frame = try FrameView(bytes)
            if case .ignored = frame { return nil }
            if case .bye(nil) = frame { return nil }
            return try written { target throws(WireError) in try write(frame, into: target) }
        }
    }

    static func write(
        _ frame: FrameView, into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        switch frame {
        case .packet(let packet): try FrameWriter.packet(packet, into: target)
        case .answers(let list): try FrameWriter.answers(list, into: target)
        case .confirm(let list): try FrameWriter.confirm(list, into: target)
        case .routes(let list): try FrameWriter.routes(list, into: target)
        case .routeRequest(let request): try FrameWriter.routeRequest(request, into: target)
        case .recordIDs(let list, let isLast): try FrameWriter.recordIDs(list, isLast: isLast, into: target)
        case .recordRequest(let list): try FrameWriter.recordRequest(list, into: target)
        case .record(let record): try FrameWriter.record(record, into: target)
        case .keepalive(let keepalive): try FrameWriter.keepalive(keepalive, into: target)
        case .lending(let notice): try FrameWriter.lending(notice, into: target)
        case .testRequest(let request): try FrameWriter.testRequest(request, into: target)
        case .bye(let reason): try FrameWriter.bye(reason ?? .closing, into: target)
        case .joinRequest(let request): try FrameWriter.joinRequest(request, into: target)
        case .joinReply(let reply):
            try FrameWriter.joinReply(
                networkKey: reply.networkKey, recognitionKey: reply.recognitionKey,
                founderSigningKey: reply.founderSigningKey, recordCount: reply.recordCount, into: target)
        case .joinDone: try FrameWriter.joinDone(into: target)
        case .ignored: 0
        }
    }

    @Test func messagesHaveTheDocumentedTypesAndSizes() throws {
        let samples = try Self.samples(seed: 1)
        #expect(
            samples.map { Int($0[0]) } == [1, 2, 2, 3, 3, 4, 4, 5, 6, 6, 7, 8, 9, 11, 12, 10, 16, 17, 18])
        #expect(
            samples.map(\.count) == [
                229, 4, 193, 9, 257, 13, 385, 12, 2, 482, 481, 190, 4, 25, 2, 2, 37, 98, 1,
            ])
        #expect(samples[0].count + FrameLayout.bytesSessionTag == 245)
        #expect(samples.allSatisfy { $0.count <= FrameLayout.bytesFrameMax })
        #expect(FrameLayout.bytesFrameMax + FrameLayout.bytesSessionTag == FrameLayout.bytesMessageMax)
        #expect(FrameLayout.bytesBodyMax == 495)
    }

    @Test func unknownBitsOfALendingNoticeCountForNothingAndWhoLendsToAllLendsToSome() {
        #expect(LendingNotice(rawValue: 0xf8) == [])
        #expect(LendingNotice(rawValue: 2) == [.some, .all] && LendingNotice.all.contains(.some))
        #expect(LendingNotice(rawValue: 5) == [.some, .otherWay])
    }

    @Test func messagesComeBackAsTheyWereWritten() throws {
        for bytes in try Self.samples(seed: 2) { #expect(Self.again(bytes) == .success(bytes)) }
    }

    @Test func damagedMessagesAreTypedErrorsOrMessages() throws {
        var longer = 0
        for sample in try Self.samples(seed: 3) {
            forEveryDamage(to: sample) { bytes in
                guard case .success(let again?) = Self.again(bytes) else { return }
                // What lies behind a fixed layout is not written again.
                if again.count > bytes.count || again[0] != bytes[0] { longer += 1 }
            }
        }
        #expect(longer == 0)
    }

    @Test func anyBytesAreTypedErrorsOrMessages() {
        var types: Set<UInt8> = []
        forAnyBytes(seed: 4, bytesMax: 520, starts: MessageType.allCases.map(\.rawValue)) { bytes in
            if case .success(let again?) = Self.again(bytes) { types.insert(again[0]) }
            if bytes.count > 496, Self.again(bytes) != .failure(.wrongLength) { types.insert(0xff) }
        }
        let random: [MessageType] = [
            .answers, .confirm, .routes, .routeRequest, .recordIDs, .recordRequest, .record, .joinReply, .joinDone,
        ]
        for type in random { #expect(types.contains(type.rawValue)) }
        #expect(!types.contains(0xff), "A message of more than 496 bytes was read")
    }

    @Test func listsEmptyTooLongOrRaggedEndTheLink() {
        for (type, entry, most): (UInt8, Int, Int) in [(2, 3, 64), (3, 8, 32), (4, 12, 32), (7, 8, 60)] {
            func error(_ count: Int) -> WireError? {
                refusal([type] + [UInt8](repeating: 1, count: count), FrameView.init)
            }
            #expect(error(0) == .badList)
            #expect(error(entry * most) == nil)
            #expect(error(entry * most + 1) == .badList)
            if entry * (most + 1) <= 495 { #expect(error(entry * (most + 1)) == .badList) }
            for count in 1..<entry { #expect(error(count) == .badList) }
        }
        #expect(refusal([6], FrameView.init) == .wrongLength)
        #expect(refusal([6, 0] + [UInt8](repeating: 0, count: 61 * 8), FrameView.init) == .badList)
        #expect(refusal([6, 0, 1], FrameView.init) == .badList)
    }

    @Test func bodiesShorterThanTheirLayoutEndTheLinkAndLongerOnesAreRead() throws {
        for sample in try Self.samples(seed: 5) where [5, 9, 10, 11, 16, 17].contains(sample[0]) {
            for count in 1..<sample.count {
                #expect(refusal(Array(sample[..<count]), FrameView.init) == .wrongLength)
            }
            #expect(Self.again(sample + [1, 2, 3]) == .success(sample))
        }
    }

    @Test func unknownTypesAreIgnoredBelow0x80AndEndTheLinkFromThere() {
        let known = Set(MessageType.allCases.map(\.rawValue))
        for type in UInt8.min...UInt8.max where !known.contains(type) {
            if type < 0x80 {
                #expect(Self.again([type]) == .success(nil))
            } else {
                #expect(Self.again([type]) == .failure(.unknownType))
            }
        }
        #expect(Self.again([]) == .failure(.wrongLength))
    }

    @Test func unknownKeepalivesAndReasonsAreIgnored() {
        #expect(Self.again([9, 2, 0, 0]) == .success(nil))
        #expect(Self.again([10, 5]) == .success(nil))
    }

    @Test func writersRefuseWhatNoMessageHolds() {
        func error(_ body: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int) -> WireError? {
            do throws(WireError) { _ = try written(capacity: 2000, body) } catch { return error }
            return nil
        }
        let answers = [PacketAnswer](repeating: PacketAnswer(frameNumber: 0, answer: .accepted), count: 65)
        let routes = [RouteEntry](repeating: RouteEntry(home: 0, sequenceNumber: 0, metric: 0), count: 33)
        let ids = [UInt64](repeating: 0, count: 61)
        #expect(error { target throws(WireError) in try FrameWriter.answers([], into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.answers(answers, into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.confirm([], into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.confirm(ids[..<33], into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.routes([], into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.routes(routes, into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.recordRequest([], into: target) } == .badList)
        #expect(error { target throws(WireError) in try FrameWriter.recordRequest(ids, into: target) } == .badList)
        #expect(
            error { target throws(WireError) in try FrameWriter.recordIDs(ids, isLast: true, into: target) }
                == .badList)
        let long = [UInt8](repeating: 0x11, count: 496)
        for count in [0, 122, 124, 496] {
            #expect(throws: WireError.wrongLength) { try Self.bytes(Array(long[..<count]), FrameWriter.packet) }
        }
    }
}
