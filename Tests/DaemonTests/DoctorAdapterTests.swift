import Testing

@testable import BlueZRadio
@testable import Daemon

/// What `sidegate doctor` finds of adapters and of what blocks them.
@Suite struct DoctorAdapterTests {
    @Test func adapterThatGoesByItsOwnAddressIsNotedWithItsRemedy() async throws {
        let found = try await DoctorPlace().findings("adapter hci0")
        #expect(found.map(\.verdict) == [.fine, .note])
        #expect(found.last?.remedy?.contains("Privacy = device") == true)
    }

    @Test func adaptersThatCannotServeAreBad() async throws {
        #expect(try await DoctorPlace([]).findings("adapter").map(\.verdict) == [.bad])
        let off = try DoctorPlace([.init(index: 0, current: 1 << 9)])
        #expect(try await off.findings("adapter hci0").first?.words == "it is switched off")
        #expect(
            try await off.findings("adapter hci0", settings: "radio: {bluez: {power_on: true}}").first?.verdict == .fine
        )
        let classic = try DoctorPlace([.init(index: 3, supported: 1, current: 1)])
        #expect(try await classic.findings("adapter hci3").map(\.verdict) == [.bad])
    }

    @Test func adapterThatIsOnIsChosenBeforeOneThatIsOff() async throws {
        let place = try DoctorPlace([.init(index: 0, current: 0), .init(index: 1)])
        #expect(try await place.findings("adapter hci1").first?.verdict == .fine)
        #expect(try await place.findings("adapter hci0").isEmpty)
    }

    // MARK: As the radio judges

    private static let powered: UInt32 = 1 << 0
    private static let lowEnergy: UInt32 = 1 << 9

    @Test func adapterWhoseLowEnergyIsOffIsPassedOverWhereAnotherIsFine() async throws {
        let place = try DoctorPlace([
            .init(index: 0, current: Self.powered), .init(index: 1, address: [1, 2, 3, 4, 5, 0xaa]),
        ])
        #expect(try await place.findings().filter { $0.verdict == .bad }.map(\.part) == ["service"])
        #expect(try await place.findings("adapter hci1").first?.verdict == .fine)
        #expect(try await place.findings("adapter hci0").isEmpty)
        let named = try await place.findings("adapter hci0", settings: "radio: {bluez: {adapters: [hci0]}}")
        #expect(named.map(\.verdict) == [.bad])
        #expect(named.first?.words == "its Low Energy is switched off")
    }

    @Test func adapterWithoutAPublicAddressIsBadAndPassedOverWhereAnotherIsFine() async throws {
        let bare = ManagementStandIn.Controller(index: 0, address: [0, 0, 0, 0, 0, 0])
        let found = try await DoctorPlace([bare]).findings("adapter hci0")
        #expect(found.map(\.verdict) == [.bad])
        #expect(found.first?.words.contains("no public address") == true)
        let two = try DoctorPlace([bare, .init(index: 1, current: 0)])
        #expect(try await two.findings("adapter hci0").isEmpty, "the other one can be used, once it is on")
        #expect(try await two.findings("adapter hci1").map(\.words) == ["it is switched off"])
    }

    @Test(arguments: [0, powered, lowEnergy])
    func adapterThatTheDaemonSwitchesOnIsNotBad(_ current: UInt32) async throws {
        let place = try DoctorPlace([.init(index: 0, current: current)])
        let found = try await place.findings("adapter hci0", settings: "radio: {bluez: {power_on: true}}")
        #expect(found.map(\.verdict) == [.fine, .note])
        #expect(found.first?.words.contains("the daemon switches it on") == true)
        #expect(try await place.findings("adapter hci0").map(\.verdict) == [.bad])
    }

    @Test func whereNoneCanBeUsedEachIsToldOf() async throws {
        let place = try DoctorPlace([.init(index: 0, supported: 1), .init(index: 1, address: [0, 0, 0, 0, 0, 0])])
        let found = try await place.findings().filter { $0.part.hasPrefix("adapter") }
        #expect(found.map(\.part) == ["adapter hci0", "adapter hci1"])
        #expect(found.allSatisfy { $0.verdict == .bad })
    }

    @Test func remedyActsOnThatAdapterWithWhatIsThere() async throws {
        let place = try DoctorPlace([.init(index: 0, supported: 1), .init(index: 4, current: Self.lowEnergy)])
        let setting = "set radio.bluez.power_on to true, then sudo systemctl restart sidegated"
        func remedy() async throws -> String? { try await place.findings("adapter hci4").first?.remedy }
        #expect(try await remedy() == "sudo btmgmt --index 4 power on; or " + setting)
        place.machine.btmgmt = place.path + "/none"
        #expect(try await remedy() == setting)
    }

    // MARK: What does not answer

    @Test func adapterThatDoesNotAnswerKeepsNoOtherFromBeingToldOf() async throws {
        let mute = ManagementStandIn.Controller(index: 0, isMute: true)
        let place = try DoctorPlace([mute, .init(index: 1)])
        let found = try await place.findings().filter { $0.part.hasPrefix("adapter") }
        #expect(found.map(\.part) == ["adapter hci1", "adapter hci1", "adapter hci0"])
        #expect(found.map(\.verdict) == [.fine, .note, .note], "it is not used")
        let named = try await place.findings("adapter hci0", settings: "radio: {bluez: {adapters: [hci0, hci1]}}")
        #expect(named.map(\.verdict) == [.bad])
        #expect(named.first?.words == "it does not say what it is")
        #expect(try await DoctorPlace([mute]).findings("adapter hci0").map(\.verdict) == [.bad])
    }

    @Test func waysThatTheKernelHasAreToldWhereItSays() async throws {
        let place = try DoctorPlace()
        func words(_ commands: [UInt16]) async throws -> String? {
            place.machine.opensManagement = ManagementStandIn([.init(index: 0)], commands: commands).open
            return try await place.findings("kernel").first?.words
        }
        let old: [UInt16] = [0x0003, 0x0004, 0x0023, 0x003e]
        #expect(try await words(old) == "it has Bluetooth; to hear by: discovery; to beacon by: plain advertising")
        #expect(
            try await words(old + [0x004a, 0x0052, 0x0054, 0x0055, 0x0057])
                == "it has Bluetooth; to hear by: mesh receiver, pattern monitor and discovery, discovery; "
                + "to beacon by: advertising parameters, plain advertising")
        #expect(try await words([0x0003, 0x0004]) == "it has Bluetooth", "as whoever has no privilege hears it")
    }

    // MARK: What the settings mean

    @Test func adapterOfTheSettingsIsLookedForByPlaceAndAddress() async throws {
        let two = try DoctorPlace([
            .init(index: 0), .init(index: 4, address: [1, 2, 3, 4, 5, 0xaa]),
        ])
        let named = "radio: {bluez: {adapters: [\"AA:05:04:03:02:01\", hci1]}}"
        #expect(try await two.findings("adapter hci4", settings: named).first?.verdict == .fine)
        let missing = try await two.findings("adapter hci1", settings: named)
        #expect(missing.map(\.verdict) == [.bad])
        #expect(missing.first?.words.contains("hci0 (00:1B:DC:06:F2:9A)") == true)
        #expect(try await two.findings("adapter hci0", settings: named).isEmpty)
    }

    @Test func firstAdapterIsTheOneWithTheLowestIndexInWhateverOrderTheKernelNamesThem() async throws {
        let place = try DoctorPlace([.init(index: 1, address: [1, 2, 3, 4, 5, 0xaa]), .init(index: 0)])
        #expect(try await place.findings("adapter hci0").first?.verdict == .fine)
        #expect(try await place.findings("adapter hci1").isEmpty)
    }

    @Test func silentKernelAndKernelWithoutBluetoothAreBad() async throws {
        let place = try DoctorPlace()
        place.machine.opensManagement = ManagementStandIn([.init(index: 0)], isSilent: true).open
        #expect(try await place.findings("adapter").map(\.verdict) == [.bad])
        place.machine.opensManagement = { () throws(BlueZError) in throw .noBluetooth }
        let found = try await place.findings("kernel")
        #expect(found.map(\.verdict) == [.bad])
        #expect(found.first?.remedy == "sudo modprobe bluetooth")
        #expect(try await place.findings("kernel", settings: "radio: {kind: virtual}").isEmpty)
    }

    @Test func blockedRadiosAreToldByWhatBlocksThem() async throws {
        let place = try DoctorPlace()
        for (entry, name, hard) in [("rfkill0", "hci0", "0"), ("rfkill1", "hci7", "1")] {
            try place.write("bluetooth\n", "rfkill/\(entry)/type")
            try place.write("\(name)\n", "rfkill/\(entry)/name")
            try place.write("1\n", "rfkill/\(entry)/soft")
            try place.write(hard + "\n", "rfkill/\(entry)/hard")
        }
        let found = try await place.findings("rfkill")
        #expect(found.map(\.remedy) == ["sudo rfkill unblock bluetooth", "set the machine's own switch"])
        #expect(found.map(\.verdict) == [.bad, .note], "only hci0 is used")
        let parts = try await place.findings().map(\.part)
        #expect(parts.prefix(5) == ["settings", "kernel", "rfkill", "rfkill", "adapter hci0"])
        try place.write("wlan\n", "rfkill/rfkill0/type")
        try place.write("wlan\n", "rfkill/rfkill1/type")
        #expect(try await place.findings("rfkill").isEmpty)
    }
}
