import ControlAPI
import Foundation
import Settings
import Storage
import Testing

@testable import BlueZRadio
@testable import Daemon

/// What `sidegate doctor` finds, with the machine's own answers put in the place of this one's.
@Suite struct DoctorTests {
    private final class Place {
        let path = NSTemporaryDirectory() + "sidegate-doctor-" + UUID().uuidString
        var machine = ExaminedMachine()

        init(_ controllers: [ManagementStandIn.Controller] = [.init(index: 0)]) throws {
            for directory in ["/proc/17", "/proc/self", "/rfkill/rfkill0", "/rfkill/rfkill1"] {
                try FileManager.default.createDirectory(atPath: path + directory, withIntermediateDirectories: true)
            }
            machine.opensManagement = ManagementStandIn(controllers).open
            machine.processes = path + "/proc"
            machine.radioSwitches = path + "/rfkill"
            machine.isClockKept = { true }
            machine.bluetoothdSettings = path + "/main.conf"
            machine.kernelVersion = path + "/version"
            try write("bluetoothd\n", "proc/17/comm")
            try write("[GATT]\nChannels = 1\n", "main.conf")
        }

        deinit { try? FileManager.default.removeItem(atPath: path) }

        func write(_ text: String, _ file: String) throws {
            try Data(text.utf8).write(to: URL(fileURLWithPath: "\(path)/\(file)"))
        }

        func findings(
            settings: String = "", answer: Doctor.DaemonAnswer = .failure(message: "no daemon", remedy: "start it")
        ) async throws -> [Finding] {
            try write("state_directory: \(path)\n" + settings, "sidegate.yaml")
            let files = SettingsFiles(directory: path, defaultName: "kitchen")
            return await Doctor(files: files, answer: answer, machine: machine).examine()
        }

        /// Each finding of `part`.
        func findings(_ part: String, settings: String = "") async throws -> [Finding] {
            try await findings(settings: settings).filter { $0.part == part }
        }
    }

    @Test func commandEndsWithOneWhereAnythingIsBadAndSaysTheSameInJSON() async throws {
        struct Report: Decodable {
            struct Line: Decodable {
                var part: String
                var verdict: String
                var remedy: String?
            }
            var isFine: Bool
            var findings: [Line]
        }
        try await ServedFake.with { served in
            let place = try Place()
            func run(_ settings: String, socket: String, _ more: String...) async throws -> ControlCommandTests.Outcome
            {
                try place.write("state_directory: \(place.path)\nradio: {kind: virtual}\n" + settings, "sidegate.yaml")
                return try await ControlCommandTests.run(
                    ["--socket", socket, "doctor", "--settings", "\(place.path)/sidegate.yaml"] + more)
            }
            func report(_ outcome: ControlCommandTests.Outcome) throws -> Report {
                try JSONDecoder().decode(Report.self, from: Data(outcome.output.utf8))
            }
            let none = try await run("", socket: place.path + "/none", "--json")
            let bad = try report(none)
            #expect(none.code == 1 && !bad.isFine)
            #expect(bad.findings.filter { $0.verdict == "bad" }.map(\.part).contains("service"))
            #expect(bad.findings.allSatisfy { $0.verdict != "bad" || ![nil, Finding.lastRemedy].contains($0.remedy) })
            let wrong = try await run("links_max: many\n", socket: served.path)
            #expect(wrong.code == 1 && wrong.output.contains("sidegate.yaml:3:12"), "\(wrong.output)")
            // This machine's clock may be bad; nothing else is.
            let sound = try await run("", socket: served.path, "--json")
            let isClockBad = try report(sound).findings.contains { $0.part == "clock" && $0.verdict == "bad" }
            #expect(sound.code == (isClockBad ? 1 : 0), "\(sound.output)")
        }
    }

