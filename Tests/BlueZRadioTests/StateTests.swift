import RadioInterface
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// What a radio says of itself, and whether it is so. The test turns the clock.
@Suite struct StateTests {
    private let looking = RadioState.down("looking for an adapter")

    @Test func secondAdapterTakesOverWhenTheFirstIsUnplugged() throws {
        for isListed in [true, false] {
            let clock = TurnedClock()
            let pair = [ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2))]
            let radio = try clock.add(pair)
            clock.run(milliseconds: 20)
            try radio.advertise([beacon()])
            clock.run(milliseconds: 200)
            clock.kernels[0].controllers.removeFirst()
            if isListed {
                clock.kernels[0].event(ManagementEvent.indexRemoved, 0, [])
            } else {
                clock.kernels[0].closeAll()
            }
            clock.run(seconds: 5)
            #expect(radio.address.value == address(2))
            #expect(pair[1].onAir == [beacon()])
            #expect(clock.recorders[0].states.last == .up)
            #expect(!clock.recorders[0].states.contains(.down("")))
            #expect(clock.recorders[0].states.count { $0 == .up } == 2, "in between it was down")
        }
    }

    @Test func adapterThatIsOnTakesOverFromOneThatIsSwitchedOff() throws {
        let clock = TurnedClock()
        let pair = [ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2))]
        let radio = try clock.add(pair)
        clock.run(milliseconds: 20)
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        clock.kernels[0].set(pair[0], [.lowEnergy])
        clock.run(milliseconds: 200)
        #expect(clock.recorders[0].states == [looking, .up, looking, .up])
        #expect(radio.address.value == address(2) && pair[1].onAir == [beacon()])
        // It stays: each change ends all links.
        let before = pair[0].commands.count
        clock.kernels[0].set(pair[0], [.powered, .lowEnergy])
        clock.run(seconds: 61)
        #expect(radio.address.value == address(2) && pair[0].onAir.isEmpty)
        #expect(Set(pair[0].commands[before...]) == [ManagementOpcode.readInfo.rawValue])
        clock.kernels[0].set(pair[1], [.lowEnergy])
        clock.run(milliseconds: 200)
        #expect(radio.address.value == address(1) && pair[0].onAir == [beacon()])
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func adapterInUseStaysInUseWhenTheManagementSocketIsRenewed() throws {
        let clock = TurnedClock()
        let pair = [ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2))]
        let radio = try clock.add(pair)
        clock.run(milliseconds: 20)
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        clock.kernels[0].set(pair[0], [.lowEnergy])
        clock.run(milliseconds: 200)
        clock.kernels[0].set(pair[0], [.powered, .lowEnergy])
        clock.kernels[0].closeFirst()
        clock.run(seconds: 10)
        #expect(radio.address.value == address(2))
        #expect(pair[1].onAir == [beacon()] && pair[0].onAir.isEmpty)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func ofAdaptersThatAreAllOffTheOneThatIsSwitchedOnIsUsed() throws {
        for powersOn in [false, true] {
            let clock = TurnedClock()
            let pair = [ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2))]
            for controller in pair { controller.settings = [.lowEnergy] }
            pair[0].isBlocked = true
            let radio = try clock.add(pair, powersOn: powersOn)
            clock.run(seconds: 2)
            #expect(clock.downWords?.hasPrefix("hci0") == true)
            clock.kernels[0].set(pair[1], [.powered, .lowEnergy])
            clock.run(milliseconds: 200)
            #expect(clock.recorders[0].states.last == .up && radio.address.value == address(2))
        }
    }

    @Test func namedAdapterThatIsOffIsWaitedForWhateverOthersThereAre() throws {
        let clock = TurnedClock()
        let off = ScriptedController(address: address(1))
        off.settings = [.lowEnergy]
        let other = ScriptedController(index: 1, address: address(2))
        try clock.add([off, other], adapters: [.index(0)])
        clock.run(seconds: 2)
        #expect(clock.downWords?.hasPrefix("hci0 is switched off") == true)
        #expect(other.commands == [ManagementOpcode.readInfo.rawValue])
    }

    @Test func namedAdapterThatDoesNotAnswerIsSaidToBeThere() throws {
        let silent = "hci1: it does not answer: unplug it and plug it in, or restart the machine"
        let name = try #require(AdapterName("02:00:00:00:00:02"))
        let missing = "there is no adapter \(name): `bluetoothctl list` shows which there are; \(silent)"
        for (adapter, words) in [(AdapterName.index(1), silent), (name, missing)] {
            let clock = TurnedClock()
            let mute = ScriptedController(index: 1, address: address(2))
            mute.script[ManagementOpcode.readInfo.rawValue] = Array(repeating: .silence, count: 2)
            try clock.add([ScriptedController(address: address(1)), mute], adapters: [adapter])
            clock.run(seconds: 11)
            #expect(clock.recorders[0].states.last == .down(words))
            clock.run(seconds: 60)
            #expect(clock.recorders[0].states.last == .up)
        }
    }

    @Test func adapterThatNeverSaysWhatItIsHoldsUpNoOther() throws {
        let clock = TurnedClock()
        let mute = ScriptedController(address: address(1))
        mute.script[ManagementOpcode.readInfo.rawValue] = Array(repeating: .silence, count: 100)
        let radio = try clock.add([mute, ScriptedController(index: 1, address: address(2))])
        clock.run(seconds: 11)
        #expect(radio.address.value == address(2))
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func firstPollTellsThatAnAdapterIsLookedFor() throws {
        let clock = TurnedClock()
        try clock.add([ScriptedController(address: address(1))])
        clock.pollFirst()
        #expect(clock.recorders[0].states == [looking])
        clock.run(milliseconds: 20)
        #expect(clock.recorders[0].states == [looking, .up])
    }

    @Test func adapterThatIsBeingSwitchedOnIsNotUp() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.settings = []
        controller.script[ManagementOpcode.setPowered.rawValue] = [.silence]
        try clock.add([controller], powersOn: true)
        clock.run(seconds: 1)
        #expect(clock.recorders[0].states == [looking, .down("hci0 is being switched on")])
        clock.run(seconds: 60)
        #expect(clock.recorders[0].states.last == .up)
        clock.kernels[0].set(controller, [.lowEnergy])
        clock.turn()
        #expect(clock.recorders[0].states.last == .down("hci0 is being switched on"))
        clock.run(seconds: 6)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func adapterThatNeitherHearsNorIsHeardIsDown() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        let hears: [ManagementOpcode] = [.setExperimentalFeature, .addPatternMonitor, .startDiscovery]
        let sends: [ManagementOpcode] = [.addAdvertisingParameters, .addAdvertising]
        controller.unknown = Set((hears + sends).map(\.rawValue))
        let radio = try clock.add([controller])
        try radio.advertise([beacon()])
        clock.run(seconds: 5)
        let words = try #require(clock.downWords)
        #expect(words.contains("hci0 hears nothing: ") && words.contains("hci0 is not heard: "))
        controller.unknown = Set(hears.map(\.rawValue))
        clock.run(seconds: 61)
        guard case .degraded = clock.recorders[0].states.last else {
            Issue.record("heard, it is half of what it should be")
            return
        }
    }

    @Test func adapterThatIsBeingSetUpMutesNoOther() throws {
        let clock = TurnedClock()
        let slow = ScriptedController(index: 1, address: address(2))
        slow.script[ManagementOpcode.setExperimentalFeature.rawValue] = [.silence]
        let pair = [ScriptedController(address: address(1)), slow]
        let radio = try clock.add(pair, adapters: [.index(0), .index(1)])
        clock.run(milliseconds: 200)
        #expect(clock.recorders[0].states == [looking, .up])
        #expect(radio.summary.hasSuffix("hci1 is being set up"))
    }

    @Test func adapterWhoseReceiverGivesWayIsSaidToHearNothingForAMoment() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        clock.run(milliseconds: 200)
        clock.kernels[0].event(ManagementEvent.discovering, 0, [0, 0])
        clock.run(milliseconds: 1_200)
        #expect(radio.summary == "hci0 hears nothing for a moment: another program wants to scan with it")
        clock.run(seconds: 8)
        #expect(radio.summary == "hci0 02:00:00:00:00:01 hears by mesh receiver")
        #expect(clock.recorders[0].states == [looking, .up])
    }

    @Test func namedAdapterThatHasNotYetSaidWhatItIsIsNotMissing() throws {
        let clock = TurnedClock()
        let slow = ScriptedController(index: 1, address: address(2))
        slow.script[ManagementOpcode.readInfo.rawValue] = [.silence]
        try clock.add([ScriptedController(address: address(1)), slow], adapters: [.index(0), .index(1)])
        clock.run(seconds: 5)
        #expect(clock.recorders[0].states == [looking, .up])
    }

    @Test func adapterWithoutAnAddressIsSaidAndAnotherOneUsed() throws {
        let clock = TurnedClock()
        let bare = ScriptedController(address: 0)
        let radio = try clock.add([bare])
        clock.run(milliseconds: 100)
        #expect(clock.downWords?.hasPrefix("hci0 has no public address") == true)
        clock.kernels[0].controllers.append(ScriptedController(index: 1, address: address(2)))
        clock.kernels[0].event(ManagementEvent.indexAdded, 1, [])
        clock.run(milliseconds: 100)
        #expect(clock.recorders[0].states.last == .up && radio.address.value == address(2))
        #expect(bare.commands == [ManagementOpcode.readInfo.rawValue])
    }
}
