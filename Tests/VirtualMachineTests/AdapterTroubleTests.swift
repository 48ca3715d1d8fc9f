import BluetoothStreet
import Foundation
import Testing

/// What others do to an adapter, over the real kernel: it is said in words, and the same radio goes on afterwards.
@Suite(.serialized, .enabled(if: Machine.isHere)) struct AdapterTroubleTests {
    @Test func controllerThatIsResetBehindTheKernelsBackIsSwitchedOffAndOnAndHearsIsHeardAndLinksAgain() async throws {
        try await apart {
            let air = try #require(Machine.airs.first)
            let chain = try RadioChain(adapters: Array(air.prefix(2)))
            try chain.hearEachOther(variant: 11)
            _ = try chain.link(1, 0)
            let began = Machine.seconds
            try Self.reset(air[0])
            try chain.wait("both ends of the link have ended") { chain.radios.allSatisfy { $0.sink.ended == 1 } }
            try chain.wait("it is up again") {
                chain.radios[0].sink.isUp && chain.radios[0].radio.summary.contains("was switched off and on, 1 time")
            }
            try chain.hearEachOther(variant: 12)
            _ = try chain.link(1, 0)
            let seconds = Machine.seconds - began
            #expect(seconds < 25, "it took \(seconds) s")
            Machine.say("a controller that was reset hears, is heard and has its link after \(seconds) s")
            // The other one, of which nothing was reset, has been left as it was.
            #expect(chain.radios[1].radio.troubles.allSatisfy { $0.kind != "controllers_revived" || $0.count == 0 })
        }
    }

    @Test func callerThatTakesOnlyShorterMessagesIsClosedAtOnceAndOneThatTakesThemIsLetIn() async throws {
        try await apart {
            let air = try #require(Machine.airs.first)
            let chain = try RadioChain(adapters: [air[0]])
            try chain.hearEachOther(variant: 21)
            try Machine.manage(air[1], "power", "on")
            let (own, radio) = try (Machine.address(air[1]), Machine.address(air[0]))
            for takes in [100, 511, 512] as [UInt16] {
                let isTaken = takes >= 512
                let call = Tool.Speech {
                    let isEnded = try Self.isEnded(from: own, to: radio, takes: takes)
                    guard isEnded != isTaken else { throw Trouble("\(takes) bytes, and ended: \(isEnded)") }
                }
                try chain.wait("\(takes) bytes: the call is over") { call.isOver }
                try call.result()
                #expect(chain.radios[0].sink.opened.count == (isTaken ? 1 : 0), "\(takes) bytes")
            }
            #expect(chain.radios[0].radio.troubles.first { $0.kind == "channels_unusable" }?.count == 2)
        }
    }

    /// Calls, and waits for the end, which may come before the caller's kernel has said that the channel is there.
    private static func isEnded(from own: String, to radio: String, takes: UInt16) throws -> Bool {
        do {
            let channel = try RawChannel.connect(from: own, to: radio, psm: Stranger.psm, takes: takes)
            // A radio that has let somebody in waits for what it says.
            return channel.isEnded(withinSeconds: 3)
        } catch let trouble as Trouble where trouble.number == ECONNRESET {
            return true
        }
    }

    /// The last one: it leaves the air without controllers.
    @Test func adapterThatIsBlockedUnpluggedOrWithoutLowEnergyIsNamedAndUsedAgain() async throws {
        try await apart {
            let air = try #require(Machine.airs.first)
            let adapter = air[0]
            let off =
                "\(adapter) is switched off: `rfkill unblock bluetooth`, then `btmgmt --index \(adapter.dropFirst(3)) power on`"
            let without =
                "\(adapter) has Bluetooth Low Energy switched off: set ControllerMode to dual or le for bluetoothd"
            try Machine.manage(adapter, "power", "on")
            let chain = try RadioChain(adapters: Array(air.prefix(2)), waitsForPower: true)
            try chain.hearEachOther(variant: 1)

            try Self.block(adapter, true)
            try Self.await(chain, off)
            try Self.block(adapter, false)
            try Machine.manage(adapter, "power", "on")
            try chain.hearEachOther(variant: 2)

            try Self.unplug(controllers: air.count)
            try Self.await(chain, "there is no adapter \(adapter): `bluetoothctl list` shows which there are")
            // What is plugged in is another kind, with Low Energy off until somebody switches it on.
            let emulator = try Tool("/run/image/btvirt", ["-l\(air.count)"])
            defer { emulator.kill() }
            try Self.await(chain, off)
            try Machine.manage(adapter, "power", "on")
            try Self.await(chain, without)
            try Machine.manage(adapter, "le", "on")
            try chain.hearEachOther(variant: 3)
            try Machine.manage(adapter, "le", "off")
            try Self.await(chain, without)
            try Machine.manage(adapter, "le", "on")
            try chain.hearEachOther(variant: 4)
        }
    }

    private static func await(_ chain: RadioChain, _ words: String) throws {
        try chain.wait(words) { chain.radios[0].radio.summary == words && !chain.radios[0].sink.isUp }
    }

    /// By HCIDEVRESET, as bdaddr does: `hciconfig reset` of BlueZ 5.66 switches off and on.
    private static func reset(_ adapter: String) throws {
        let descriptor = socket(31, Int32(SOCK_RAW.rawValue), 1)
        defer { close(descriptor) }
        let index = try #require(Int32(adapter.dropFirst(3)))
        let outcome = ioctl(descriptor, 0x4004_48cb, index)
        guard outcome == 0 else { throw Trouble("HCIDEVRESET of \(adapter)", number: errno) }
    }

    private static func block(_ adapter: String, _ isBlocked: Bool) throws {
        let place = "/sys/class/bluetooth/\(adapter)"
        let names = try FileManager.default.contentsOfDirectory(atPath: place)
        let name = try #require(names.first { $0.hasPrefix("rfkill") }, "\(names)")
        try (isBlocked ? "1" : "0").write(toFile: "\(place)/\(name)/soft", atomically: false, encoding: .utf8)
    }

    /// Ends the emulator of the first air, and with it the controllers.
    private static func unplug(controllers: Int) throws {
        let processes = try FileManager.default.contentsOfDirectory(atPath: "/proc").compactMap { Int32($0) }.sorted()
        let emulator = processes.first { process in
            let line = (try? String(contentsOfFile: "/proc/\(process)/cmdline", encoding: .utf8)) ?? ""
            return line == "/run/image/btvirt\0-L\0-l\(controllers)\0"
        }
        kill(try #require(emulator), SIGKILL)
    }
}
