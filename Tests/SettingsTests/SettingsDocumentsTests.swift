import Foundation
import Testing

@testable import Settings

@Suite struct SettingsDocumentsTests {
    private static var root: String {
        URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent().path
    }

    private static let begin = "<!-- table of settings: made from the source, see SettingsDocuments -->\n"
    private static let end = "<!-- end of the table -->\n"

    /// With SIDEGATE_WRITE_DOCUMENTS=1 the tests write what they would otherwise compare.
    private static func write(_ text: String, to file: String) throws {
        guard ProcessInfo.processInfo.environment["SIDEGATE_WRITE_DOCUMENTS"] == "1" else { return }
        try Data(text.utf8).write(to: URL(fileURLWithPath: "\(root)/\(file)"))
    }

    private static func read(_ file: String) throws -> String {
        try String(contentsOfFile: "\(root)/\(file)", encoding: .utf8)
    }

    @Test func sampleFileSaysWhatTheTableSays() throws {
        try Self.write(SettingsDocuments.sample(), to: "conf/sidegate.yaml")
        #expect(try Self.read("conf/sidegate.yaml") == SettingsDocuments.sample())
    }

    @Test func sampleFileLoadsToTheDefaults() throws {
        #expect(try SettingsFolder.settings(SettingsDocuments.sample()) == BridgeSettings(defaultName: "kitchen"))
    }

    @Test func settingsPageHoldsTheTable() throws {
        let page = try Self.read("docs/settings.md")
        let begin = try #require(page.range(of: Self.begin))
        let end = try #require(page.range(of: Self.end))
        let updated =
            page[..<begin.upperBound] + SettingsDocuments.markdownTable() + page[end.lowerBound...]
        try Self.write(String(updated), to: "docs/settings.md")
        #expect(try Self.read("docs/settings.md") == String(updated))
    }

    @Test func manualPageHoldsTheTable() throws {
        let file = "docs/man/sidegate.yaml.5"
        let page = try Self.read(file)
        let begin = try #require(page.range(of: ".SH KEYS\n"))
        let end = try #require(page.range(of: ".SH FORM\n"))
        let updated = String(page[..<begin.upperBound] + SettingsManual.keys() + page[end.lowerBound...])
        try Self.write(updated, to: file)
        #expect(try Self.read(file) == updated)
    }

    @Test func manualPageShowsTextThatRoffWouldTakeAsItsOwn() {
        #expect(SettingsManual.escaped(".a-b\\c `d`") == "\\&.a\\-b\\ec \\fBd\\fP")
        #expect(SettingsManual.escaped("'x") == "\\&'x")
    }

    @Test func keysAreUniqueAndSectionsStandTogether() {
        let paths = SettingsTable.definitions.map(\.path)
        #expect(Set(paths).count == paths.count)
        for path in paths { #expect(!SettingsTable.isSection(path)) }
        #expect(SettingsDocuments.sample().components(separatedBy: "\nradio:").count == 2)
    }

    @Test func defaultOfEveryKeyIsWithinItsOwnRule() {
        let defaults = BridgeSettings(defaultName: "kitchen")
        var merge = SettingsMerge(defaultName: "other")
        merge.add(Array(SettingsDocuments.yaml(of: defaults).utf8), file: "f")
        #expect(merge.outcome() == .loaded(defaults))
    }
}
