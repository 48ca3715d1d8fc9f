import Wire

@testable import Simulation

/// What a tap might see: beacons, a connection, messages of all lengths both ways, some sent again, and its end.
enum MadeUpFrames {
    static func frames(connections: Int = 12, messages: Int = 40, isLossy: Bool = true) -> [AirFrame] {
        var random = RandomStream(seed: 5, purpose: 2)
        var frames: [AirFrame] = []
        for number in 0..<connections {
            let (central, peripheral) = (address(&random), address(&random))
            let start = Int64(number) * 400_000
            let beacon = [0x11, 0x21] + [UInt8](repeating: 0xa5, count: 16)
            frames.append(AirFrame(start, .advertisement(from: peripheral, isConnectable: true, data: beacon)))
            let sensor: [UInt8] = [2, 1, 6, 9, 0x16, 0xd2, 0xfc, 0x41, 1, 2, 3, 4, 5]
            frames.append(
                AirFrame(start + 900, .advertisement(from: address(&random), isConnectable: false, data: sensor)))
            let terms = ConnectionTerms(intervalMicroseconds: 40_000, supervisionTimeoutMicroseconds: 4_000_000)
            frames.append(
                AirFrame(start + 2_000, .connection(number: number, central: central, peripheral: peripheral, terms)))
            var time = start + 200_000
            for _ in 0..<messages {
                time += Int64(random.number(below: 60_000))
                let bytes = (0..<random.number(below: 513)).map { UInt8(truncatingIfNeeded: $0) }
                let content = AirFrame.Content.message(
                    number: number, isFromCentral: random.chance(0.5), bytes: bytes,
                    retransmissions: isLossy && random.chance(0.2) ? 1 + random.number(below: 3) : 0)
                frames.append(AirFrame(time, content))
            }
            time += 5_000_000
            if number % 3 != 0 {
                frames.append(AirFrame(time, .disconnection(number: number, isFromCentral: number % 2 == 0)))
            }
        }
        return frames.enumerated().sorted {
            ($0.element.timeMicroseconds, $0.offset) < ($1.element.timeMicroseconds, $1.offset)
        }.map(\.element)
    }

    private static func address(_ random: inout RandomStream) -> RadioAddress {
        RadioAddress(value: random.next() & 0x3fff_ffff_ffff | 0x4000_0000_0000, kind: .random)
    }

    static func trace(of frames: [AirFrame]) -> [UInt8] {
        var bytes: [UInt8] = []
        var trace = PacketTrace(of: "made up", startsAt: WallTime(seconds: 1_800_000_420)) { bytes += $0 }
        for frame in frames { trace.add(frame) }
        trace.finish()
        return bytes
    }
}
