import Foundation
import Testing

@testable import Settings

@Suite struct SettingsFilesTests {
    @Test func dropInsOverrideInTheOrderOfTheirNames() throws {
        let folder = try SettingsFolder()
        try folder.write("name: main\nlinks_max: 2\nhosting: {classes: [alarm, event]}")
        try folder.write("name: ten\nlinks_max: 3", to: "conf.d/10-a.yaml")
        try folder.write("name: nine\nhosting: {classes: [telemetry]}", to: "conf.d/09-b.yaml")
        try folder.write("not: [settings", to: "conf.d/notes.txt")
        try folder.write("not: [settings", to: "conf.d/.hidden.yaml")
        guard case .loaded(let settings) = folder.files.load() else { throw Unexpected() }
        #expect(settings.name == "ten")
        #expect(settings.linksMaximum == 3)
        #expect(settings.hosting.classes == [.telemetry])
    }

    @Test func noInAnyFileWinsWhateverComesAfter() throws {
        let yes = "hosting: {opt_out: false}"
        let no = "hosting: {opt_out: true}"
        for (texts, expected) in [
            ([yes, yes, yes], false), ([no, yes, yes], true), ([yes, no, yes], true), ([yes, yes, no], true),
            (["", yes, ""], false), (["", "", ""], nil as Bool?),
        ] {
            let folder = try SettingsFolder()
            try folder.write(texts[0])
            try folder.write(texts[1], to: "conf.d/a.yaml")
            try folder.write(texts[2], to: "conf.d/b.yaml")
            guard case .loaded(let settings) = folder.files.load() else { throw Unexpected() }
            #expect(settings.hosting.optOut == expected)
        }
    }

    @Test func missingMainFileIsAProblemAndMissingDropInsAreNot() throws {
        let folder = try SettingsFolder()
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.kind) == [.missing])
        try FileManager.default.removeItem(atPath: folder.path + "/conf.d")
        try folder.write("")
        #expect(folder.files.load() == .loaded(BridgeSettings(defaultName: "kitchen")))
    }

    @Test func whatIsNoRegularFileIsRefusedWithoutWaiting() throws {
        let folder = try SettingsFolder()
        try folder.write("")
        try #require(mkfifo(folder.path + "/conf.d/pipe.yaml", 0o600) == 0)
        try FileManager.default.createDirectory(
            atPath: folder.path + "/conf.d/folder.yaml", withIntermediateDirectories: false)
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.kind) == [.unreadable, .unreadable])
    }

    @Test func unreadableFileIsAProblemThatNamesTheReason() throws {
        let folder = try SettingsFolder()
        // A link to itself cannot be opened by anybody, root included.
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/sidegate.yaml", withDestinationPath: "sidegate.yaml")
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.kind) == [.unreadable])
        #expect(problems.first?.position == nil)
        #expect(problems.first?.what.hasPrefix("This cannot be read: ") == true)
    }

    @Test func dropInUnderTheWrongNameIsNotLeftOutInSilence() throws {
        let folder = try SettingsFolder()
        try folder.write("hosting: {opt_out: false}")
        try folder.write("hosting: {opt_out: true}", to: "conf.d/no.yml")
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.file) == [folder.path + "/conf.d/no.yml"])
    }

    @Test func dropInsAreBounded() throws {
        let folder = try SettingsFolder()
        try folder.write("")
        for number in 0..<64 { try folder.write("", to: "conf.d/\(number).yaml") }
        guard case .loaded = folder.files.load() else { throw Unexpected() }
        try folder.write("", to: "conf.d/more.yaml")
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.kind) == [.tooLarge])
    }

    @Test func problemsOfAllFilesComeTogether() throws {
        let folder = try SettingsFolder()
        try folder.write("a: 1")
        try folder.write("{", to: "conf.d/a.yaml")
        try folder.write("links_max: 0", to: "conf.d/b.yaml")
        guard case .failed(let problems) = folder.files.load() else { throw Unexpected() }
        #expect(problems.map(\.kind) == [.unknownKey, .notYAML, .outOfRange])
    }

    @Test func fingerprintChangesWithEveryChangeAndNotOtherwise() throws {
        let folder = try SettingsFolder()
        let files = folder.files
        var seen = [files.fingerprint()]
        func expectChange() {
            let now = files.fingerprint()
            #expect(!seen.contains(now))
            #expect(now == files.fingerprint())
            seen.append(now)
        }
        try folder.write("name: a")
        expectChange()
        try folder.write("name: bc")
        expectChange()
        try folder.write("", to: "conf.d/a.yaml")
        expectChange()
        try FileManager.default.removeItem(atPath: folder.path + "/conf.d/a.yaml")
        expectChange()
        try FileManager.default.removeItem(atPath: folder.path + "/sidegate.yaml")
        expectChange()
    }

    struct Unexpected: Error {}
}
