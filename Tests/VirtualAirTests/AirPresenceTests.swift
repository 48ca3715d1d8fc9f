import Glibc
import RadioInterface
import Testing
import Wire

@testable import RadioConformance
@testable import VirtualAir

@Suite struct AirPresenceTests {
    @Test func pathTooLongIsAClearError() throws {
        let path = "/tmp/" + String(repeating: "long", count: 30)
        let error = #expect(throws: AirError.self) {
            try VirtualRadio(directory: path, name: "left", settings: AirSettings(seed: 1))
        }
        #expect(error == .pathTooLong(path: "\(path)/left.link", bytesMax: 107))
        #expect(error?.description.contains("stops at 107 bytes and this has 135: use a directory") == true)
    }

    @Test func badNameAndMissingDirectoryAreClearErrors() throws {
        let fixture = try AirFixture()
        #expect(throws: AirError.nameInvalid("a/b")) { try fixture.radio("a/b") }
        let missing = "\(fixture.path)/none"
        #expect(throws: AirError.directoryUnusable(path: missing, errno: ENOENT)) {
            try VirtualRadio(directory: missing, name: "left", settings: AirSettings(seed: 1))
        }
    }

    @Test func nameOfALiveRadioIsTakenAndItsRadioGoesOn() throws {
        let fixture = try AirFixture()
        let stage = try fixture.stage("left", "right")
        let (near, far) = try stage.link(0, 1)
        #expect(throws: AirError.nameTaken(name: "right", directory: fixture.path)) { try fixture.radio("right") }
        try stage.pass(0, near, 1, far, [1])
        #expect(stage.radios[1].counters.datagramsMalformed == 0)
    }

    @Test func stoppedRadioLeavesNoSocketAndItsNameIsFree() throws {
        let fixture = try AirFixture()
        let first = try fixture.radio("left")
        first.stop()
        #expect(try AirDirectory(path: fixture.path).radioNames().isEmpty)
        #expect(access("\(fixture.path)/left.link", F_OK) != 0)
        _ = try fixture.radio("left")
    }

    @Test func airTakes256RadiosAndRefusesTheNext() throws {
        let fixture = try AirFixture()
        for number in 0..<AirDirectory.radiosMax {
            close(open("\(fixture.path)/r\(number).air", O_CREAT | O_WRONLY | O_CLOEXEC, 0o600))
        }
        #expect(throws: AirError.airFull(directory: fixture.path, radiosMax: 256)) { try fixture.radio("left") }
        // One that is there, but dead, is replaced.
        let radio = try fixture.radio("r7")
        #expect(radio.peers.count == 255)
    }

    @Test func badStreetAtTheStartIsAnError() throws {
        let fixture = try AirFixture()
        fixture.write(street: "left <-> \n")
        let error = #expect(throws: AirError.self) { try fixture.radio("left") }
        #expect(error?.description.hasPrefix("\(fixture.path)/street:1:10: the line ends where a name belongs") == true)
        #expect(try AirDirectory(path: fixture.path).radioNames().isEmpty, "a radio that failed should leave nothing")
    }

    @Test func radioWhoseDirectoryGoesIsDownAndEndsItsChannels() throws {
        for watches in [true, false] {
            let fixture = try AirFixture()
            let stage = try fixture.stage("left", "right", watches: watches)
            let (near, _) = try stage.link(0, 1)
            let moved = fixture.path + "-moved"
            #expect(rename(fixture.path, moved) == 0)
            defer { _ = rename(moved, fixture.path) }
            try stage.expect("the radio should be down") {
                if case .down = stage.recorders[0].states.last { true } else { false }
            }
            try stage.expect("the channel should end") { stage.recorders[0].end(of: near) == .adapterGone }
            #expect(throws: RadioError.down) {
                try stage.radios[0].connect(to: stage.radios[1].address, timeoutMilliseconds: 10, now: stage.now)
            }
        }
    }

    /// A second process with a radio is killed: its peer sees the end, and its name can be taken again.
    @Test func killedProcessEndsItsChannelsAndLeavesItsNameFree() async throws {
        let fixture = try AirFixture()
        let path = fixture.path
        let stage = try fixture.stage("left")
        async let killed: Void = runAndKill(in: path)
        // In turns with the tasks that wait for the other process.
        for _ in 0..<3_000 where stage.recorders[0].heard([2, 0xff, 7]) == nil {
            stage.run(milliseconds: 1)
            try await Task.sleep(for: .milliseconds(10))
        }
        let address = try #require(stage.recorders[0].heard([2, 0xff, 7])?.address)
        let channel = try stage.radios[0].connect(to: address, timeoutMilliseconds: 10_000, now: stage.now)
        try stage.expect("the channel should be up") { stage.recorders[0].connected == [channel] }
        // It kills itself at the first message, leaving another unread: that must not look like anything else.
        _ = stage.send(0, channel, [1])
        _ = stage.send(0, channel, [2])
        try stage.expect("the end should be seen") { stage.recorders[0].end(of: channel) != nil }
        #expect(stage.recorders[0].end(of: channel) == .closedByPeer)
        #expect(stage.recorders[0].messages(channel) == [[3]], "what it had sent should arrive")
        await killed
        #expect(access("\(path)/victim.air", F_OK) == 0, "a killed process should have left its socket")
        let heir = Stage([try fixture.radio("victim")] + stage.radios, traits: RadioTraits())
        let (near, far) = try heir.link(0, 1)
        try heir.pass(0, near, 1, far, [4])
    }
}

/// Has a radio `victim` in another process until a message comes.
private func runAndKill(in path: String) async {
    await #expect(processExitsWith: .signal(SIGKILL)) { [path] in
        let radio = try VirtualRadio(directory: path, name: "victim", settings: AirSettings(seed: 99))
        let stage = Stage([radio], traits: RadioTraits())
        try radio.advertise([[2, 0xff, 7]])
        stage.recorders[0].onMessage = { channel, _ in
            _ = [UInt8(3)].withUnsafeBytes { radio.send(channel, $0) }
            kill(getpid(), SIGKILL)
        }
        // Longer than whoever is to call it can take to come to that, on a machine that is busy with other tests.
        stage.run(milliseconds: 300_000)
    }
}