    @Test func soundMachineWithoutADaemonLacksOnlyTheDaemon() async throws {
        let findings = try await Place([.init(index: 0, current: 1 << 0 | 1 << 9 | 1 << 13)]).findings()
        #expect(findings.filter { $0.verdict == .bad }.map(\.part) == ["service"])
        #expect(
            findings.map(\.part) == [
                "settings", "kernel", "adapter hci0", "bluetoothd", "clock", "database", "disk", "service", "broker",
            ])
        #expect(findings[2].words.hasPrefix("00:1B:DC:06:F2:9A, Low Energy, room for 5"))
    }

    @Test func homeThatWasExportedIsNotedWithTheWayBack() async throws {
        var status = FakeBackend.status
        status.network = nil
        let place = try Place()
        let none = try await place.findings(answer: .status(status)).first { $0.part == "network" }
        #expect(none?.remedy?.contains("network create") == true)
        status.movedUnixSeconds = 1_790_000_000
        let moved = try await place.findings(answer: .status(status)).first { $0.part == "network" }
        #expect(moved?.verdict == .note && moved?.words.contains("exported") == true)
        #expect(moved?.remedy?.contains("sidegate home resume") == true)
    }

    @Test func adapterThatGoesByItsOwnAddressIsNotedWithItsRemedy() async throws {
        let found = try await Place().findings("adapter hci0")
        #expect(found.map(\.verdict) == [.fine, .note])
        #expect(found.last?.remedy?.contains("Privacy = device") == true)
    }

    @Test func channelsThatBluetoothdMayOpenOnOurLinksAreNotedUnlessItsSettingsRuleThemOut() async throws {
        let place = try Place()
        #expect(try await place.findings("bluetoothd").map(\.verdict) == [.fine])
        for settings in [
            "#[GATT]\n#Channels = 1\n", "[GATT]\n#Channels = 1\n", "[GATT]\nChannels = 3\n",
            "[General]\nChannels = 1\n", "[GATT]\n[General]\nChannels = 1\n", "[GATT]\nChannels = 1\nChannels = 3\n",
            "",
        ] {
            try place.write(settings, "main.conf")
            let found = try await place.findings("bluetoothd")
            #expect(found.map(\.verdict) == [.fine, .note], "\(settings)")
            #expect(found.last?.remedy?.contains("Channels = 1") == true)
        }
        try place.write("[Policy]\n\n[GATT]\r\nCache = always\n  Channels=1\n", "main.conf")
        #expect(try await place.findings("bluetoothd").map(\.verdict) == [.fine])
        try FileManager.default.removeItem(atPath: place.path + "/main.conf")
        #expect(try await place.findings("bluetoothd").count == 2)
        try FileManager.default.removeItem(atPath: place.path + "/proc/17/comm")
        #expect(try await place.findings("bluetoothd").map(\.verdict) == [.note], "it does not run")
    }

    @Test func kernelThatEndsWhoClosesAFailedCallIsBad() async throws {
        let place = try Place()
        for (version, verdicts) in [
            ("6.1.0-56-amd64 (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian 6.1.192-2 (2026-11-16)", [.fine, .bad]),
            ("6.1.192 (gcc) #1 SMP", [.fine, .bad]),
            ("6.1.0-54-amd64 (gcc-12) #1 SMP PREEMPT_DYNAMIC Debian 6.1.190-1 (2026-10-02)", [.fine]),
            ("6.6.1 (gcc 16.1.1921) #6 SMP", [.fine]),
        ] as [(String, [Finding.Verdict])] {
            try place.write("Linux version \(version)\n", "version")
            #expect(try await place.findings("kernel").map(\.verdict) == verdicts, "\(version)")
        }
    }

    @Test func adaptersThatCannotServeAreBad() async throws {
        #expect(try await Place([]).findings("adapter").map(\.verdict) == [.bad])
        let off = try Place([.init(index: 0, current: 1 << 9)])
        #expect(try await off.findings("adapter hci0").first?.words == "it is switched off")
        #expect(
            try await off.findings("adapter hci0", settings: "radio: {bluez: {power_on: true}}").first?.verdict == .fine
        )
        let classic = try Place([.init(index: 3, supported: 1, current: 1)])
        #expect(try await classic.findings("adapter hci3").map(\.verdict) == [.bad])
    }

    @Test func adapterThatIsOnIsChosenBeforeOneThatIsOff() async throws {
        let place = try Place([.init(index: 0, current: 0), .init(index: 1)])
        #expect(try await place.findings("adapter hci1").first?.verdict == .fine)
        #expect(try await place.findings("adapter hci0").isEmpty)
    }

    @Test func adapterOfTheSettingsIsLookedForByPlaceAndAddress() async throws {
        let two = try Place([
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
        let place = try Place([.init(index: 1, address: [1, 2, 3, 4, 5, 0xaa]), .init(index: 0)])
        #expect(try await place.findings("adapter hci0").first?.verdict == .fine)
        #expect(try await place.findings("adapter hci1").isEmpty)
    }

    @Test func silentKernelAndKernelWithoutBluetoothAreBad() async throws {
        let place = try Place()
        place.machine.opensManagement = ManagementStandIn([.init(index: 0)], isSilent: true).open
        #expect(try await place.findings("adapter").map(\.verdict) == [.bad])
        place.machine.opensManagement = { () throws(BlueZError) in throw .noBluetooth }
        let found = try await place.findings("kernel")
        #expect(found.map(\.verdict) == [.bad])
        #expect(found.first?.remedy == "sudo modprobe bluetooth")
        #expect(try await place.findings("kernel", settings: "radio: {kind: virtual}").isEmpty)
    }

    @Test func blockedRadiosAreToldByWhatBlocksThem() async throws {
        let place = try Place()
        for (entry, name, hard) in [("rfkill0", "hci0", "0"), ("rfkill1", "hci7", "1")] {
            try place.write("bluetooth\n", "rfkill/\(entry)/type")
            try place.write("\(name)\n", "rfkill/\(entry)/name")
            try place.write("1\n", "rfkill/\(entry)/soft")
            try place.write(hard + "\n", "rfkill/\(entry)/hard")
        }
        let found = try await place.findings("rfkill")
        #expect(found.map(\.remedy) == ["sudo rfkill unblock bluetooth", "set the machine's own switch"])
        #expect(found.map(\.verdict) == [.bad, .note], "only hci0 is used")
        try place.write("wlan\n", "rfkill/rfkill0/type")
        try place.write("wlan\n", "rfkill/rfkill1/type")
        #expect(try await place.findings("rfkill").isEmpty)
    }

    @Test func wrongSettingsAreToldAndTheRestIsLookedAtAllTheSame() async throws {
        let findings = try await Place().findings(settings: "links_max: 40\nnaem: x\n")
        let settings = findings.filter { $0.part == "settings" }
        #expect(settings.map(\.verdict) == [.bad, .bad])
        #expect(settings.contains { $0.words.contains("sidegate.yaml:2:12: `links_max` is 40") })
        #expect(findings.contains { $0.part == "service" })
        #expect(!findings.contains { $0.part == "kernel" }, "what radio there is, the settings would have to say")
        for part in ["radio", "database", "broker"] {
            let found = findings.filter { $0.part == part }
            #expect(found.map(\.verdict) == [.note], "\(part) is not passed over in silence")
        }
    }

    @Test func whatTheDaemonSaysOfItsRadioAndDatabaseIsBelieved() async throws {
        var status = FakeBackend.status
        status.databaseProblem = "the disk is read-only"
        status.radio = .init(kind: "virtual", isUp: true, isDegraded: true, detail: "its street cannot be read")
        let findings = try await Place().findings(answer: .status(status))
        #expect(findings.filter { $0.part == "database" }.map(\.verdict) == [.bad])
        #expect(findings.filter { $0.part == "radio" }.map(\.verdict) == [.note])
        #expect(!findings.contains { $0.part == "kernel" })
    }

    @Test func managementSocketsWithoutPrivilegeAreBadAndMendedAsTheDaemonWasStarted() async throws {
        func found(_ isPermitted: Bool?, isService: Bool, kind: String = "bluez") async throws -> [Finding] {
            var status = FakeBackend.status
            status.isService = isService
            status.radio = .init(kind: kind, isUp: true, isPermitted: isPermitted)
            return try await Place().findings(answer: .status(status)).filter { $0.part == "management sockets" }
        }
        #expect(try await found(true, isService: true).map(\.verdict) == [.fine])
        #expect(try await found(nil, isService: true).map(\.verdict) == [.note])
        let service = try await found(false, isService: true)
        #expect(service.map(\.verdict) == [.bad])
        #expect(service.first?.remedy?.contains("sudo systemctl restart sidegated") == true)
        #expect(service.first?.remedy?.contains("sudo journalctl -u sidegated") == true)
        let byHand = try await found(false, isService: false)
        #expect(byHand.first?.remedy == "start it as root, or with CAP_NET_ADMIN")
        #expect(try await found(nil, isService: true, kind: "virtual").isEmpty)
    }

    @Test func daemonThatWasAskedElsewhereIsNotTakenForThatOfTheSettings() async throws {
        let place = try Place()
        try place.write("state_directory: \(place.path)\n", "sidegate.yaml")
        let files = SettingsFiles(directory: place.path, defaultName: "kitchen")
        var status = FakeBackend.status
        status.databaseProblem = "the disk is read-only"
        func findings(_ other: String?) async -> [Finding] {
            await Doctor(files: files, answer: .status(status), otherSocket: other, machine: place.machine).examine()
        }
        let own = await findings(nil)
        #expect(!own.contains { $0.part == "two bridges" })
        #expect(own.first { $0.part == "database" }?.verdict == .bad)
        let other = await findings("/run/other.sock")
        let note = other.first { $0.part == "two bridges" }
        #expect(note?.verdict == .note && note?.words.contains("listens at /run/other.sock") == true)
        // There is no database in the directory of these settings.
        #expect(other.first { $0.part == "database" }?.words.hasPrefix("none in \(place.path)") == true)
    }

    @Test func databaseOfADaemonThatWasCutShortIsNotInUse() async throws {
        let place = try Place()
        let store = try BridgeStore.open(directory: place.path, today: 1).0
        #expect(try await place.findings("database").first?.words.hasPrefix("in use in ") == true)
        try store.close()
        #expect(try await place.findings("database").first?.words.hasPrefix("sound, ") == true)
        // As a crash leaves it: a log, and nobody who holds the lock.
        try place.write("log", "sidegate.sqlite-wal")
        let found = try await place.findings("database").first
        #expect(found?.verdict == .note && found?.words.hasPrefix("nobody has it open") == true)
    }

    @Test func replacedDatabaseIsNotedUntilTheDamagedOneIsRemoved() async throws {
        let place = try Place()
        try FileManager.default.createDirectory(atPath: place.path + "/damaged", withIntermediateDirectories: true)
        let found = try await place.findings("database")
        #expect(found.last?.verdict == .note)
        #expect(found.last?.remedy?.contains("\(place.path)/damaged") == true)
        try FileManager.default.removeItem(atPath: place.path + "/damaged")
        #expect(try await place.findings("database").count == 1)
    }

    @Test func missingBrokerIsBadAndAbsentOneIsNoted() async throws {
        #expect(try await Place().findings("broker").map(\.verdict) == [.note])
        let nobody = "mqtt: {host: 127.0.0.1, port: 9, tls: false}"
        #expect(try await Place().findings("broker", settings: nobody).map(\.verdict) == [.bad])
        let place = try Place()
        let broker = try TestBroker(in: place.path)
        try await broker.start()
        #expect(try await place.findings("broker", settings: broker.settings).map(\.verdict) == [.note])
        let missing = "mqtt: {host: 127.0.0.1, tls: true, ca_file: /nonexistent/ca.pem}"
        let found = try await place.findings("broker", settings: missing)
        #expect(found.map(\.verdict) == [.bad])
        #expect(found.first?.words.contains("mqtt.ca_file /nonexistent/ca.pem: No such file") == true)
        broker.stop()
    }

    @Test func directoryAboveTheStateThatIsNotThereIsBad() {
        let found = StateExamination.findings(directory: "/nonexistent/a/b", isInUse: false)
        #expect(found.contains { $0.verdict == .bad && $0.words.contains("no /nonexistent/a,") })
        #expect(found.contains { $0.part == "disk" })
        let made = StateExamination.findings(directory: "/tmp/sidegate-that-is-not-there", isInUse: false)
        #expect(!made.contains { $0.verdict == .bad && $0.part == "database" })
    }

    @Test func fullDiskIsBad() {
        #expect(StateExamination.finding(place: "/", freeBytes: 31_999_999).verdict == .bad)
        #expect(StateExamination.finding(place: "/", freeBytes: 199_999_999).verdict == .note)
        #expect(StateExamination.finding(place: "/", freeBytes: 200_000_000).verdict == .fine)
    }

    @Test func clockThatNobodyKeepsIsNoted() async throws {
        let place = try Place()
        place.machine.isClockKept = { false }
        #expect(try await place.findings("clock").map(\.verdict) == [.note])
    }
}
