import Testing

@testable import Relaying

@Suite struct PacketPoolTests {
    static func packet(_ value: UInt8, count: Int = 228) -> [UInt8] { Array(repeating: value, count: count) }

    @Test func poolStaysWithinItsMemory() {
        #expect(PacketPool.memoryBytes <= 256 * 1024)
    }

    @Test func poolRefusesThe513thPacket() {
        var pool = PacketPool()
        for _ in 0..<512 { #expect(Self.packet(1).withUnsafeBytes { pool.take($0) } != nil) }
        #expect(Self.packet(1).withUnsafeBytes { pool.take($0) } == nil)
        pool.free(7)
        #expect(Self.packet(2).withUnsafeBytes { pool.take($0) } == 7)
    }

    @Test func poolRefusesAPacketLongerThanASlot() {
        var pool = PacketPool()
        #expect(Self.packet(1, count: 229).withUnsafeBytes { pool.take($0) } == nil)
        #expect(Self.packet(1, count: 0).withUnsafeBytes { pool.take($0) } == nil)
        #expect(pool.freeCount == 512)
    }

    @Test func staleHandleNamesNothing() throws {
        var pool = PacketPool()
        let taken = Self.packet(1).withUnsafeBytes { pool.take($0) }
        let slot = try #require(taken)
        let handle = pool.handle(slot)
        #expect(pool.packet(handle).map { Array($0) } == Self.packet(1))
        pool.free(slot)
        pool.free(slot)
        #expect(pool.packet(handle) == nil)
        #expect(pool.freeCount == 512)
        #expect(Self.packet(2, count: 123).withUnsafeBytes { pool.take($0) } == slot)
        #expect(pool.packet(handle) == nil)
        #expect(pool.packet(pool.handle(slot)).map { Array($0) } == Self.packet(2, count: 123))
        #expect(pool.packet(PacketHandle(slot: 512, generation: 0)) == nil)
        #expect(pool.packet(PacketHandle(slot: -1, generation: 0)) == nil)
    }

    @Test func freedSlotHoldsNothingOfThePacket() throws {
        var pool = PacketPool()
        let taken = Self.packet(9).withUnsafeBytes { pool.take($0) }
        let slot = try #require(taken)
        let bytes = pool.packet(slot)
        pool.free(slot)
        #expect(bytes.allSatisfy { $0 == 0 })
    }
}
