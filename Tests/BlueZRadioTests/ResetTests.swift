import RadioInterface
import RadioSockets
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Controllers that another program resets behind the kernel's back. The test turns the clock.
@Suite struct ResetTests {
    private let setPowered = ManagementOpcode.setPowered.rawValue
    private let getConnections = ManagementOpcode.getConnections.rawValue

    /// Two radios that hear each other, and what the kernel of the first one was asked from then on.
    private func pair(
        unknown: Set<UInt16> = [], others: [ScriptedController] = []
    ) throws -> (TurnedClock, ScriptedController) {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.unknown = unknown
        try clock.add([controller] + others)
        try clock.add([ScriptedController(address: address(2))])
        clock.run(milliseconds: 200)
        try clock.radios[0].advertise([beacon(1)])
        try clock.radios[1].advertise([beacon(2)])
        clock.run(milliseconds: 500)
        return (clock, controller)
    }

    private func hears(_ clock: TurnedClock, atMost milliseconds: Int64) -> Bool {
        clock.recorders[0].forgetHeard()
        return clock.run(atMost: milliseconds, step: 50) { clock.recorders[0].heard(beacon(2)) != nil }
    }

    private func count(_ opcode: UInt16, _ controller: ScriptedController) -> Int {
        controller.commands.count { $0 == opcode }
    }

