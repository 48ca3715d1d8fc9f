import Foundation

@testable import Settings

/// A folder of settings files that lives as long as the test.
final class SettingsFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "sidegate-settings-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path + "/conf.d", withIntermediateDirectories: true)
    }

    deinit {
        try? FileManager.default.removeItem(atPath: path)
    }

    var files: SettingsFiles { SettingsFiles(directory: path, defaultName: "kitchen") }

    func write(_ text: String, to name: String = "sidegate.yaml") throws {
        try write(Array(text.utf8), to: name)
    }

    func write(_ bytes: [UInt8], to name: String = "sidegate.yaml") throws {
        try Data(bytes).write(to: URL(fileURLWithPath: path + "/" + name))
    }

    /// The settings that one main file loads to; nil where it has problems.
    static func settings(_ text: String) throws -> BridgeSettings? {
        let folder = try SettingsFolder()
        try folder.write(text)
        if case .loaded(let settings) = folder.files.load() { return settings }
        return nil
    }

    /// The problems of one main file.
    static func problems(_ text: String) throws -> [SettingsProblem] {
        try problems(Array(text.utf8))
    }

    static func problems(_ bytes: [UInt8]) throws -> [SettingsProblem] {
        let folder = try SettingsFolder()
        try folder.write(bytes)
        if case .failed(let problems) = folder.files.load() { return problems }
        return []
    }
}
