import Glibc
import RadioInterface
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Calls that cross, fail, or come from strangers. The test turns the clock.
@Suite struct CallTests {
    private func street(_ count: Int, limits: RadioLimits = RadioLimits()) throws -> TurnedClock {
        let clock = TurnedClock()
        for number in 0..<count {
            try clock.add([ScriptedController(address: address(UInt64(number + 1)))], limits: limits)
        }
        clock.run(milliseconds: 20)
        for number in 0..<count { try clock.radios[number].advertise([beacon(UInt8(number))]) }
        clock.run(milliseconds: 300)
        return clock
    }

    private func call(_ clock: TurnedClock, _ from: Int, _ to: Int, milliseconds: Int = 5_000) throws -> ChannelID {
        try clock.radios[from].connect(
            to: clock.radios[to].address, timeoutMilliseconds: milliseconds, now: clock.now)
    }

    @Test func callsThatCrossLeaveOneChannel() throws {
        let clock = try street(2)
        let calls = [try call(clock, 0, 1), try call(clock, 1, 0)]
        clock.run(milliseconds: 6_000)
        let up = (0..<2).filter { clock.recorders[$0].connected.contains(calls[$0]) }
        #expect(up.count == 1)
        for radio in clock.radios { #expect(radio.channels.filter { $0.phase != .free }.count == 1) }
        #expect(clock.radios.allSatisfy { $0.held.isEmpty && $0.waitingCount == 0 })
        let lost = 1 - (up.first ?? 0)
        #expect(clock.recorders[lost].end(of: calls[lost]) == .refused)
    }

    /// The kernel answers who calls before the radio that is called has looked.
    @Test(arguments: ScriptedAir.Answer.allCases, [false, true])
    func callsThatCrossAndAreBothAnsweredLeaveTheLowersOnBothSides(
        _ answer: ScriptedAir.Answer, isHigherSlow: Bool
    ) throws {
        let clock = try street(2)
        clock.air.stopsAdvertisingOnLinks = false
        (clock.air.answer, clock.air.holdsCalls) = (answer, true)
        let calls = [try call(clock, 0, 1), try call(clock, 1, 0)]
        let controllers = clock.kernels.map { $0.controllers[0] }
        #expect(
            clock.run(atMost: 4_000) { clock.air.callCount == 2 && controllers.allSatisfy { !$0.onAir.isEmpty } })
        clock.air.holdsCalls = false
        clock.stall(milliseconds: 1)
        #expect(clock.air.callCount == 0, "both are answered")
        if isHigherSlow { for _ in 0..<3 { clock.pollFirst() } }
        clock.run(milliseconds: 1_000)
        #expect(clock.recorders[0].connected == [calls[0]] && clock.recorders[0].ended.isEmpty)
        #expect(clock.recorders[1].end(of: calls[1]) == .refused)
        for radio in clock.radios { #expect(radio.channels.filter { $0.phase != .free }.count == 1) }
        let (near, far) = (calls[0], try #require(clock.recorders[1].opened.last?.channel))
        let message: [UInt8] = [1, 2, 3]
        #expect(message.withUnsafeBytes { clock.radios[0].send(near, $0) } == .sent)
        clock.run(milliseconds: 20)
        #expect(clock.recorders[1].messages(far) == [message])
    }

    /// With bluetoothd's `Privacy = device` a bridge goes by addresses that it is not told.
    @Test(arguments: [[true, true], [true, false], [false, true]])
    func callsThatCrossUnderPrivacyLeaveOneChannel(isPrivate: [Bool]) throws {
        let rounds = 20
        for addresses: [UInt64] in [
            [0x41_00_00_00_00_01, 0x42_00_00_00_00_02], [0x43_00_00_00_00_04, 0x41_00_00_00_00_03],
        ] {
            let clock = try privateStreet(zip(isPrivate, addresses).map { $0 ? $1 : nil })
            var one = 0
            for _ in 0..<rounds {
                let calls = try (0..<2).map { try callAsHeard(clock, $0, 1 - $0) }
                clock.run(milliseconds: 6_000)
                let open = clock.radios.map { radio in radio.channels.filter { $0.phase != .free }.count }
                #expect(open == [0, 0] || open == [1, 1])
                #expect(clock.radios.allSatisfy { $0.held.isEmpty && $0.waitingCount == 0 })
                let up = (0..<2).filter { clock.recorders[$0].connected.contains(calls[$0]) }
                if open == [1, 1], up.count == 1 { one += 1 }
                for radio in clock.radios {
                    for channel in radio.channels where channel.isOpen { radio.close(channel.id) }
                }
                clock.run(milliseconds: 500)
            }
            // Where both give way at nearly the same time the bridges call once more.
            #expect(one >= rounds * 3 / 4, "\(one) of \(rounds) with \(isPrivate)")
        }
    }

    /// Sets of advertisements can have addresses of their own, other than the one that calls.
    @Test func callsThatCrossUnderTwoAddressesEachAreBothCarriedAndLeftToTheBridges() throws {
        let clock = try privateStreet([0x41_00_00_00_00_01, 0x42_00_00_00_00_02])
        for (kernel, caller) in zip(clock.kernels, [0x51_00_00_00_00_01, 0x52_00_00_00_00_02] as [UInt64]) {
            kernel.controllers[0].privateCaller = caller
        }
        let calls = try (0..<2).map { try callAsHeard(clock, $0, 1 - $0) }
        clock.run(milliseconds: 6_000)
        for (recorder, call) in zip(clock.recorders, calls) {
            #expect(recorder.connected.contains(call) && recorder.opened.count == 1 && recorder.ended.isEmpty)
        }
    }

    /// Two radios, each going by an address of its own if one is given.
    private func privateStreet(_ addresses: [UInt64?]) throws -> TurnedClock {
        let clock = TurnedClock()
        for (number, privateAddress) in addresses.enumerated() {
            let controller = ScriptedController(address: address(UInt64(number + 1)))
            controller.privateAddress = privateAddress
            if privateAddress != nil { controller.settings.insert(.privacy) }
            try clock.add([controller])
        }
        clock.run(milliseconds: 20)
        for number in addresses.indices { try clock.radios[number].advertise([beacon(UInt8(number))]) }
        clock.run(milliseconds: 300)
        return clock
    }

    /// A call to the address that the beacon came from.
    private func callAsHeard(_ clock: TurnedClock, _ from: Int, _ to: Int) throws -> ChannelID {
        let heard = try #require(clock.recorders[from].heard(beacon(UInt8(to))))
        #expect(heard.address == clock.kernels[to].controllers[0].airAddress)
        return try clock.radios[from].connect(to: heard.address, timeoutMilliseconds: 5_000, now: clock.now)
    }

    @Test func channelBackToWhoHasCalledIsRefusedAndTheFirstStays() throws {
        let clock = try street(2)
        let first = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(first) })
        let back = try call(clock, 1, 0)
        clock.run(milliseconds: 100)
        #expect(clock.recorders[1].end(of: back) == .refused)
        #expect(clock.recorders[0].ended.isEmpty && clock.recorders[0].opened.isEmpty)
        // A further one the same way is another matter.
        let further = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(further) })
    }

    @Test func refusedCallPausesNoBeacons() throws {
        let clock = try street(2)
        let first = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(first) })
        clock.run(milliseconds: 500)
        let controller = clock.kernels[1].controllers[0]
        let before = controller.commands.count
        let back = try call(clock, 1, 0)
        clock.run(milliseconds: 100)
        #expect(clock.recorders[1].end(of: back) == .refused)
        #expect(!controller.commands[before...].contains(ManagementOpcode.removeAdvertising.rawValue))
        // Nor does it end the pause of another.
        let nobody = RadioAddress(value: 0x99, kind: .public)
        _ = try clock.radios[1].connect(to: nobody, timeoutMilliseconds: 4_000, now: clock.now)
        _ = try call(clock, 1, 0)
        clock.run(milliseconds: 100)
        #expect(clock.radios[1].adapters[0].machine.beacons.connects == 1)
    }

    @Test func beaconsPauseForACallAndComeBack() throws {
        let clock = try street(2)
        let controller = clock.kernels[0].controllers[0]
        #expect(!controller.onAir.isEmpty)
        let nobody = RadioAddress(value: 0x99, kind: .public)
        let channel = try clock.radios[0].connect(to: nobody, timeoutMilliseconds: 4_000, now: clock.now)
        clock.run(milliseconds: 100)
        #expect(controller.onAir.isEmpty)
        #expect(clock.run(atMost: 1_600) { !controller.onAir.isEmpty }, "no longer than it must")
        #expect(clock.recorders[0].end(of: channel) == nil)
        clock.run(milliseconds: 4_000)
        #expect(clock.recorders[0].end(of: channel) == .timedOut)
        #expect(clock.radios[0].adapters[0].machine.beacons.connects == 0)
    }

    @Test func callThatFailsByChanceIsMadeAgainWithinItsTimeAndARefusedOneIsNot() throws {
        let clock = try street(2)
        clock.sockets[0].connectFails = [EBUSY, ENOSYS, ECONNABORTED]
        let first = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(first) })
        clock.sockets[0].connectFails = [ECONNREFUSED]
        let second = try call(clock, 0, 1)
        clock.run(milliseconds: 2_000)
        #expect(clock.recorders[0].end(of: second) == .refused)
        clock.sockets[0].connectFails = Array(repeating: EBUSY, count: 1_000)
        let third = try call(clock, 0, 1, milliseconds: 2_000)
        clock.run(milliseconds: 2_100)
        #expect(clock.recorders[0].end(of: third) == .timedOut)
        #expect(clock.sockets[0].connectFails.count > 970, "not in a hurry")
    }

    @Test func strangersWhoSayNothingTakeNoMoreThanTheRoomThereIs() throws {
        let clock = try street(1, limits: RadioLimits(channelsMax: 4, acceptsPerSecond: 10, acceptsBurst: 2))
        clock.air.stopsAdvertisingOnLinks = false
        let own = RadioAddress(value: address(1), kind: .public)
        let strangers = (0..<200).map {
            clock.air.call(from: RadioAddress(value: 0x100 + UInt64($0), kind: .random), to: own)
        }
        defer { for stranger in strangers { close(stranger) } }
        clock.run(milliseconds: 100)
        #expect(clock.recorders[0].opened.count <= 3)
        clock.run(milliseconds: 3_000)
        #expect(clock.recorders[0].opened.count == 4)
        #expect(clock.radios[0].counters.acceptsPaused > 0)
        #expect(clock.radios[0].counters.channelsRefused > 0)
        // Whoever lets them go has room again.
        for stranger in clock.recorders[0].opened { clock.radios[0].close(stranger.channel) }
        #expect(clock.radios[0].channels.allSatisfy { $0.phase == .free })
    }

    /// Each of another address, as fast as they are taken: some go at once, some say something first, some wait to be let go.
    @Test func thousandsOfStrangersWhoComeAndGoLeaveALinkAloneAndNothingBehind() throws {
        let limits = RadioLimits(channelsMax: 4, acceptsPerSecond: 1_000_000, acceptsBurst: 1_000_000)
        let clock = try street(2, limits: limits)
        clock.air.stopsAdvertisingOnLinks = false
        let near = try call(clock, 1, 0)
        #expect(clock.run(atMost: 5_000) { clock.recorders[1].connected.contains(near) })
        let far = try #require(clock.recorders[0].opened.first?.channel)
        let own = RadioAddress(value: address(1), kind: .public)
        let junk: [UInt8] = (0..<40).map { $0 &* 7 }
        var seen = 1
        for round in 0..<400 {
            let strangers = (0..<5).map { number in
                clock.air.call(from: RadioAddress(value: UInt64(0x1000 + 5 * round + number), kind: .random), to: own)
            }
            for (number, stranger) in strangers.enumerated() where number % 2 == 1 {
                _ = send(stranger, junk, junk.count, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT))
            }
            clock.run(milliseconds: 10)
            #expect(clock.radios[0].channels.count { $0.phase != .free } <= 4)
            for stranger in strangers { close(stranger) }
            clock.run(milliseconds: 10)
            for told in clock.recorders[0].opened.dropFirst(seen) { clock.radios[0].close(told.channel) }
            seen = clock.recorders[0].opened.count
        }
        clock.run(milliseconds: 5_000)
        #expect(clock.radios[0].channels.count { $0.phase != .free } == 1)
        #expect(clock.radios[0].counters.channelsRefused > 700, "2,000 came for three places")
        #expect(clock.recorders[1].ended.isEmpty)
        #expect([UInt8(7)].withUnsafeBytes { clock.radios[1].send(near, $0) } == .sent)
        clock.run(milliseconds: 50)
        #expect(clock.recorders[0].messages(far).last == [7])
    }

    @Test func closedChannelWithMessagesOnTheirWayLingersForAWhile() throws {
        let clock = try street(2)
        let near = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(near) })
        let far = try #require(clock.recorders[1].opened.first?.channel)
        clock.sockets[0].drains = false
        clock.radios[0].close(near)
        #expect(clock.radios[0].lingering.count == 1)
        clock.run(milliseconds: 500)
        #expect(clock.recorders[1].end(of: far) == nil)
        clock.sockets[0].drains = true
        clock.run(milliseconds: 20)
        #expect(clock.recorders[1].end(of: far) == .closedByPeer)
        #expect(clock.radios[0].lingering.isEmpty)
    }

    @Test func closedChannelsLingerInABoundedNumberAndTime() throws {
        let clock = TurnedClock()
        try clock.add([ScriptedController(address: address(1))], limits: RadioLimits(channelsMax: 2))
        try clock.add([ScriptedController(address: address(2))])
        clock.run(milliseconds: 20)
        try clock.radios[1].advertise([beacon()])
        clock.sockets[0].drains = false
        for _ in 0..<6 {
            let near = try call(clock, 0, 1)
            #expect(clock.run(atMost: 10_000) { clock.recorders[0].connected.contains(near) })
            clock.radios[0].close(near)
            #expect(clock.radios[0].lingering.count <= 2)
        }
        clock.run(milliseconds: 2_100)
        #expect(clock.radios[0].lingering.isEmpty)
    }

    @Test func callsGoOutByTheAdapterThatHeardThePeer() throws {
        let clock = TurnedClock()
        let pair = [ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2))]
        try clock.add(pair, adapters: [.index(0), .index(1)])
        try clock.add([ScriptedController(address: address(9))])
        clock.air.hears = { listener, sender in ![listener, sender].contains(address(1)) }
        clock.run(milliseconds: 50)
        try clock.radios[0].advertise([beacon()])
        try clock.radios[1].advertise([beacon(9)])
        clock.run(milliseconds: 300)
        #expect(pair.allSatisfy { $0.onAir == [beacon()] }, "beacons by all of them")
        let near = try call(clock, 0, 1)
        #expect(clock.run(atMost: 5_000) { clock.recorders[0].connected.contains(near) })
        #expect(clock.recorders[1].opened.first?.address.value == address(2))
        // The other adapter goes: this channel has nothing to do with it.
        clock.kernels[0].set(pair[0], [])
        clock.run(milliseconds: 100)
        #expect(clock.recorders[0].ended.isEmpty)
        #expect(
            clock.recorders[0].states.last
                == .degraded("hci0 is switched off: `rfkill unblock bluetooth`, then `btmgmt --index 0 power on`"))
        #expect(clock.recorders[0].heard(beacon()) == nil, "a radio does not hear itself")
    }
}
