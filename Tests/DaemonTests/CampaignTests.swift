import Foundation
import Testing

/// The short form of `make campaign`.
@Suite(.serialized) struct CampaignTests {
    @Test func twentyKillsAtRandomMomentsLoseNothingAndTurnNoNoIntoAYes() async throws {
        let output = Pipe()
        let process = Process()
        let folder = (TestStreet.executable as NSString).deletingLastPathComponent
        process.executableURL = URL(fileURLWithPath: folder + "/campaign")
        process.arguments = ["20", "--seed", "7"]
        process.standardOutput = output
        try process.run()
        let told = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        #expect(process.terminationStatus == 0, "\(told)")
        #expect(told.contains("kills in"))
    }
}
