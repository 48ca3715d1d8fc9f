import Glibc
import RadioInterface
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Peers that do not keep to what is said of channels, and sockets that cannot be taken. The test turns the clock.
@Suite struct StrangerTests {
    /// A radio that is linked with another one.
    private func linked(limits: RadioLimits = RadioLimits()) throws -> (TurnedClock, near: ChannelID, far: ChannelID) {
        let clock = TurnedClock()
        for number in 1...2 as ClosedRange<UInt64> {
            try clock.add([ScriptedController(address: address(number))], limits: limits)
        }
        clock.air.stopsAdvertisingOnLinks = false
        clock.run(milliseconds: 20)
        for number in 0..<2 { try clock.radios[number].advertise([beacon(UInt8(number))]) }
        clock.run(milliseconds: 300)
        let near = try clock.radios[1].connect(
            to: clock.radios[0].address, timeoutMilliseconds: 5_000, now: clock.now)
        #expect(clock.run(atMost: 5_000) { clock.recorders[1].connected.contains(near) })
        return (clock, near, try #require(clock.recorders[0].opened.first?.channel))
    }

    private func call(_ clock: TurnedClock, _ number: UInt64 = 0) -> Int32 {
        let from = RadioAddress(value: 0x100 + number, kind: .random)
        return clock.air.call(from: from, to: RadioAddress(value: address(1), kind: .public))
    }

    private func isClosed(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        var count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        while count > 0 { count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) }
        return count == 0 || errno == ECONNRESET
    }

    /// The link from before carries something, and nothing of it ended.
    private func expectLinked(_ clock: TurnedClock, _ near: ChannelID, _ far: ChannelID) {
        #expect([UInt8(7)].withUnsafeBytes { clock.radios[1].send(near, $0) } == .sent)
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].messages(far).last == [7])
        #expect(clock.recorders[1].ended.isEmpty && clock.recorders[0].end(of: far) == nil)
    }

    @Test func messageThatIsTooLongEndsItsChannelAndNoOther() throws {
        let (clock, near, far) = try linked()
        let stranger = call(clock)
        defer { close(stranger) }
        clock.run(milliseconds: 50)
        let channel = try #require(clock.recorders[0].opened.last?.channel)
        let longest = [UInt8](repeating: 1, count: BlueZRadio.messageBytesMax)
        for bytes in [longest, longest + [2], [3]] { send(stranger, bytes, bytes.count, Int32(MSG_NOSIGNAL)) }
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].messages(channel) == [longest], "and nothing that came after it")
        #expect(clock.recorders[0].end(of: channel) == .reset && isClosed(stranger))
        #expect(clock.radios[0].counters.messagesTooLong == 1)
        #expect(clock.radios[0].troubles.first { $0.kind == "messages_too_long" }?.count == 1)
        expectLinked(clock, near, far)
    }

    @Test func peerThatTakesOnlyShorterMessagesIsClosedAtOnceAndLeavesItsPlace() throws {
        let (clock, near, far) = try linked(limits: RadioLimits(channelsMax: 2))
        clock.sockets[0].admitFails = Array(repeating: EMSGSIZE, count: 5)
        let strangers = (0..<5 as Range<UInt64>).map { call(clock, $0) }
        defer { for stranger in strangers { close(stranger) } }
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].opened.count == 1 && strangers.allSatisfy(isClosed))
        #expect(clock.radios[0].counters.channelsUnusable == 5)
        let last = call(clock, 9)
        defer { close(last) }
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].opened.count == 2)
        expectLinked(clock, near, far)
    }

    @Test func peerThatTakesOnlyShorterMessagesIsNotCalledAgainAndAgain() throws {
        let (clock, near, far) = try linked()
        clock.sockets[1].finishFails = Array(repeating: EMSGSIZE, count: 5)
        let further = try clock.radios[1].connect(
            to: clock.radios[0].address, timeoutMilliseconds: 5_000, now: clock.now)
        clock.run(milliseconds: 3_000)
        #expect(clock.recorders[1].end(of: further) == .refused && clock.sockets[1].finishFails.count == 4)
        #expect(clock.recorders[1].ended.count == 1)
        #expect([UInt8(7)].withUnsafeBytes { clock.radios[1].send(near, $0) } == .sent)
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].messages(far) == [[7]])
    }

    @Test func callersThatHaveGoneBeforeTheyAreTakenCostTheirShareOfTheRateAndNothingElse() throws {
        let (clock, near, far) = try linked(limits: RadioLimits(acceptsPerSecond: 10, acceptsBurst: 4))
        clock.run(milliseconds: 1_000)
        clock.sockets[0].acceptFails = Array(repeating: ECONNABORTED, count: 12)
        let strangers = (0..<13 as Range<UInt64>).map { call(clock, $0) }
        defer { for stranger in strangers { close(stranger) } }
        clock.run(milliseconds: 100)
        #expect((4...6).contains(clock.radios[0].counters.channelsUnusable))
        #expect(clock.radios[0].counters.acceptsPaused > 0)
        clock.run(milliseconds: 2_000)
        #expect(clock.radios[0].counters.channelsUnusable == 12)
        #expect(clock.recorders[0].opened.count == 2, "the last one is still there")
        expectLinked(clock, near, far)
    }

    /// Out of descriptors or memory.
    @Test(arguments: [EMFILE, ENFILE, ENOMEM]) func callWaitsWhereTheSystemHasNoRoomForIt(_ number: Int32) throws {
        let (clock, near, far) = try linked()
        clock.sockets[0].acceptFails = [number, number]
        let stranger = call(clock)
        defer { close(stranger) }
        clock.run(milliseconds: 90)
        #expect(clock.recorders[0].opened.count == 1 && clock.radios[0].counters.acceptsPaused == 1)
        #expect(clock.radios[0].nextDeadline.map { clock.now < $0 } == true, "it does not ask again at once")
        expectLinked(clock, near, far)
        clock.run(milliseconds: 300)
        #expect(clock.recorders[0].opened.count == 2 && !isClosed(stranger))
        #expect(clock.radios[0].counters.acceptsPaused == 2 && clock.radios[0].counters.channelsUnusable == 0)
    }
}
