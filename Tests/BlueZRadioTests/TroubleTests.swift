import Glibc
import RadioInterface
import Testing
import Wire

@testable import BlueZRadio
@testable import RadioConformance

/// Adapters and kernels that do not do what they should. The test turns the clock.
@Suite struct TroubleTests {
    @Test func adapterThatIsThereIsUsedAndSaidToBe() throws {
        let clock = TurnedClock()
        let radio = try clock.add([
            ScriptedController(address: address(1)), ScriptedController(index: 1, address: address(2)),
        ])
        #expect(radio.nextDeadline.map { $0 <= clock.now } == true)
        clock.run(milliseconds: 20)
        #expect(clock.judged == [.up])
        #expect(radio.address == RadioAddress(value: address(1), kind: .public))
        #expect(radio.summary == "hci0 02:00:00:00:00:01 hears by mesh receiver")
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        #expect(radio.summary.hasSuffix(", beacons by advertising parameters"))
        #expect(clock.kernels[0].controllers[0].onAir == [beacon()])
        #expect(clock.kernels[0].controllers[1].commands == [ManagementOpcode.readInfo.rawValue], "left alone")
    }

    @Test func noAdapterIsSaidAndOneThatComesIsUsed() throws {
        let clock = TurnedClock()
        try clock.add([])
        clock.run(milliseconds: 20)
        #expect(clock.judged.count == 1)
        let words = try #require(clock.downWords)
        #expect(words.hasPrefix("there is no Bluetooth adapter"))
        clock.kernels[0].controllers = [ScriptedController(address: address(1))]
        clock.kernels[0].event(ManagementEvent.indexAdded, 0, [])
        clock.run(milliseconds: 20)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func namedAdapterThatIsMissingIsSaid() throws {
        let clock = TurnedClock()
        let name = try #require(AdapterName("02:00:00:00:00:09"))
        try clock.add([ScriptedController(address: address(1))], adapters: [name])
        clock.run(milliseconds: 20)
        #expect(
            clock.judged
                == [.down("there is no adapter 02:00:00:00:00:09: `bluetoothctl list` shows which there are")])
        clock.kernels[0].controllers.append(ScriptedController(index: 3, address: address(9)))
        clock.kernels[0].event(ManagementEvent.indexAdded, 3, [])
        clock.run(milliseconds: 20)
        #expect(clock.recorders[0].states.last == .up)
        #expect(clock.radios[0].address.value == address(9))
    }

