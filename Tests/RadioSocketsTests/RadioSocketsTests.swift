import CLinux
import Glibc
import RadioInterface
import RadioSockets
import SeededRandom
import Testing
import Wire

private struct Entry: ChannelEntry {
    var id: ChannelID
    var isFree = true
    init(id: ChannelID) { self.id = id }
}

/// What every radio over sockets is made of.
@Suite struct ChannelTableTests {
    @Test(arguments: [1, 3, 255]) func idsComeRoundAsLateAsTheyCanAndStaleOnesFindNothing(count: Int) {
        let table = ChannelTable<Entry>(count: count)
        var random = SplitMix64(seed: UInt64(count))
        var (open, gone): ([ChannelID], [ChannelID]) = ([], [])
        for _ in 0..<4 * count {
            if !open.isEmpty, open.count == count || random.next() % 2 == 0 {
                let id = open.remove(at: Int(random.next() % UInt64(open.count)))
                table.entry(id.index).pointee = Entry(id: table.nextID(id.index))
                gone.append(id)
            }
            guard let index = table.allocate() else { return #expect(open.count == count) }
            table.entry(index).pointee.isFree = false
            open.append(table.entries[index].id)
        }
        #expect(Set(open + gone).count == open.count + gone.count)
        for id in open { #expect(table.find(id) == id.index) }
        for id in gone { #expect(table.find(id) == nil) }
        #expect(table.find(ChannelID(rawValue: .max)) == nil)
    }

    @Test func fullTableGivesNoMore() {
        let table = ChannelTable<Entry>(count: 2)
        for _ in 0..<2 {
            guard let index = table.allocate() else { return #expect(Bool(false), "there is room") }
            table.entry(index).pointee.isFree = false
        }
        #expect(table.allocate() == nil)
    }
}

@Suite struct AcceptRateTests {
    @Test func noWindowHasMoreThanBurstAndRate() {
        let limits = RadioLimits(acceptsPerSecond: 20, acceptsBurst: 5)
        for seed in UInt64(0)..<20 {
            var (rate, random) = (AcceptRate(limits), SplitMix64(seed: seed))
            var now = Instant(seconds: 1)
            var taken: [Instant] = []
            for _ in 0..<500 {
                now = now.advanced(microseconds: Int64(random.next() % 60_000))
                rate.refill(now: now)
                while rate.hasRoom {
                    rate.take()
                    taken.append(now)
                }
                rate.refill(now: rate.resume(after: now))
                #expect(rate.hasRoom, "as it said")
                now = rate.resume(after: now)
            }
            for (place, first) in taken.enumerated() {
                for last in place..<min(place + 50, taken.count) {
                    let seconds = Double(taken[last].microseconds(since: first)) / 1_000_000
                    #expect(Double(last - place + 1) <= 5 + 20 * seconds + 0.001)
                }
            }
        }
    }

    @Test func clockThatGoesBackwardsGivesNothing() {
        var rate = AcceptRate(RadioLimits(acceptsBurst: 1))
        rate.refill(now: Instant(seconds: 100))
        rate.take()
        rate.refill(now: Instant(seconds: 1))
        #expect(!rate.hasRoom)
    }
}

@Suite struct MessageSocketTests {
    private final class Pair {
        let (near, far): (Int32, Int32)

        init() throws {
            var ends: [Int32] = [-1, -1]
            let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue)
            try #require(socketpair(AF_UNIX, type, 0, &ends) == 0)
            (near, far) = (ends[0], ends[1])
        }

        deinit {
            close(near)
            close(far)
        }

        func send(_ bytes: [UInt8], isBlocked: Bool = false) -> SendOutcome {
            bytes.withUnsafeBytes { MessageSocket.send(near, $0, bytesMax: 8, isBlocked: isBlocked) }
        }

        func sendMany(_ bytes: [UInt8], _ lengths: [UInt32]) -> Int {
            bytes.withUnsafeBytes { bytes in
                lengths.withUnsafeBufferPointer {
                    MessageSocket.sendMany(near, bytes, lengths: $0, bytesMax: 8)
                }
            }
        }
    }

    @Test func everyOutcomeOfSendingIsTold() throws {
        let pair = try Pair()
        #expect(pair.send([1, 2, 3]) == .sent)
        #expect(pair.send(Array(repeating: 0, count: 9)) == .tooLong)
        #expect(pair.send([]) == .sent)
        #expect(pair.send([], isBlocked: true) == .sent)
        #expect(pair.send([1], isBlocked: true) == .wouldBlock)
        var sent = 0
        while pair.send([7]) == .sent, sent < 100_000 { sent += 1 }
        #expect(pair.send([7]) == .wouldBlock)
        shutdown(pair.far, Int32(SHUT_RDWR))
        #expect(pair.send([7]) == .closed)
    }

    @Test func messagesSentTogetherAreTakenTogetherWithTheirBoundaries() throws {
        let pair = try Pair()
        #expect(pair.sendMany([1, 2, 3, 4, 5, 6], [1, 2, 3]) == 3)
        let buffer = MessageBuffer(messageBytesMax: 8)
        #expect(buffer.receive(from: pair.far, atMost: 2) == 2)
        #expect(buffer.message(0).map(Array.init) == [1])
        #expect(buffer.message(1).map(Array.init) == [2, 3])
        #expect(buffer.receive(from: pair.far, atMost: 1_000) == 1)
        #expect(buffer.message(0).map(Array.init) == [4, 5, 6])
        #expect(buffer.receive(from: pair.far, atMost: 1_000) <= 0)
        #expect(errno == EAGAIN)
    }

    @Test func lengthsThatDoNotFitSendNothing() throws {
        let pair = try Pair()
        let bytes = [UInt8](repeating: 1, count: 100)
        for lengths: [UInt32] in [[0], [9], [.max, 1], [8, 0], Array(repeating: 1, count: 33)] {
            #expect(pair.sendMany(bytes, lengths) == 0)
        }
        #expect(pair.sendMany([1, 2, 3], [2, 2]) == 0)
        #expect(pair.sendMany([1, 2, 3], [2, 1]) == 2)
    }

    @Test func messageThatIsTooLongIsNoneAndTheEndIsEmpty() throws {
        let pair = try Pair()
        for count in [8, 9, 24, 500] {
            let bytes = [UInt8](repeating: 5, count: count)
            try #require(Glibc.send(pair.near, bytes, count, 0) == count)
        }
        shutdown(pair.near, Int32(SHUT_WR))
        let buffer = MessageBuffer(messageBytesMax: 8)
        try #require(buffer.receive(from: pair.far, atMost: 4) == 4)
        #expect(buffer.message(0)?.count == 8)
        for place in 1..<4 { #expect(buffer.message(place) == nil) }
        try #require(buffer.receive(from: pair.far, atMost: 4) >= 1)
        #expect(buffer.message(0)?.isEmpty == true)
    }
}
