import Testing
import Wire

@testable import Simulation

@Suite struct PacketTraceTests {
    private struct Unit {
        var time: UInt64
        var flags: Int
        var accessAddress: Int
        var bytes: [UInt8]
    }

    private func integer(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> Int {
        (0..<count).reduce(0) { $0 | Int(bytes[offset + $1]) << (8 * $1) }
    }

    /// Takes a file apart, and holds each block to its lengths.
    private func units(of file: [UInt8]) throws -> [Unit] {
        var (units, offset, types): ([Unit], Int, [Int]) = ([], 0, [])
        while offset < file.count {
            let (type, length) = (integer(file, offset, 4), integer(file, offset + 4, 4))
            try #require(length % 4 == 0 && length >= 12 && offset + length <= file.count)
            #expect(integer(file, offset + length - 4, 4) == length)
            types.append(type)
            if type == 6 {
                let captured = integer(file, offset + 20, 4)
                let start = offset + 28
                let bytes = Array(file[start..<start + captured])
                let time = UInt64(integer(file, offset + 12, 4)) << 32 | UInt64(integer(file, offset + 16, 4))
                units.append(
                    Unit(
                        time: time, flags: integer(bytes, 8, 2), accessAddress: integer(bytes, 10, 4),
                        bytes: Array(bytes[14..<captured - 3])))
            }
            offset += length
        }
        #expect(types.prefix(2) == [0x0a0d_0d0a, 1] && types.dropFirst(2).allSatisfy { $0 == 6 })
        return units
    }

    @Test func traceIsInOrderOfTimeAndTheSameEachTime() throws {
        let frames = MadeUpFrames.frames()
        let file = MadeUpFrames.trace(of: frames)
        #expect(file == MadeUpFrames.trace(of: frames))
        let units = try units(of: file)
        #expect(units.count > 1_000)
        #expect(zip(units, units.dropFirst()).allSatisfy { $0.time <= $1.time })
        #expect(units.first?.time == 1_800_000_420_000_000)
    }

    @Test func everyMessageIsWhollyInTheTrace() throws {
        let frames = MadeUpFrames.frames(connections: 1, messages: 60)
        let units = try units(of: MadeUpFrames.trace(of: frames))
        for isFromCentral in [true, false] {
            let sent = frames.flatMap { frame -> [UInt8] in
                guard case .message(_, isFromCentral, let bytes, _) = frame.content else { return [] }
                return [UInt8(bytes.count & 0xff), UInt8(bytes.count >> 8)] + bytes
            }
            var (seen, last): ([UInt8], UInt8?) = ([], nil)
            for unit in units where unit.flags & 0x0380 == (isFromCentral ? 0x0100 : 0x0180) {
                // What bears the same sequence bit as the one before was sent again.
                let bit = unit.bytes[0] & 0x08
                if bit != last, unit.bytes.count > 6, unit.bytes[4] == 0x40, unit.bytes[5] == 0 {
                    seen += unit.bytes[6...]
                }
                last = bit
            }
            #expect(seen == sent)
        }
    }

    @Test func pdusOfAConnectionNeverOverlap() throws {
        let units = try units(of: MadeUpFrames.trace(of: MadeUpFrames.frames(connections: 1, messages: 200)))
        var freeAt: UInt64 = 0
        for unit in units where unit.accessAddress != 0x8e89_bed6 {
            #expect(unit.time >= freeAt)
            freeAt = unit.time + UInt64(8 * (unit.bytes.count + 8)) + 150
        }
    }

    @Test func connectionsHaveAccessAddressesOfTheirOwnThatTheRulesAllow() throws {
        let frames = MadeUpFrames.frames(connections: 300, messages: 0)
        let seen = Set(try units(of: MadeUpFrames.trace(of: frames)).map(\.accessAddress))
        #expect(seen.count == 301)
        let connections = seen.subtracting([0x8e89_bed6])
        #expect(connections.allSatisfy { TracedConnection.isAccessAddress(UInt32($0)) })
        #expect(!TracedConnection.isAccessAddress(0x8e89_bed6) && !TracedConnection.isAccessAddress(0x5555_5555))
    }

    @Test func framesOfUnknownConnectionsAreLeftOut() {
        var trace = PacketTrace(of: "", startsAt: WallTime(seconds: 0)) { _ in }
        trace.add(AirFrame(0, .message(number: 3, isFromCentral: true, bytes: [1], retransmissions: 0)))
        trace.finish()
        #expect(trace.framesLeftOut == 1 && trace.unitsWritten == 0)
    }

    @Test func memoryIsBoundedByPendingUnitsAndConnections() {
        var chunkMax = 0
        var trace = PacketTrace(of: "", startsAt: WallTime(seconds: 0), connectionsMax: 1_500) {
            chunkMax = max(chunkMax, $0.count)
        }
        let address = RadioAddress(value: 1, kind: .public)
        let terms = ConnectionTerms(intervalMicroseconds: 30_000, supervisionTimeoutMicroseconds: 4_000_000)
        // All at one time: nothing may be written for its age.
        for number in 0...1_500 {
            trace.add(AirFrame(0, .connection(number: number, central: address, peripheral: address, terms)))
        }
        #expect(trace.unitsWritten == 7 * 1_501 - PacketTrace.pendingMax)
        trace.add(AirFrame(0, .message(number: 0, isFromCentral: true, bytes: [1], retransmissions: 0)))
        #expect(trace.framesLeftOut == 1)
        trace.add(AirFrame(0, .message(number: 1, isFromCentral: true, bytes: [1], retransmissions: 0)))
        #expect(trace.framesLeftOut == 1)
        trace.finish()
        #expect(chunkMax < 70_000)
    }

    private func bits(of byte: UInt8) -> [UInt32] { (0..<8).map { (index: UInt8) in UInt32(byte >> index & 1) } }

    @Test func crcIsThatOfShiftingBitByBit() {
        // Vol 6 Part B, 3.1.1, as drawn: position 23 leaves, and goes into positions 0, 1, 3, 4, 6, 9 and 10.
        var random = RandomStream(seed: 3, purpose: 3)
        for length in 2..<60 {
            let bytes = (0..<length).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            let start = UInt32(truncatingIfNeeded: random.next() & 0xff_ffff)
            var register = start
            for bit in bytes.flatMap({ bits(of: $0) }) {
                let leaving = register >> 23 & 1 ^ bit
                register = register << 1 & 0xff_ffff
                if leaving == 1 { register ^= 0b110_0101_1011 }
            }
            // Sent from position 23 down; a byte's first bit on the air is its lowest.
            var sent: UInt32 = 0
            for index: UInt32 in 0..<24 { sent |= (register >> (23 - index) & 1) << index }
            #expect(LinkLayerCRC.value(of: bytes, start: start) == sent)
        }
    }
}
