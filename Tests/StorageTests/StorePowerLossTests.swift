import GRDB
import SeededRandom
import Testing

@testable import Storage

/// The power goes at any moment: of what was being written, any sector may be the old one, the new one, or neither.
@Suite struct StorePowerLossTests {
    private static let sectorBytes = 512
    private static let changes = 60
    private static let lossesPerRun = 12

    /// The files at the moment at which a change was acknowledged, and what they then said.
    private struct Moment {
        var file: [UInt8]
        var log: [UInt8]
        var dump: [String]
    }

    /// Every acknowledged change is found again, whole, and beyond it at most the one that was under way, whole.
    @Test(arguments: 1...8 as ClosedRange<UInt64>)
    func powerLossAtAnyMomentKeepsWhatWasAcknowledgedAndNoHalfChange(seed: UInt64) throws {
        let moments = try Self.run(seed)
        var random = SplitMix64(seed: seed &* 77)
        var undone = 0
        for _ in 0..<Self.lossesPerRun {
            let index = Int.random(in: 0..<(moments.count - 1), using: &random)
            let (last, next) = (moments[index], moments[index + 1])
            // Either the log was being written, or, once it was on the disk, the file from the log.
            let isInLog = last.file == next.file || Bool.random(using: &random)
            let file = isInLog ? last.file : Self.torn(last.file, next.file, &random)
            let log = isInLog ? Self.torn(last.log, next.log, &random) : next.log
            let found = try Self.dump(file, log)
            if found == last.dump { undone += 1 }
            #expect(found == next.dump || (isInLog && found == last.dump), "seed \(seed), change \(index)")
        }
        #expect(undone > 0, "no loss ever hit a change: the test shows nothing")
    }

    /// Many changes, with the log written back often, so that it also begins anew.
    private static func run(_ seed: UInt64) throws -> [Moment] {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.maintain("") { try $0.execute(sql: "PRAGMA wal_autocheckpoint = \(seed % 3 == 0 ? 1000 : 12)") }
        var maker = ChangeMaker(seed: seed)
        var moments: [Moment] = []
        for _ in 0..<changes {
            try maker.change(store)
            moments.append(
                Moment(file: folder.bytes(folder.file), log: folder.bytes(folder.log), dump: try store.dump()))
        }
        return moments
    }

    private static func torn(_ old: [UInt8], _ new: [UInt8], _ random: inout SplitMix64) -> [UInt8] {
        var bytes = new
        if new.count > old.count, Bool.random(using: &random) {
            bytes.removeLast(Int.random(in: 0...(new.count - old.count), using: &random))
        }
        for start in stride(from: 0, to: bytes.count, by: sectorBytes) {
            let sector = start..<min(start + sectorBytes, bytes.count)
            let wasThere = sector.upperBound <= old.count
            if wasThere, old[sector] == new[sector] { continue }
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where wasThere: bytes.replaceSubrange(sector, with: old[sector])
            // What was on the disk before stays, even beside what was being written.
            case 1: for index in sector where index >= old.count { bytes[index] = 0 }
            default: break
            }
        }
        return bytes
    }

    private static func dump(_ file: [UInt8], _ log: [UInt8]) throws -> [String] {
        let copy = try StoreFolder()
        try copy.write(file, to: copy.file)
        try copy.write(log, to: copy.log)
        return try copy.open().dump()
    }

    @Test func fullDiskRefusesInWordsChangesNothingAndGoesOnOnceThereIsRoom() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        var maker = ChangeMaker(seed: 4)
        for _ in 0..<100 { try maker.change(store) }
        func limit(_ pages: Int) throws {
            try store.maintain("") { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        try limit(1)
        let before = try store.dump()
        var refused = 0
        for byte in 0..<40 as Range<UInt8> {
            do throws(StorageError) {
                try store.put([Sample.record(byte &+ 100, size: 4_000)])
                _ = try store.replaceRecords(removing: [Sample.record(byte &+ 100).id], putting: [])
            } catch {
                #expect(error.kind == .full)
                #expect(error.description.contains("Make room on the disk"))
                refused += 1
            }
        }
        #expect(refused > 0)
        #expect(try store.dump() == before)
        try limit(100_000)
        try store.put([Sample.record(200, size: 4_000)])
    }

    @Test func fullDiskRefusesAnOpeningAsAWholeAndTheNextOneIsStored() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        func limit(_ pages: Int) throws {
            try store.maintain("") { try $0.execute(sql: "PRAGMA max_page_count = \(pages)") }
        }
        try limit(1)
        // A message of 8 kB finds no page, after its frame has been stored in the same transaction.
        func opening(_ counter: UInt32, bytes: Int) -> Opening {
            var opening = Sample.opening(device, counter, messages: 1)
            opening.messages[0].payload = [UInt8](repeating: 7, count: bytes)
            return opening
        }
        let before = try store.dump()
        for _ in 0..<3 {
            #expect { try store.commit([opening(1, bytes: 8_000)]) } throws: { ($0 as? StorageError)?.kind == .full }
            #expect(try store.dump() == before)
        }
        // The same statements, once there is room.
        try limit(100_000)
        try store.commit([opening(1, bytes: 8_000)])
        #expect(try store.openedFrames(device: device).map(\.counter) == [1])
        #expect(try store.outboxCount() == 1)
    }
}