    @Test func linkThatBreaksBecauseOfAResetBringsTheControllerBackWithinSeconds() throws {
        // By whichever tier it hears.
        for unknown in [[], [ManagementOpcode.setExperimentalFeature.rawValue]] as [Set<UInt16>] {
            let (clock, controller) = try pair(unknown: unknown)
            let peer = clock.radios[1].address
            let near = try clock.radios[0].connect(to: peer, timeoutMilliseconds: 2_000, now: clock.now)
            #expect(clock.run(atMost: 3_000) { clock.recorders[0].connected.contains(near) })
            clock.run(seconds: 2)
            // With something unread the far end closes with an error, as a link that breaks does.
            clock.sockets[0].resetMeans = .adapterGone
            #expect([1].withUnsafeBytes { clock.radios[0].send(near, $0) } == .sent)
            clock.kernels[0].reset(controller)
            clock.radios[1].stop()
            try clock.add([ScriptedController(address: address(2))])
            try clock.radios[2].advertise([beacon(2)])
            #expect(hears(clock, atMost: 3_000))
            #expect(clock.recorders[0].end(of: near) != nil)
            #expect(count(setPowered, controller) == 2 && controller.isOn && !controller.isReset)
            clock.run(milliseconds: 500)
            let off = "hci0 is switched off and on again: it told nothing any more"
            #expect(clock.recorders[0].states.contains(.down(off)) && clock.recorders[0].states.last == .up)
            #expect(controller.onAir == [beacon(1)])
            #expect(clock.radios[0].adapters[0].machine.hearing.tier == (unknown.isEmpty ? .mesh : .monitor))
            #expect(
                clock.radios[0].means.hasSuffix(
                    "; it told nothing any more and was switched off and on, 1 time so far: another program may have "
                        + "reset it"))
            #expect(clock.radios[0].troubles.first { $0.kind == "controllers_revived" }?.count == 1)
        }
    }

    @Test func linkThatBreaksWithoutAResetSwitchesNothingOff() throws {
        for isTold in [true, false] {
            let (clock, controller) = try pair()
            clock.kernels[0].tellLink(clock.radios[0].address, clock.radios[1].address)
            clock.run(milliseconds: 50)
            #expect(controller.connections.count == 1)
            // The kernel says that the connection ended, or still has it.
            if isTold { clock.kernels[0].disconnect(controller) }
            clock.radios[0].adapters[0].machine.linkBroke(now: clock.now)
            clock.air.hears = { _, _ in false }
            clock.run(seconds: 4)
            #expect(count(getConnections, controller) == 1)
            // Who breaks one after the other has the kernel asked no more often.
            for _ in 0..<100 {
                clock.radios[0].adapters[0].machine.linkBroke(now: clock.now)
                clock.run(milliseconds: 100)
            }
            #expect((2...3).contains(count(getConnections, controller)))
            #expect(count(setPowered, controller) == 0)
        }
    }

    @Test func linkThatThePeerOrTheAirBrokeIsNoSign() throws {
        for meaning in [ChannelEnd.reset, .timedOut] {
            let (clock, controller) = try pair()
            let near = try clock.radios[0].connect(
                to: clock.radios[1].address, timeoutMilliseconds: 2_000, now: clock.now)
            #expect(clock.run(atMost: 3_000) { clock.recorders[0].connected.contains(near) })
            clock.sockets[0].resetMeans = meaning
            #expect([1].withUnsafeBytes { clock.radios[0].send(near, $0) } == .sent)
            clock.radios[1].stop()
            clock.run(seconds: 10)
            #expect(clock.recorders[0].end(of: near) != nil)
            #expect(count(getConnections, controller) == 0)
        }
    }

    @Test func controllerThatIsHeardFromAfterTheBreakIsLeftAloneWhateverNewsWasLost() throws {
        let (clock, controller) = try pair()
        clock.kernels[0].tellLink(clock.radios[0].address, clock.radios[1].address)
        clock.run(milliseconds: 50)
        controller.connections.removeAll()
        clock.radios[0].adapters[0].machine.linkBroke(now: clock.now)
        // One beacon, well before the kernel is asked.
        clock.air.hears = { _, _ in false }
        clock.run(milliseconds: 250)
        clock.air.hears = { _, _ in true }
        clock.recorders[0].forgetHeard()
        #expect(clock.run(atMost: 250) { clock.recorders[0].heard(beacon(2)) != nil })
        clock.air.hears = { _, _ in false }
        clock.run(seconds: 4)
        #expect(count(getConnections, controller) == 1 && count(setPowered, controller) == 0)
    }

    @Test func longSilenceWhereThereWasNoneBringsTheControllerBack() throws {
        let (clock, controller) = try pair()
        clock.run(milliseconds: 2_410_000, step: 250)
        #expect(count(getConnections, controller) == 0)
        clock.kernels[0].reset(controller)
        clock.run(milliseconds: 590_000, step: 250)
        #expect(count(setPowered, controller) == 0)
        #expect(hears(clock, atMost: 20_000))
        #expect(count(setPowered, controller) == 2)
        #expect(clock.recorders[0].states.last == .up && controller.onAir == [beacon(1)])
    }

    @Test func bridgeThatWasLeftAloneSwitchesItsAdapterOffOnce() {
        var revival = Revival()
        for second in 0..<3_000 as Range<Int64> { revival.heard(now: Instant(seconds: 100 + second)) }
        var asked: [Int64] = []
        for second in 3_000..<300_000 as Range<Int64> {
            let now = Instant(seconds: 100 + second)
            guard revival.command(0, now: now) != nil else { continue }
            asked.append(second)
            nothingThere(&revival, now: now)
            switchOffAndOn(&revival, now: now)
        }
        #expect(asked == [3_599], "it has heard nothing since")
        #expect(revival.count == 1 && revival.successes == 0)
    }

    @Test func silenceThatWasNoResetIsLearnt() {
        var revival = Revival()
        var now = Instant(seconds: 100)
        /// Something is heard each minute for so long.
        func hear(minutes: Int) {
            for _ in 0..<minutes {
                now = now.advanced(seconds: 60)
                revival.heard(now: now)
                #expect(revival.command(0, now: now) == nil)
            }
        }
        hear(minutes: 60)
        now = now.advanced(seconds: 600)
        #expect(revival.command(0, now: now) == .getConnections(0))
        nothingThere(&revival, now: now)
        switchOffAndOn(&revival, now: now)
        now = now.advanced(seconds: 3_600)
        hear(minutes: 60)
        // 4,260 s were quiet.
        #expect(revival.command(0, now: now.advanced(seconds: 4 * 4_200)) == nil)
        #expect(revival.command(0, now: now.advanced(seconds: 4 * 4_261)) == .getConnections(0))
        #expect(revival.successes == 0)
    }

    @Test func adapterWithConnectionsOfOthersIsNotSwitchedOffForItsSilence() throws {
        let (clock, controller) = try pair()
        clock.kernels[0].tellLink(clock.radios[0].address, RadioAddress(value: 77, kind: .public))
        clock.run(milliseconds: 2_410_000, step: 250)
        clock.air.hears = { _, _ in false }
        clock.run(milliseconds: 2_000_000, step: 250)
        #expect((1...4).contains(count(getConnections, controller)))
        #expect(count(setPowered, controller) == 0)
    }

    private func nothingThere(_ revival: inout Revival, now: Instant) {
        [UInt8](repeating: 0, count: 2).withUnsafeBytes { revival.answered(.status(.success), $0, now: now) }
    }

    private func switchOffAndOn(_ revival: inout Revival, now: Instant) {
        #expect(revival.command(0, now: now) == .setPowered(0, isOn: false))
        revival.answered(.status(.success), UnsafeRawBufferPointer(start: nil, count: 0), now: now)
        revival.stop()
        revival.switchedOn()
    }

    @Test func answerThatIsCutOrARefusalSwitchesNothingOff() {
        let cut: [[UInt8]] = [
            [], [0], [1, 0], [1, 0, 1, 2, 3, 4, 5, 6], [255, 255, 0], [2, 0] + [UInt8](repeating: 0, count: 13),
        ]
        let ends = cut.map { (CommandEnd.status(.success), $0) } + [(.status(.notPowered), [0, 0]), (.silent, [])]
        for (end, answer) in ends {
            var revival = Revival()
            revival.connected(1)
            revival.linkBroke(now: Instant(seconds: 100))
            let now = Instant(seconds: 101)
            #expect(revival.command(0, now: now) == .getConnections(0))
            answer.withUnsafeBytes { revival.answered(end, $0, now: now) }
            #expect(revival.step == .idle && revival.command(0, now: now) == nil, "\(answer)")
        }
    }

    @Test func houseInWhichSeldomSomethingIsHeardIsLeftAlone() {
        var revival = Revival()
        var now = Instant(seconds: 100)
        for _ in 0..<1_000 {
            revival.heard(now: now)
            #expect(revival.command(0, now: now.advanced(seconds: 299)) == nil)
            now = now.advanced(seconds: 300)
        }
        now = now.advanced(seconds: -300)
        #expect(revival.command(0, now: now.advanced(seconds: 1_199)) == nil)
        #expect(revival.command(0, now: now.advanced(seconds: 1_201)) == .getConnections(0))
    }

    /// Whatever is heard afterwards: who is taken for reset again and again costs others their adapter.
    @Test(arguments: [false, true]) func itIsDoneEverMoreSeldomAndAfterADayBeginsAnew(isHeard: Bool) {
        var revival = Revival()
        var now = Instant(seconds: 100)
        var times: [Int64] = []
        func strike() {
            // Somebody connects, and the connection goes without a word.
            revival.connected(1)
            revival.linkBroke(now: now)
            now = now.advanced(seconds: 10)
            guard revival.command(0, now: now) != nil else { return }
            nothingThere(&revival, now: now)
            switchOffAndOn(&revival, now: now)
            if isHeard { revival.heard(now: now) }
            times.append(now.microseconds / 1_000_000)
        }
        while times.count < 6, now < Instant(seconds: 100_000) { strike() }
        #expect(zip(times.dropFirst(), times).map { ($0 - $1) / 60 * 60 } == [60, 240, 960, 3_840, 15_360])
        #expect(revival.successes == (isHeard ? 6 : 0))
        now = now.advanced(seconds: 200_000)
        strike()
        let before = times.count
        now = now.advanced(seconds: 60)
        strike()
        #expect(times.count == before + 1)
    }

    /// The kernel drops a link without a word, and the list is empty.
    private func resetWithALink(_ clock: TurnedClock, _ controller: ScriptedController) {
        clock.kernels[0].tellLink(clock.radios[0].address, clock.radios[1].address)
        clock.run(milliseconds: 50)
        clock.kernels[0].reset(controller)
        clock.radios[0].adapters[0].machine.linkBroke(now: clock.now)
    }

    @Test func otherAdapterDoesNotTakeOverForTheMomentAndTheOneIsOnAgainWhateverHappens() throws {
        let other = ScriptedController(index: 1, address: address(3))
        let (clock, controller) = try pair(others: [other])
        resetWithALink(clock, controller)
        controller.script[setPowered] = [.silence]
        #expect(clock.run(atMost: 3_000, step: 50) { count(setPowered, controller) == 1 })
        // Its socket is lost with the answer; and then the radio is stopped while it is off.
        clock.kernels[0].set(controller, [.lowEnergy])
        clock.kernels[0].closeFirst()
        clock.run(seconds: 3)
        #expect(controller.isOn && clock.radios[0].address.value == address(1))
        #expect(other.onAir.isEmpty)
    }

    @Test func adapterThatCannotBeSwitchedOnAgainLeavesItsWorkToAnother() throws {
        // Blocked, and failing.
        for code in [0x12, 0x03] as [UInt8] {
            let other = ScriptedController(index: 1, address: address(3))
            let (clock, controller) = try pair(others: [other])
            resetWithALink(clock, controller)
            // What switches it off is done by hand.
            controller.script[setPowered] = [.silence] + Array(repeating: .status(code), count: 50)
            #expect(clock.run(atMost: 3_000, step: 50) { count(setPowered, controller) == 1 })
            clock.kernels[0].set(controller, [.lowEnergy])
            clock.run(seconds: 120)
            #expect(clock.radios[0].address.value == address(3) && other.onAir == [beacon(1)])
            let tries = count(setPowered, controller)
            #expect(tries <= 1 + Revival.refusalsMax)
            clock.run(seconds: 300)
            #expect(count(setPowered, controller) == tries, "whoever wants it off has it off")
        }
    }

    @Test func radioThatIsStoppedMeanwhileSwitchesTheAdapterOnBeforeItGoes() throws {
        // The command to switch off is on its way, or answered.
        for isAnswered in [false, true] {
            let (clock, controller) = try pair()
            resetWithALink(clock, controller)
            controller.script[setPowered] = [.silence]
            #expect(clock.run(atMost: 3_000, step: 50) { count(setPowered, controller) == 1 })
            clock.kernels[0].set(controller, [.lowEnergy])
            if isAnswered {
                controller.script[setPowered] = [.status(0x03)]
                clock.run(seconds: 31)
            }
            #expect(!controller.isOn)
            clock.radios[0].stop()
            for _ in 0..<3 { clock.air.serve(at: clock.now) }
            #expect(controller.isOn)
        }
    }

    @Test func connectionsThatAreRememberedAreBoundedAndOneThatIsNotSwitchesNothingOff() {
        var revival = Revival()
        let many = UInt64(Revival.connectionsMax) + 1
        for peer in 1...10_000 as ClosedRange<UInt64> { revival.connected(peer) }
        #expect(revival.connections == Array(1..<many))
        // So is what the kernel lists.
        revival.linkBroke(now: Instant(seconds: 100))
        #expect(revival.command(0, now: Instant(seconds: 101)) == .getConnections(0))
        let listed: [[UInt8]] = (0..<300 as Range<UInt16>).map { littleEndian($0) + [0, 0, 0, 0, 1] }
        (littleEndian(UInt16(300)) + listed.joined()).withUnsafeBytes {
            revival.answered(.status(.success), $0, now: Instant(seconds: 101))
        }
        #expect(revival.connections.count == Revival.connectionsMax && revival.step == .idle)
        // All of which it knows have ended with a word, and then one goes without.
        for peer in revival.connections { revival.disconnected(peer) }
        #expect(revival.connections.isEmpty)
        revival.linkBroke(now: Instant(seconds: 200))
        #expect(revival.command(0, now: Instant(seconds: 201)) == .getConnections(0))
        nothingThere(&revival, now: Instant(seconds: 201))
        #expect(revival.step == .idle)
    }

    /// Another adapter hears a thousand advertisements a second meanwhile, and the kernel takes its time.
    @Test func floodDoesNotHaveAStoppedRadioSwitchOnBeforeTheKernelHasSwitchedOff() throws {
        let (clock, controller) = try pair()
        resetWithALink(clock, controller)
        controller.script[setPowered] = [.silence]
        #expect(clock.run(atMost: 3_000, step: 50) { count(setPowered, controller) == 1 })
        let flood = Flood(clock.air, clock.kernels[0], milliseconds: 400) { kernel in
            kernel.answer(.setPowered, 0)
            kernel.set(controller, [.lowEnergy])
        }
        clock.radios[0].stop()
        #expect(flood.isOver, "it has waited for the answer")
        flood.awaitEnd()
        for _ in 0..<3 { clock.air.serve(at: clock.now) }
        #expect(controller.isOn)
    }

    @Test func stoppedRadioDoesNotWaitForEverForAKernelThatTellsOnlyOtherThings() throws {
        let air = ScriptedAir()
        let kernel = air.kernel([ScriptedController(address: address(1))])
        defer { air.stop() }
        var link = ManagementLink { () throws(BlueZError) in try kernel.open() }
        try link.openSpares()
        link.useSpare()
        let flood = Flood(air, kernel, milliseconds: 10_000) { _ in }
        let began = ScriptedAir.now
        link.awaitAnswer(to: .setPowered, of: 0, milliseconds: 300)
        let waited = ScriptedAir.now.microseconds(since: began) / 1_000
        #expect(waited >= 300 && !flood.isOver, "\(waited) ms")
        flood.end()
        link.close()
        link.closeSpares()
    }
}
