import Foundation
import SeededRandom
import Testing

@testable import Storage

/// What crashes and bad disks leave behind.
@Suite struct StoreDamageTests {
    private static let commits = 12
    private static let openingsPerCommit = 3

    /// A closed file with one device, and the log of `commits` commits on it.
    private func makeLog(in folder: StoreFolder) throws -> (file: [UInt8], log: [UInt8], device: Int64) {
        let first = try folder.open()
        let device = try first.addDevice(Sample.device("a"))
        try first.close()
        let file = folder.bytes(folder.file)
        let store = try folder.open()
        for commit in 0..<UInt32(Self.commits) {
            try store.commit((1...UInt32(Self.openingsPerCommit)).map { Sample.opening(device, commit * 3 + $0) })
        }
        let log = folder.bytes(folder.log)
        #expect(folder.bytes(folder.file) == file)
        return (file, log, device)
    }

    /// How many commits the store holds, after checking that it holds each whole and none without those before it.
    private func wholeCommits(_ store: BridgeStore, _ device: Int64) throws -> Int {
        let counters = try store.openedFrames(device: device).map(\.counter)
        let texts = try store.pending(after: 0, limit: 1_000).map {
            String(decoding: $0.message.payload, as: UTF8.self)
        }
        #expect(counters.count.isMultiple(of: Self.openingsPerCommit))
        #expect(counters == (0..<UInt32(counters.count)).map { $0 + 1 })
        #expect(texts == counters.flatMap { ["\($0)/0", "\($0)/1"] })
        #expect(try store.devices().first?.lastHeard == counters.last.map(Int64.init))
        return counters.count / Self.openingsPerCommit
    }

    @Test func logCutAnywhereLeavesWholeCommitsOnly() throws {
        let folder = try StoreFolder()
        let (file, log, device) = try makeLog(in: folder)
        #expect(log.count > 32)
        var random = SplitMix64(seed: 7)
        var cuts = (0..<120).map { _ in Int.random(in: 0...log.count, using: &random) } + [0, 31, 32, 33, log.count]
        cuts.sort()
        var found: [Int] = []
        for cut in cuts {
            let copy = try StoreFolder()
            try copy.write(file, to: copy.file)
            try copy.write(Array(log.prefix(cut)), to: copy.log)
            found.append(try wholeCommits(copy.open(), device))
        }
        #expect(found == found.sorted())
        #expect(found.first == 0)
        #expect(found.last == Self.commits)
        #expect(Set(found).count > Self.commits / 2)
    }

    @Test func damagedByteInTheLogLeavesWholeCommitsOnly() throws {
        let folder = try StoreFolder()
        let (file, log, device) = try makeLog(in: folder)
        var random = SplitMix64(seed: 8)
        var found: Set<Int> = []
        for _ in 0..<80 {
            let copy = try StoreFolder()
            var damaged = log
            damaged[Int.random(in: 0..<log.count, using: &random)] ^= UInt8.random(in: 1...255, using: &random)
            try copy.write(file, to: copy.file)
            try copy.write(damaged, to: copy.log)
            found.insert(try wholeCommits(copy.open(), device))
        }
        #expect(found.count > 3)
    }

    @Test func damagedFileIsATypedErrorOrReadsWithoutTrapping() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        let device = try store.addDevice(Sample.device("a"))
        try store.setIdentity(Sample.identity())
        try store.setNetwork(Sample.network())
        try store.put((0..<20).map { Sample.record($0, size: 500) })
        try store.commit((1...50).map { Sample.opening(device, $0) })
        try store.addToLedger([LedgerEntry(day: 1, classCode: 1, kind: "in", packets: 1, bytes: 1)])
        try store.close()
        let whole = folder.bytes(folder.file)
        var random = SplitMix64(seed: 9)
        var refused = 0
        for round in 0..<300 {
            var bytes = whole
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                let place = Int.random(in: 0..<bytes.count, using: &random)
                let end = min(bytes.count, place + Int.random(in: 1...64, using: &random))
                for index in place..<end { bytes[index] = UInt8.random(in: 0...255, using: &random) }
            }
            if round.isMultiple(of: 5) { bytes.removeLast(Int.random(in: 1..<bytes.count, using: &random)) }
            if try !readsWhole(bytes, device) { refused += 1 }
        }
        #expect(refused > 100)
    }

    private func readsWhole(_ bytes: [UInt8], _ device: Int64) throws -> Bool {
        let copy = try StoreFolder()
        try copy.write(bytes, to: copy.file)
        do throws(StorageError) {
            let store = try BridgeStore(directory: copy.path)
            _ = try store.identity()
            _ = try store.network()
            _ = try store.records()
            _ = try store.devices()
            _ = try store.openedFrames(device: device)
            _ = try store.pending(after: 0, limit: 1_000)
            _ = try store.ledger(days: 0...9)
            _ = try store.isNo(.hosting)
            try store.commit([Sample.opening(device, 99)])
            return true
        } catch {
            return false
        }
    }

    @Test func columnOfAnotherTypeIsCorruptAndNoTrap() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.maintain("") { database in
            try database.execute(
                sql: """
                    DROP TABLE record; CREATE TABLE record (id, kind, bytes, received, expires);
                    INSERT INTO record VALUES (zeroblob(16), 300, zeroblob(1), 1, NULL);
                    DROP TABLE network; CREATE TABLE network (network_key, recognition_key, founder_key, name, created);
                    INSERT INTO network VALUES ('text', NULL, 1.5, 7, zeroblob(3));
                    """)
        }
        for read in [{ _ = try store.records() }, { _ = try store.network() }] as [() throws -> Void] {
            do {
                try read()
                Issue.record("read what it may not hold")
            } catch let error as StorageError {
                #expect(error.kind == .corrupt)
            }
        }
    }

    @Test func missingNoIsANo() throws {
        let folder = try StoreFolder()
        let store = try folder.open()
        try store.setNo(.hosting, false, now: 1)
        try store.maintain("") { try $0.execute(sql: "DELETE FROM no") }
        #expect(try store.isNo(.hosting))
        #expect(try store.isNo(.requests))
    }
}
