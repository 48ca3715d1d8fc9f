import SeededRandom
import Testing

@testable import Simulation

struct LiarMemoryTests {
    /// Copies of one event that differ in one byte are different, each is kept once, and chance is asked as often as by
    /// looking at every byte of every packet: so that the run stays the same.
    @Test func rememberingIsThatOfWholePackets() {
        var random = SplitMix64(seed: 8)
        var memory = LiarMemory()
        var packets: [[UInt8]] = []
        var asked = 0
        for turn in 0..<4_000 {
            var packet = [UInt8](repeating: UInt8(random.next() % 12), count: 117 + Int(random.next() % 8))
            packet[Int(random.next() % UInt64(packet.count))] ^= UInt8(random.next() % 3)
            let place = Int(random.next() % UInt64(LiarMemory.packetsMax))
            memory.remember(packet) {
                asked += 1
                return place
            }
            if !packets.contains(packet) {
                if packets.count < LiarMemory.packetsMax { packets.append(packet) } else { packets[place] = packet }
            }
            guard memory.packets == packets else {
                Issue.record("differs after \(turn)")
                return
            }
        }
        #expect(packets.count == LiarMemory.packetsMax && asked > 1_000)
    }
}
