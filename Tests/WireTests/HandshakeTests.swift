import Testing
import Wire

@Suite struct HandshakeTests {
    static func hello(_ kind: BeaconKind) throws -> [UInt8] {
        try written { target throws(WireError) in
            let hello = try MutableHello(kind: kind, in: target)
            hello.noiseMessage.copyBytes(from: (0..<50).map { UInt8($0) })
            hello.mac.copyBytes(from: (100..<116).map { UInt8($0) })
            return hello.bytes.count
        }
    }

    @Test(arguments: [(BeaconKind.network, UInt8(0x11)), (.join, 0x12)])
    func helloHasTheDocumentedLayout(kind: BeaconKind, type: UInt8) throws {
        let bytes = try Self.hello(kind)
        let expected = [type] + (0..<50).map { UInt8($0) } + (100..<116).map { UInt8($0) }
        #expect(bytes == expected && bytes.count == 67)
        try bytes.withUnsafeBytes { buffer in
            let view = try HelloView(buffer)
            #expect(view.kind == kind)
            #expect(view.noiseMessage.elementsEqual(bytes[1..<51]))
            #expect(view.ephemeralKey.elementsEqual(bytes[1..<33]))
            #expect(view.bytesBeforeMAC.elementsEqual(bytes[..<51]))
            #expect(view.mac.elementsEqual(bytes[51...]))
        }
    }

    @Test func damagedHelloIsTypedErrorOrHello() throws {
        var accepted = 0
        forEveryDamage(to: try Self.hello(.network)) { bytes in
            if refusal(bytes, HelloView.init) == nil { accepted += 1 }
        }
        #expect(accepted == 66 * 255 + 1)
    }

    @Test(arguments: [(HandshakeStep.reply, 99), (.finish, 65)])
    func repliesHaveTheDocumentedLayout(step: HandshakeStep, byteCount: Int) throws {
        let bytes = try written { target throws(WireError) in
            let noise = try step.start(in: target)
            noise.initializeMemory(as: UInt8.self, repeating: 3)
            return noise.count + 1
        }
        #expect(bytes == [step.rawValue] + [UInt8](repeating: 3, count: byteCount - 1))
        #expect(
            outcome(bytes) { bytes throws(WireError) in try step.noiseMessage(in: bytes).count }
                == .success(byteCount - 1))
        var accepted = 0
        forEveryDamage(to: bytes) { bytes in
            if refusal(bytes, step.noiseMessage) == nil { accepted += 1 }
        }
        #expect(accepted == (byteCount - 1) * 255)
        #expect(throws: WireError.noRoom) {
            try written(capacity: byteCount - 1) { target throws(WireError) in try step.start(in: target).count }
        }
    }

    @Test func versionsMeetAtTheHighestThatBothSpeak() {
        func range(_ lowest: UInt8, _ highest: UInt8) -> VersionRange { VersionRange(lowest: lowest, highest: highest) }
        #expect(range(1, 1).choice(with: range(1, 3)) == 1)
        #expect(range(1, 4).choice(with: range(2, 3)) == 3)
        #expect(range(1, 1).choice(with: range(2, 3)) == nil)
        #expect(range(2, 3).choice(with: range(1, 1)) == nil)
        #expect(refusal([2, 1], { bytes throws(WireError) in try VersionRange(bytes) }) == .valueOutOfRange)
        #expect(refusal([1], { bytes throws(WireError) in try VersionRange(bytes) }) == .wrongLength)
        #expect(outcome([1, 0], VersionRange.spoken.chosen) == .success(1))
        #expect(outcome([2, 0], VersionRange.spoken.chosen) == .failure(.valueOutOfRange))
        #expect(outcome([0, 0], VersionRange.spoken.chosen) == .failure(.valueOutOfRange))
        #expect(outcome([1, 0, 0], VersionRange.spoken.chosen) == .failure(.wrongLength))
    }
}
