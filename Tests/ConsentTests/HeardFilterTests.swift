import Sealing
import Testing
import Wire

@testable import Consent

/// The filter at the step `hear`.
@Suite struct HeardFilterTests {
    /// A bridge that hears a device of member 1.
    struct Hearing {
        var scene: Scene
        let keys: NetworkKeys
        let address: UInt64 = 0xa4c1_3811_2233
        var grant: TestGrant
        var index: GrantIndex
        var serviceData: [UInt8] = [0x41, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10]

        init(isOwn: Bool = false, scope: ConsentBits = .relay, proven: Bool = true) throws {
            scene = try Scene(isOwn: isOwn)
            keys = try KeysTests.keys()
            let device = keys.recognitionValue(.random, address: address)
            grant = try scene.network.grant(of: 1, device: device, scope: scope, rate: 2)
            scene.registry.add(grant.bytes)
            if proven { scene.registry.add(try grant.proof(1)) }
            index = try #require(scene.registry.grantIndex(of: grant.id))
        }

        mutating func judge(address other: UInt64? = nil, kind: AddressKind = .random) -> HeardVerdict {
            serviceData.withUnsafeBytes { bytes in
                let heard = HeardAdvertisement(addressKind: kind, address: other ?? address, serviceData: bytes)
                return ConsentFilter.judge(
                    heard: heard, host: scene.host, clock: scene.clock, now: scene.now, keys: keys,
                    registry: &scene.registry, seen: scene.seen, rates: &scene.rates)
            }
        }

        mutating func eventID() throws -> UInt64 {
            let (kind, address) = (AddressKind.random, address)
            let index = index
            return try #require(
                serviceData.withUnsafeBytes { bytes in
                    scene.registry.eventID(
                        of: index, for: HeardAdvertisement(addressKind: kind, address: address, serviceData: bytes))
                })
        }
    }

    @Test func aDeviceWithALiveGrantIsSealed() throws {
        var hearing = try Hearing()
        #expect(hearing.judge() == .seal(grant: hearing.index, eventID: try hearing.eventID()))
    }

    @Test func whatNoGrantCoversIsDropped() throws {
        var hearing = try Hearing()
        #expect(hearing.judge(address: 1) == .no(.noGrant))
        #expect(hearing.judge(kind: .public) == .no(.noGrant))
        var stale = try Hearing(proven: false)
        #expect(stale.judge() == .no(.staleGrant))
    }

    @Test func everyStepHasItsReasonInOrder() throws {
        var hearing = try Hearing(scope: .hold)
        hearing.scene.host.optedOut = true
        hearing.scene.host.scheduleClosed = true
        hearing.scene.host.classesLent = 0
        hearing.scene.clock = .unset
        hearing.serviceData = [UInt8](repeating: 0x00, count: 134)
        #expect(hearing.judge() == .no(.optedOut))
        hearing.scene.host.optedOut = false
        #expect(hearing.judge() == .no(.schedule))
        hearing.scene.host.scheduleClosed = false
        #expect(hearing.judge() == .no(.clock))
        hearing.scene.clock = .good
        #expect(hearing.judge() == .no(.malformed))
        hearing.serviceData[0] = 0x40
        #expect(hearing.judge() == .no(.tooLong))
        hearing.serviceData.removeLast()
        #expect(hearing.judge() == .no(.notEncrypted))
        hearing.serviceData[0] = 0x41
        #expect(hearing.judge() == .no(.classNotLent))
        hearing.scene.host.classesLent = 0xff
        #expect(hearing.judge() == .no(.scope))
        let device = hearing.grant.record.recognitionValue
        hearing.scene.registry.add(
            try hearing.scene.network.optOut(by: 0, device: device, sequence: 1, isNo: true))
        #expect(hearing.judge() == .no(.deviceOptedOut))
    }

    @Test func serviceDataOfEveryLengthIsAnswered() throws {
        var hearing = try Hearing()
        for length in 0...140 {
            hearing.serviceData = [UInt8](repeating: 0x41, count: length)
            hearing.scene.now.instant = hearing.scene.now.instant.advanced(seconds: 60)
            switch length {
            case ..<9: #expect(hearing.judge() == .no(.malformed))
            case 134...: #expect(hearing.judge() == .no(.tooLong))
            default: #expect(hearing.judge() == .seal(grant: hearing.index, eventID: try hearing.eventID()))
            }
        }
    }

    @Test func anAdvertisementThatIsHeardAgainIsSealedOnce() throws {
        for state in [SeenState.held, .confirmed, .ended(.noRoute)] {
            var hearing = try Hearing()
            hearing.scene.seen.mark(
                try hearing.eventID(), grant: hearing.index, state, expiryMinute: .max, minute: 1)
            #expect(hearing.judge() == .no(.seen))
        }
    }

    @Test func theRateHoldsForTheOwnRadioToo() throws {
        var hearing = try Hearing()
        for number in 0..<4 as Range<UInt8> {
            hearing.serviceData[5] = number
            if number < 2 {
                #expect(hearing.judge() == .seal(grant: hearing.index, eventID: try hearing.eventID()))
            } else {
                #expect(hearing.judge() == .no(.rate))
            }
        }
    }

    @Test func theOwnersOwnBridgeHearsWhateverItsHostLends() throws {
        var hearing = try Hearing(isOwn: true, scope: .hold)
        hearing.scene.host = .nothing
        hearing.scene.clock = .behind
        for number in 0..<10 as Range<UInt8> {
            hearing.serviceData[5] = number
            #expect(hearing.judge() == .home(grant: hearing.index, eventID: try hearing.eventID()))
        }
        #expect(hearing.judge(address: 5) == .no(.optedOut))
        hearing.scene.registry.add(try hearing.grant.revocation())
        #expect(hearing.judge() == .no(.optedOut))
    }
}