    @Test func adapterThatIsSwitchedOffIsWaitedForAndBeaconsComeBack() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        let controller = clock.kernels[0].controllers[0]
        clock.run(milliseconds: 20)
        try radio.advertise([beacon()])
        clock.run(milliseconds: 200)
        clock.kernels[0].set(controller, [.lowEnergy])
        clock.run(milliseconds: 20)
        #expect(
            clock.recorders[0].states.last
                == .down("hci0 is switched off: `rfkill unblock bluetooth`, then `btmgmt --index 0 power on`"))
        #expect(throws: RadioError.down) {
            try radio.connect(to: RadioAddress(value: 5, kind: .public), timeoutMilliseconds: 100, now: clock.now)
        }
        let before = controller.commands.count
        clock.run(seconds: 600)
        let asked = Set(controller.commands[before...])
        #expect(asked == [ManagementOpcode.readInfo.rawValue], "nobody else's adapter is switched on")
        clock.kernels[0].set(controller, [.powered, .lowEnergy])
        clock.run(milliseconds: 300)
        #expect(clock.recorders[0].states.last == .up)
        #expect(controller.onAir == [beacon()])
    }

    @Test func blockedAdapterIsTriedNowAndThenWhereItMayBeSwitchedOn() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.settings = []
        controller.isBlocked = true
        try clock.add([controller], powersOn: true)
        clock.run(seconds: 1)
        #expect(
            clock.judged
                == [.down("hci0 is being switched on"), .down("hci0: it is blocked: `rfkill unblock bluetooth`")])
        clock.run(seconds: 300)
        let tries = controller.commands.filter { $0 == ManagementOpcode.setPowered.rawValue }.count
        #expect(tries > 3 && tries < 12)
        controller.isBlocked = false
        clock.run(seconds: 61)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func channelsEndWithTheirAdapterWhicheverWayItGoes() throws {
        for removes in [true, false] {
            let clock = TurnedClock()
            try clock.add([ScriptedController(address: address(1))])
            try clock.add([ScriptedController(address: address(2))])
            let (near, far) = try link(clock)
            if removes {
                let gone = clock.kernels[0].controllers.removeFirst()
                clock.kernels[0].event(ManagementEvent.indexRemoved, gone.index, [])
            } else {
                clock.kernels[0].set(clock.kernels[0].controllers[0], [])
            }
            clock.run(milliseconds: 50)
            #expect(clock.recorders[0].end(of: near) == .adapterGone)
            #expect(clock.recorders[1].end(of: far) == .closedByPeer)
            #expect(clock.downWords != nil)
        }
    }

    @Test func missingPermissionIsSaidWithWhatMendsIt() throws {
        let remedies = [nil, "`systemctl restart sidegated`"]
        for remedy in remedies {
            let clock = TurnedClock()
            let radio = try clock.add([ScriptedController(address: address(1))], permissionRemedy: remedy)
            clock.kernels[0].isPermitted = false
            #expect(radio.isPermitted == nil)
            clock.run(seconds: 200)
            let words = remedy ?? "start it as root, or with CAP_NET_ADMIN"
            #expect(clock.judged == [.down("hci0: the daemon is not permitted to use it: \(words)")])
            #expect(radio.isPermitted == false)
            // Another socket may be a better one.
            clock.kernels[0].isPermitted = true
            clock.kernels[0].closeFirst()
            clock.run(seconds: 70)
            #expect(radio.isPermitted == true)
            #expect(clock.recorders[0].states.last == .up)
        }
    }

    /// A service has two sockets, and gets no others while it runs.
    @Test func kernelThatStopsAnsweringIsNoticedAndUsedAgainByTheSocketsThatThereAre() throws {
        let clock = TurnedClock()
        try clock.add([ScriptedController(address: address(1))])
        try clock.add([ScriptedController(address: address(2))])
        let (near, far) = try link(clock)
        let kernel = clock.kernels[0]
        #expect(kernel.opened == 2)
        kernel.opensFail = .managementUsedUp
        kernel.isDeaf = true
        try clock.radios[0].advertise([beacon(9)])
        // The command, then the question whether anybody is there.
        clock.run(seconds: 16)
        let words = try #require(clock.downWords)
        #expect(words.hasPrefix("the kernel's management socket does not answer"))
        #expect(clock.radios[0].counters.managementLost >= 1 && clock.radios[0].counters.commandsSilent >= 1)
        // Channels do not hang on it.
        #expect([7].withUnsafeBytes { clock.radios[0].send(near, $0) } == .sent)
        clock.run(milliseconds: 50)
        #expect(clock.recorders[1].messages(far).count == 1)
        clock.run(seconds: 300)
        #expect((3..<20).contains(clock.radios[0].counters.managementLost), "ever more seldom")
        #expect(try #require(clock.downWords) == words)
        kernel.isDeaf = false
        clock.run(seconds: 70)
        #expect(kernel.opened == 2)
        #expect(clock.recorders[0].states.last == .up)
        #expect(kernel.controllers[0].onAir == [beacon(9)])
        #expect(clock.recorders[0].ended.isEmpty)
    }

    @Test func socketsThatCannotBeOpenedAgainAreSaid() throws {
        let clock = TurnedClock()
        try clock.add([ScriptedController(address: address(1))])
        clock.run(milliseconds: 20)
        clock.kernels[0].opensFail = .system(call: "bind", errno: EPERM)
        // One is lost at once, the spare one later.
        for _ in 0..<2 {
            clock.kernels[0].closeAll()
            clock.run(seconds: 5)
        }
        let words = try #require(clock.downWords)
        #expect(words == "bind: not permitted: a sandbox or container around this process keeps Bluetooth from it")
        clock.kernels[0].opensFail = nil
        clock.run(seconds: 130)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func garbageIsCountedAndChangesNothing() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        clock.run(milliseconds: 20)
        var random = SystemRandomNumberGenerator()
        for number in 0..<2_000 {
            clock.kernels[0].raw((0..<(number % 700 + 1)).map { _ in UInt8.random(in: 0...255, using: &random) })
            clock.kernels[0].event(ManagementEvent.newSettings, 0, [1])
            clock.kernels[0].event(ManagementEvent.deviceFound, 0, [UInt8](repeating: 1, count: number % 40))
            if number % 20 == 0 { clock.turn() }
        }
        clock.run(milliseconds: 50)
        #expect(radio.counters.packetsMalformed > 2_000)
        #expect(clock.judged == [.up])
        #expect(radio.adapters.count <= BlueZRadio.adaptersKnownMax)
    }

    @Test func adaptersBeyondTheLimitAreIgnored() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        clock.run(milliseconds: 20)
        for index in UInt16(1)..<1_000 {
            clock.kernels[0].event(ManagementEvent.indexAdded, index, [])
            clock.turn()
        }
        #expect(radio.adapters.count == BlueZRadio.adaptersKnownMax)
        #expect(radio.counters.adaptersIgnored == 1_000 - BlueZRadio.adaptersKnownMax)
        #expect(clock.judged == [.up])
    }

    @Test func listenerThatAnotherProgramHasIsSaidAndTriedAgain() throws {
        let clock = TurnedClock()
        try clock.add([ScriptedController(address: address(1))])
        clock.sockets[0].listenFails = EADDRINUSE
        clock.run(milliseconds: 100)
        #expect(
            clock.judged
                == [.degraded("hci0 takes no links: another program has its channel number 0x00a3")])
        clock.sockets[0].listenFails = 0
        clock.run(seconds: 6)
        #expect(clock.recorders[0].states.last == .up)
    }

    @Test func tiersThatFailAreSteppedDownFromAndSaid() throws {
        let clock = TurnedClock()
        let controller = ScriptedController(address: address(1))
        controller.unknown = [
            ManagementOpcode.setExperimentalFeature.rawValue, ManagementOpcode.addAdvertisingParameters.rawValue,
        ]
        controller.script[ManagementOpcode.addPatternMonitor.rawValue] = [.silence]
        let radio = try clock.add([controller])
        try clock.add([ScriptedController(address: address(2))])
        try radio.advertise([beacon()])
        try clock.radios[1].advertise([beacon(2)])
        clock.run(seconds: 20)
        #expect(clock.recorders[0].states.last == .up)
        #expect(
            radio.summary
                == "hci0 02:00:00:00:00:01 hears by discovery (mesh receiver: not known to this kernel, "
                + "pattern monitor and discovery: no answer), beacons by plain advertising "
                + "(advertising parameters: not known to this kernel)")
        #expect(clock.recorders[0].heard(beacon(2)) != nil)
        clock.kernels[0].endDiscovery(controller)
        clock.recorders[0].forgetHeard()
        clock.run(milliseconds: 500)
        #expect(clock.recorders[0].heard(beacon(2)) != nil, "discovery was started again")
    }

    @Test func whereNoTierWorksNoneIsNamed() throws {
        let hearing: [ManagementOpcode] = [.setExperimentalFeature, .addPatternMonitor, .startDiscovery]
        let beacons: [ManagementOpcode] = [.addAdvertisingParameters, .addAdvertising]
        for (failing, means, problem) in [
            (hearing, "hears nothing, beacons by advertising parameters", "hci0 hears nothing: mesh receiver: "),
            (beacons, "hears by mesh receiver, is not heard", "hci0 is not heard: it takes no beacon: "),
        ] {
            let clock = TurnedClock()
            let controller = ScriptedController(address: address(1))
            controller.unknown = Set(failing.map(\.rawValue))
            let radio = try clock.add([controller])
            try radio.advertise([beacon()])
            clock.run(seconds: 20)
            #expect(radio.means == "hci0 02:00:00:00:00:01 \(means)")
            guard case .degraded(let words) = clock.recorders[0].states.last else {
                Issue.record("it does one of the two: \(clock.recorders[0].states)")
                continue
            }
            #expect(words.hasPrefix(problem), "\(words)")
        }
    }

    @Test func repetitionsWithinABurstAreToldOnce() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        try clock.add([ScriptedController(address: address(2))])
        clock.run(milliseconds: 50)
        try clock.radios[1].advertise([beacon(2)])
        clock.run(milliseconds: 2_000)
        let told = clock.recorders[0].heard.count
        #expect(told >= 15 && told <= 21, "every 20 ms it is sent, every 100 ms told: \(told)")
        #expect(radio.counters.advertisementsTold == told)
        #expect(radio.counters.advertisementsRepeated > 3 * told)
    }

    @Test func foreignAdvertisementsAreCountedAndNotTold() throws {
        let clock = TurnedClock()
        let radio = try clock.add([ScriptedController(address: address(1))])
        clock.run(milliseconds: 50)
        let controller = clock.kernels[0].controllers[0]
        for number in 0..<1_000 {
            clock.kernels[0].report([3, 0x16, 0x0f, 0x18], from: UInt64(number), to: controller)
            if number % 50 == 0 { clock.turn() }
        }
        clock.turn()
        #expect(radio.counters.advertisementsForeign == 1_000)
        #expect(clock.recorders[0].heard.isEmpty)
    }

    /// A channel from the first radio to the second.
    private func link(_ clock: TurnedClock) throws -> (near: ChannelID, far: ChannelID) {
        clock.run(milliseconds: 20)
        try clock.radios[1].advertise([beacon(1)])
        clock.run(milliseconds: 200)
        let peer = clock.radios[1].address
        let near = try clock.radios[0].connect(to: peer, timeoutMilliseconds: 2_000, now: clock.now)
        #expect(clock.run(atMost: 3_000) { clock.recorders[0].connected.contains(near) })
        return (near, try #require(clock.recorders[1].opened.last?.channel))
    }
}
