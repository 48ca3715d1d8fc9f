import Foundation
import Settings

@testable import Daemon

/// A machine to be looked at: files of its own in place of `/proc` and the like, and the doctor at work on it.
final class DoctorPlace {
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
        // Any file that can be run.
        machine.btmgmt = "/bin/sh"
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
