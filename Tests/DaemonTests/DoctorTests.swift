import ControlAPI
import Foundation
import Settings
import Storage
import Testing

@testable import BlueZRadio
@testable import Daemon

/// What `sidegate doctor` finds, with the machine's own answers put in the place of this one's.
@Suite struct DoctorTests {
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
            let place = try DoctorPlace()
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

    /// As whoever installed it and is in no group yet.
    @Test(.enabled(if: ControlCommandTests.canBeStranger))
    func strangerIsToldWhatThereIsToTellAndNothingIsBadOfADaemonThatIsFine() async throws {
        try await ServedFake.with { served in
            let place = try DoctorPlace()
            chmod(served.directory, 0o755)
            try place.write(
                "state_directory: \(place.path)\nsocket: \(served.path)\nradio: {kind: virtual}\n", "sidegate.yaml")
            chown(served.path, 0, 1)
            for (mode, remedy) in [
                (mode_t(0o660), "-> sudo adduser \"$USER\" daemon, then log in again; or use sudo"),
                // The socket lets everybody in, the daemon does not.
                (0o666, "-> become a member of the socket's group, or use sudo"),
            ] {
                chmod(served.path, mode)
                let outcome = try await ControlCommandTests.run(
                    ["doctor", "--settings", "\(place.path)/sidegate.yaml"], by: ControlCommandTests.stranger)
                #expect(outcome.output.contains("note  service: it cannot be told from here: you may not"))
                #expect(outcome.output.contains(remedy), "\(outcome.output)")
                #expect(outcome.code == 0, "\(outcome.output)")
            }
        }
    }

    @Test func soundMachineWithoutADaemonLacksOnlyTheDaemon() async throws {
        let findings = try await DoctorPlace([.init(index: 0, current: 1 << 0 | 1 << 9 | 1 << 13)]).findings()
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
        let place = try DoctorPlace()
        let none = try await place.findings(answer: .status(status)).first { $0.part == "network" }
        #expect(none?.remedy?.contains("network create") == true)
        status.movedUnixSeconds = 1_790_000_000
        let moved = try await place.findings(answer: .status(status)).first { $0.part == "network" }
        #expect(moved?.verdict == .note && moved?.words.contains("exported") == true)
        #expect(moved?.remedy?.contains("sidegate home resume") == true)
    }

    @Test func channelsThatBluetoothdMayOpenOnOurLinksAreNotedUnlessItsSettingsRuleThemOut() async throws {
        let place = try DoctorPlace()
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
        let place = try DoctorPlace()
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

    @Test func wrongSettingsAreToldAndTheRestIsLookedAtAllTheSame() async throws {
        let place = try DoctorPlace([.init(index: 0, current: 0), .init(index: 1), .init(index: 2, supported: 1)])
        try place.write("bluetooth\n", "rfkill/rfkill0/type")
        try place.write("hci0\n", "rfkill/rfkill0/name")
        try place.write("1\n", "rfkill/rfkill0/soft")
        let findings = try await place.findings(settings: "links_max: 40\nnaem: x\n")
        let settings = findings.filter { $0.part == "settings" }
        #expect(settings.map(\.verdict) == [.bad, .bad])
        #expect(settings.contains { $0.words.contains("sidegate.yaml:2:12: `links_max` is 40") })
        #expect(findings.contains { $0.part == "service" })
        let expected: [(part: String, verdicts: [Finding.Verdict])] = [
            ("kernel", [.fine]), ("rfkill", [.note]), ("bluetoothd", [.fine]),
            ("adapter hci0", [.note]), ("adapter hci1", [.fine, .note]), ("adapter hci2", [.note]),
        ]
        for (part, verdicts) in expected {
            let found = findings.filter { $0.part == part }
            #expect(found.map(\.verdict) == verdicts, "\(part) does not need the settings")
        }
        #expect(findings.first { $0.part == "adapter hci0" }?.remedy?.contains("power on") == true)
        for part in ["radio", "database", "disk", "broker"] {
            let found = findings.filter { $0.part == part }
            #expect(found.map(\.verdict) == [.note], "\(part) is not passed over in silence")
        }
    }

    @Test func wrongSettingsOfADaemonThatSaysItsRadioLeaveNothingOpenOfThat() async throws {
        var status = FakeBackend.status
        status.radio = .init(kind: "bluez", isUp: true, isPermitted: true)
        let place = try DoctorPlace([])
        place.machine.opensManagement = { () throws(BlueZError) in throw .noBluetooth }
        let bluetooth = try await place.findings(settings: "naem: x\n", answer: .status(status))
        #expect(bluetooth.filter { $0.part == "kernel" }.map(\.verdict) == [.bad])
        #expect(bluetooth.filter { $0.part == "radio" }.map(\.verdict) == [.fine])
        let unknown = try await place.findings(settings: "naem: x\n")
        #expect(unknown.filter { $0.part == "kernel" }.map(\.verdict) == [.note])
    }

    @Test func daemonThatWhoAsksMayNotUseIsNotedWithItsRemedy() async throws {
        let findings = try await DoctorPlace().findings(
            answer: .forbidden(message: "you may not use /run/x.sock", remedy: "use sudo"))
        #expect(!findings.contains { $0.verdict == .bad })
        let service = findings.first { $0.part == "service" }
        #expect(service?.verdict == .note && service?.words.contains("you may not use /run/x.sock") == true)
        #expect(service?.remedy == "use sudo")
    }

    @Test func whatTheDaemonSaysOfItsRadioAndDatabaseIsBelieved() async throws {
        var status = FakeBackend.status
        status.databaseProblem = "the disk is read-only"
        status.radio = .init(kind: "virtual", isUp: true, isDegraded: true, detail: "its street cannot be read")
        let findings = try await DoctorPlace().findings(answer: .status(status))
        #expect(findings.filter { $0.part == "database" }.map(\.verdict) == [.bad])
        #expect(findings.filter { $0.part == "radio" }.map(\.verdict) == [.note])
        #expect(!findings.contains { $0.part == "kernel" })
    }

    @Test func managementSocketsWithoutPrivilegeAreBadAndMendedAsTheDaemonWasStarted() async throws {
        func found(_ isPermitted: Bool?, isService: Bool, kind: String = "bluez") async throws -> [Finding] {
            var status = FakeBackend.status
            status.isService = isService
            status.radio = .init(kind: kind, isUp: true, isPermitted: isPermitted)
            return try await DoctorPlace().findings(answer: .status(status)).filter { $0.part == "management sockets" }
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
        let place = try DoctorPlace()
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
        let place = try DoctorPlace()
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
        let place = try DoctorPlace()
        try FileManager.default.createDirectory(atPath: place.path + "/damaged", withIntermediateDirectories: true)
        let found = try await place.findings("database")
        #expect(found.last?.verdict == .note)
        #expect(found.last?.remedy?.contains("\(place.path)/damaged") == true)
        try FileManager.default.removeItem(atPath: place.path + "/damaged")
        #expect(try await place.findings("database").count == 1)
    }

    @Test func missingBrokerIsBadAndAbsentOneIsNoted() async throws {
        #expect(try await DoctorPlace().findings("broker").map(\.verdict) == [.note])
        let nobody = "mqtt: {host: 127.0.0.1, port: 9, tls: false}"
        #expect(try await DoctorPlace().findings("broker", settings: nobody).map(\.verdict) == [.bad])
        let place = try DoctorPlace()
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
        let place = try DoctorPlace()
        place.machine.isClockKept = { false }
        #expect(try await place.findings("clock").map(\.verdict) == [.note])
    }
}
