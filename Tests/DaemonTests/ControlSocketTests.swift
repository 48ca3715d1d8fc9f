import ControlAPI
import Foundation
import Testing

@testable import Daemon

@Suite struct ControlSocketTests {
    @Test func socketIsOpenToUserAndGroupOnly() async throws {
        try await ServedFake.with { served in
            var found = stat()
            #expect(stat(served.path, &found) == 0)
            #expect(found.st_mode & 0o777 == 0o660)
            #expect(found.st_mode & S_IFMT == S_IFSOCK)
        }
    }

    @Test func secondServerAtALiveSocketIsAnErrorAndTheFirstGoesOn() async throws {
        try await ServedFake.with { served in
            await #expect(throws: SocketPlaceError.inUse(path: served.path)) {
                _ = try await ControlServer.start(path: served.path, backend: FakeBackend())
            }
            #expect(await status(served.path, "GET", "/v1/status") == 200)
        }
    }

    @Test func socketOfAnotherProgramThatAnswersIsAnError() async throws {
        try await ServedFake.with { served in
            unlink(served.path + ".lock")
            await #expect(throws: SocketPlaceError.inUse(path: served.path)) {
                _ = try await ControlServer.start(path: served.path, backend: FakeBackend())
            }
        }
    }

    @Test func staleSocketIsReplaced() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/control.sock"
        do {
            // What a daemon that was killed leaves behind.
            let killed = try SocketPlace.claim(path: path)
            close(try killed.bind(group: nil).descriptor)
        }
        #expect(throws: RawSocket.Failure.self) { _ = try RawSocket(path) }
        let server = try await ControlServer.start(path: path, backend: FakeBackend())
        #expect(await status(path, "GET", "/v1/status") == 200)
        await server.stop()
        #expect(access(path, F_OK) != 0)
    }

    @Test func fileThatIsNoSocketIsLeftAlone() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        let path = directory + "/control.sock"
        #expect(FileManager.default.createFile(atPath: path, contents: Data("mine".utf8)))
        await #expect(throws: SocketPlaceError.notASocket(path: path)) {
            _ = try await ControlServer.start(path: path, backend: FakeBackend())
        }
        #expect(FileManager.default.contents(atPath: path) == Data("mine".utf8))
    }

    @Test func pathBeyondASocketsAddressIsAnError() async {
        let path = "/tmp/" + String(repeating: "a", count: 110)
        await #expect(throws: SocketPlaceError.pathTooLong(path: path, bytesMax: 107)) {
            _ = try await ControlServer.start(path: path, backend: FakeBackend())
        }
    }

    @Test func directoryThatAnybodyMayWriteToIsAnError() async throws {
        let directory = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: directory) }
        chmod(directory, 0o777)
        await #expect(throws: SocketPlaceError.directoryOpenToAll(path: directory)) {
            _ = try await ControlServer.start(path: directory + "/control.sock", backend: FakeBackend())
        }
    }

    @Test func kernelTellsThisProcessesOwnCredentials() throws {
        var pair: [Int32] = [0, 0]
        #expect(socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &pair) == 0)
        defer { for descriptor in pair { close(descriptor) } }
        let peer = try #require(PeerCredentials(of: pair[0]))
        #expect(peer.userID == geteuid())
        #expect(peer.groupIDs.first == getegid())
        #expect(PeerCredentials(of: -1) == nil)
    }

    @Test(
        arguments: [
            (0, [0], true), (990, [7], true), (1000, [1000, 990], true), (1000, [1000, 7], false), (1000, [], false),
        ] as [(uid_t, [gid_t], Bool)])
    func onlyRootTheDaemonAndTheSocketsGroupAreAllowed(user: uid_t, groups: [gid_t], isAllowed: Bool) {
        let policy = PeerPolicy(daemonUserID: 990, socketGroupID: 990)
        #expect(policy.isOwnUser(PeerCredentials(userID: 0, groupIDs: [])))
        #expect(policy.isOwnUser(PeerCredentials(userID: 990, groupIDs: [])))
        #expect(!policy.isOwnUser(PeerCredentials(userID: 1000, groupIDs: [990, 0])))
        #expect(Route.allCases.filter(\.isForOwnUserOnly) == [.exportHome, .importHome, .resumeHome])
        #expect(policy.allows(PeerCredentials(userID: user, groupIDs: groups)) == isAllowed)
    }
}
