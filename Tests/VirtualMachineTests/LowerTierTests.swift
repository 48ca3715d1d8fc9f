import BlueZRadio
import BluetoothStreet
import RadioInterface
import Testing

/// What the kernels of the machine would not show by themselves, on an air of its own: the ways of hearing and of being
/// heard below the best ones, which they take at once, and privacy, which bluetoothd would switch on.
@Suite(.serialized, .enabled(if: Machine.isHere)) struct LowerTierTests {
    /// The kernel ends discovery after 10.24 s.
    private static let discoveryMilliseconds = 11_000

    @Test func lowerWaysHearASensorAreHeardAndLinkAsTheBestOnesDo() async throws {
        try await apart {
            let air = Machine.airs[1]
            let hearing: [HearingTier] = [.monitor, .discovery, .mesh]
            let chain = try RadioChain(adapters: Array(air.prefix(3))) { number, settings in
                settings.hearingBest = hearing[number]
                settings.beaconBest = number < 2 ? .plain : .extended
            }
            try Self.hearAndLink(chain, Sensor(on: air[3]), counter: 1, "lower tiers")
            // Discovery has ended by itself meanwhile, and with each link.
            chain.run(milliseconds: Self.discoveryMilliseconds)
            try chain.hearEachOther(variant: 3)
            #expect(chain.radios.allSatisfy { $0.sink.ended == 0 })
            let means = [
                "hears by pattern monitor and discovery, beacons by plain advertising",
                "hears by discovery, beacons by plain advertising",
                "hears by mesh receiver, beacons by advertising parameters",
            ]
            for (one, means) in zip(chain.radios, means) {
                #expect(one.radio.means.hasSuffix(means), "\(one.radio.means)")
            }
            // The kernel would keep a monitor.
            let before = try Self.monitors(air[0])
            for one in chain.radios { one.radio.stop() }
            let after = try Self.monitors(air[0])
            #expect(before.contains("with 1 item") && after.contains("with 0 item"), "\(before), then \(after)")
        }
    }

    @Test func radiosUnderPrivacyHearAreHeardAndLinkWithEachOtherAndWithOneThatIsNot() async throws {
        try await apart {
            let air = Machine.airs[1]
            for adapter in air.prefix(2) {
                try Machine.manage(adapter, "power", "off")
                try Machine.manage(adapter, "privacy", "on")
            }
            let chain = try RadioChain(adapters: Array(air.prefix(3)))
            try Self.hearAndLink(chain, Sensor(on: air[3]), counter: 2, "privacy")
            for (number, listener) in [(0, 1), (1, 2), (0, 2)] {
                let address = try #require(chain.heard(number, by: listener))
                #expect(address.kind == .random && address != chain.radios[number].radio.address)
            }
            #expect(chain.heard(2, by: 0) == chain.radios[2].radio.address)
            #expect(chain.radios.allSatisfy { $0.sink.ended == 0 })
        }
    }

    /// What `btmgmt` says of the pattern monitors that the kernel has for an adapter.
    private static func monitors(_ adapter: String) throws -> String {
        let words = try Machine.manage(adapter, "monitor.features")
        return words.split(separator: "\n").first { $0.contains("Handles list") }.map(String.init) ?? words
    }

    /// Three radios, each of which calls one and is called by the other.
    private static func hearAndLink(_ chain: RadioChain, _ sensor: Sensor, counter: Int, _ what: String) throws {
        let began = Machine.seconds
        try chain.hearEachOther(variant: 1)
        for (from, to) in [(0, 1), (1, 2), (2, 0)] { try chain.linkAndSpeak(from, to) }
        let linked = Machine.seconds
        let speech = Tool.Speech { try sensor.say(counter, "1101", seconds: 10) }
        try chain.wait("every radio has heard the sensor") {
            chain.radios.allSatisfy { !$0.sink.serviceData.isEmpty }
        }
        try chain.hearEachOther(variant: 2)
        chain.run(milliseconds: 20_000) { speech.isOver }
        try speech.result()
        Machine.say(
            "\(what): linked after \(linked - began) s, the sensor and new beacons heard after "
                + "\(Machine.seconds - linked) s more")
    }
}
