import Devices
import Foundation
import Storage
import Testing
import Wire

@testable import Consent
@testable import Daemon

/// What of a home goes into its file and comes out of it, and what a start makes of damaged records.
@Suite struct HomeRecordsTests {
    private func revocation(_ number: UInt64) throws -> [UInt8] {
        var secret = [UInt8](repeating: 0, count: 20)
        for place in 0..<8 { secret[place] = UInt8(truncatingIfNeeded: number >> (8 * UInt64(place))) }
        let record = RevocationRecord(secret: try #require(Bytes20(secret)), end: WallTime(seconds: 2_000_000_000))
        var bytes = [UInt8](repeating: 0, count: RevocationRecord.byteCount)
        let count = try bytes.withUnsafeMutableBytes { try record.write(into: $0) }
        return Array(bytes[..<count])
    }

    private func stored(_ bytes: [UInt8]) -> StoredRecord {
        StoredRecord(bridgeID: Names.recordID(bytes), bytes: bytes, received: 1)
    }

    private func device() -> StoredDevice {
        StoredDevice(
            name: "a", address: [1, 2, 3, 4, 5, 6], addressType: 0, bindKey: SystemRandom.secret(16),
            sealingPrivateKey: SystemRandom.secret(32), relayKey: SystemRandom.secret(16), classCode: 1, scope: 1,
            ratePerMinute: 10, deliver: [], validitySeed: SystemRandom.secret(20),
            revocationSecret: StoredSecret([0xff, 0xff, 0xff, 0xff] + [UInt8](repeating: 0, count: 16)), optInStart: 0,
            optInEnd: 1, grantID: [UInt8](repeating: 0, count: 16))
    }

    @Test func homeTakesRevocationsWithItWhoseDeviceIsGone() throws {
        let records = try (1...3).map { stored(try revocation($0)) }
        #expect(HomeRecords.own(records, devices: []) == records)
    }

    @Test func homeTakesItsOwnDevicesRevocationsHoweverManyOthersThereAre() throws {
        let limit = HomeRecords.otherRevocationsMax
        let own = stored(try revocation(0xffff_ffff))
        let records = try (1...UInt64(limit) + 5).map { stored(try revocation($0)) } + [own]
        let home = StoredHome.Device(device: device(), figures: nil, opened: [], before: [])
        let kept = HomeRecords.own(records, devices: [home])
        #expect(kept.count == limit + 1)
        #expect(kept.last == own)
    }

    @Test(arguments: [Int64.min, -1, .max]) func figuresOfAFileAreTakenWithinTheirBounds(value: Int64) {
        let file = HomeFile.Figures(
            received: value, missed: value, counter: 1, packetID: 1, isTriggerBased: false, firstHeard: value,
            longestPauseSeconds: value, longestPauseBeforeSeconds: value, pausesSince: value)
        for lastHeard in [nil, value, ~value] {
            var figures = DeviceFigures(file.stored, lastHeard: lastHeard)
            for time in [0, 1_800_000_000, UInt32.max] {
                figures.note(
                    DeviceFigures.Frame(
                        counter: 9, packetID: nil, isSecondOfCounter: false, isTriggerBased: false,
                        heard: WallTime(seconds: time)))
                #expect(!figures.isSilent(at: WallTime(seconds: 0)))
            }
        }
    }

    /// Reads a store that lends and whose record has one bit wrong. The result: how many noes were lost, and whether
    /// the host's no stands at the next start.
    private func read(damaging bytes: [UInt8]) throws -> (lost: Int, isNo: Bool) {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let store = try BridgeStore(directory: folder)
        try store.setNo(.hosting, false, now: 1)
        var damaged = stored(bytes)
        damaged.bytes[10] ^= 4
        try store.put([damaged, stored(try revocation(1))])
        let lost = try BridgeMemory.read(from: store, name: "a").noesLost
        let again = try BridgeMemory.read(from: store, name: "a")
        #expect(again.noesLost == 0, "told once")
        #expect(again.records.map(\.bytes) == [try revocation(1)])
        return (lost, try store.isNo(.hosting))
    }

    @Test func damagedNoSuspendsLendingAndADamagedGrantDoesNot() throws {
        #expect(try read(damaging: revocation(7)) == (1, true))
        var grant = try revocation(7)
        grant[0] = RecordKind.grant.firstByte
        #expect(try read(damaging: grant) == (0, false))
    }

    @Test func recordWhoseKindItselfIsDamagedMayBeANo() throws {
        var record = stored(try revocation(7))
        record.bytes[0] = RecordKind.member.firstByte
        #expect(record.mayBeNo)
        record.kind = RecordKind.member.rawValue
        #expect(!record.mayBeNo)
    }

    @Test func lostNoesAreSaidUntilTheHostSaysYes() {
        var noes = HostingNoes(byCommand: false)
        noes.lose(0)
        #expect(!noes.isNo)
        noes.lose(2)
        noes.byCommand = false
        #expect(noes.isOptedOut)
        #expect(noes.words.contains { $0.contains("lost 2 noes") && $0.contains("sidegate opt-in hosting") })
        noes.lost = 0
        #expect(!noes.isNo)
    }
}
