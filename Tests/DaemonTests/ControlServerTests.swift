import ControlAPI
import Foundation
import Testing
import Wire

@testable import Daemon

@Suite struct ControlServerTests {
    static let device = """
        {"address":"a4-c1-38-01-02-03","bindKey":"231d39c1d7cc1ab1aee224cd096db932","name":"Letter box",\
        "class":"event","deliver":["opening"],"scope":["relay","hold"],"ratePerMinute":30}
        """

    static let requests: [(String, String, String)] = [
        ("GET", "/v1/status", ""),
        ("POST", "/v1/network", #"{"network":"Elm Street","name":"number 7"}"#),
        ("POST", "/v1/network", "{}"),
        ("POST", "/v1/network/invite", ""),
        ("POST", "/v1/network/join", #"{"code":"000g-40r4-0m30-e209","name":"number 9"}"#),
        ("GET", "/v1/network/members", ""),
        ("POST", "/v1/network/leave", ""),
        ("GET", "/v1/devices", ""),
        ("POST", "/v1/devices", device),
        ("POST", "/v1/devices/Letter%20box/revoke", ""),
        ("DELETE", "/v1/devices/Letter%20box", ""),
        ("POST", "/v1/noes", #"{"what":"device","device":"Letter box"}"#),
        ("POST", "/v1/yeses", #"{"what":"requests"}"#),
        ("GET", "/v1/ledger", ""),
        ("GET", "/v1/ledger?days=3", ""),
    ]

    @Test(arguments: requests)
    func everyRouteAnswersItsOwnRequest(_ method: String, _ target: String, _ body: String) async throws {
        try await ServedFake.with { served in
            let answer = try await ask(served.path, method, target, body: body)
            let request = try #require(served.backend.requests.first)
            let (status, expected) = try FakeBackend.reply(to: request).http()
            #expect(answer.status == status)
            #expect(status == 200)
            #expect(answer.body == String(decoding: expected, as: UTF8.self))
            #expect(request.route.method == method)
            #expect(target.hasPrefix(request.target.prefix { $0 != "?" }))
        }
    }

    @Test func addedDeviceReachesTheBackendWhole() async throws {
        try await ServedFake.with { served in
            _ = try await ask(served.path, "POST", "/v1/devices", body: Self.device)
            guard case .addDevice(let device) = served.backend.requests.first else {
                Issue.record("the backend was not asked")
                return
            }
            #expect(device.address.text == "A4:C1:38:01:02:03")
            #expect(device.addressType == .public)
            #expect(device.bindKey.withUnsafeBytes { Hexadecimal.text($0) } == "231d39c1d7cc1ab1aee224cd096db932")
            #expect(device.name == "Letter box")
            #expect(device.trafficClass == .event)
            #expect(device.deliver == ["opening"])
            #expect(device.scope == [.relay, .hold])
            #expect(device.ratePerMinute == 30)
            #expect(device.optInDays == 180)
        }
    }

    static let wrongBodies: [(String, String, String)] = [
        ("/v1/network", "", "not JSON"),
        ("/v1/network", "{", "not JSON"),
        ("/v1/network", "[]", "the body must be an object"),
        ("/v1/network", #"{"nmae":"x"}"#, "nmae"),
        ("/v1/network", #"{"name":7}"#, "name must be text"),
        ("/v1/network", #"{"name":""}"#, "name: must not be empty"),
        ("/v1/network", #"{"name":"a\u001b[31m"}"#, "name: holds a control character"),
        ("/v1/network/join", "{}", "code is missing"),
        ("/v1/network/join", #"{"code":"ABCD"}"#, "code: a code has 16 letters and digits, this one has 4"),
        ("/v1/devices", device.replacingOccurrences(of: #""event""#, with: #""registry""#), "class: must be"),
        ("/v1/devices", device.replacingOccurrences(of: "231d", with: "23"), "bindKey: must be 32"),
        ("/v1/devices", device.replacingOccurrences(of: "a4-c1", with: "a4"), "address: must be an address"),
        ("/v1/devices", device.replacingOccurrences(of: #""hold""#, with: #""relay""#), "scope: names a step twice"),
        ("/v1/devices", device.replacingOccurrences(of: #""hold""#, with: "7"), "scope[1]"),
        ("/v1/devices", device.replacingOccurrences(of: #""scope""#, with: #""scopes""#), "scopes"),
        (
            "/v1/devices", device.replacingOccurrences(of: "30}", with: "256}"),
            "ratePerMinute: must be a whole number from 1 to 255"
        ),
        ("/v1/devices", device.replacingOccurrences(of: "30}", with: "1.5}"), "ratePerMinute"),
        ("/v1/noes", #"{"what":"everything"}"#, "what: must be"),
        ("/v1/noes", #"{"what":"device"}"#, "device: which device?"),
        ("/v1/noes", #"{"what":"all","device":"x"}"#, "device: goes only with"),
        ("/v1/noes", String(repeating: "[", count: 60_000), "not JSON"),
    ]

    @Test(arguments: wrongBodies)
    func wrongBodyIsRefusedWithThePathOfWhatIsWrong(_ target: String, _ body: String, _ words: String) async throws {
        try await ServedFake.with { served in
            let answer = try await ask(served.path, "POST", target, body: body)
            #expect(answer.status == 400)
            #expect(answer.failure?.code == .badRequest)
            #expect(answer.failure?.message.contains(words) == true, "\(answer.body)")
            #expect(served.backend.requests.isEmpty)
        }
    }

    static let wrongTargets: [(String, String, Int)] = [
        ("GET", "/", 404), ("GET", "/v1", 404), ("GET", "/v2/status", 404), ("GET", "/v1/status/", 404),
        ("GET", "//v1/status", 404), ("GET", "http://host/v1/status", 404),
        ("POST", "/v1/devices//revoke", 400), ("POST", "/v1/devices/%zz/revoke", 400),
        ("POST", "/v1/devices/%ff/revoke", 400), ("POST", "/v1/devices/%4/revoke", 400),
        ("DELETE", "/v1/devices/a%0ab", 400), ("POST", "/v1/status", 405), ("DELETE", "/v1/devices", 405),
        ("PATCH", "/v1/devices/x", 405), ("GET", "/v1/status?x=1", 400), ("GET", "/v1/ledger?days=0", 400),
        ("GET", "/v1/ledger?days=401", 400), ("GET", "/v1/ledger?days=", 400), ("GET", "/v1/ledger?weeks=1", 400),
        ("DELETE", "/v1/devices/nothing", 404),
    ]

    @Test(arguments: wrongTargets)
    func wrongPathOrMethodIsRefused(_ method: String, _ target: String, _ status: Int) async throws {
        try await ServedFake.with { served in
            let answer = try await ask(served.path, method, target)
            #expect(answer.status == status)
            #expect(answer.failure?.code.httpStatus == status)
        }
    }

    @Test func bodyWhereNoneBelongsIsRefused() async throws {
        try await ServedFake.with { served in
            #expect(await status(served.path, "POST", "/v1/network/leave", body: "{}") == 400)
            #expect(served.backend.requests.isEmpty)
        }
    }

    @Test func bytesThatAreNoHTTPAreRefused() async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send("\u{0}\u{1}\u{2}hello\r\n\r\n")
                return try socket.answer()
            }
            #expect(answer.status == 400)
        }
    }

    @Test func requestAfterTheFirstIsNotRead() async throws {
        try await ServedFake.with { served in
            let text = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send(http("GET", "/v1/status") + http("POST", "/v1/network/leave"))
                return try socket.receiveAll()
            }
            #expect(text.components(separatedBy: "HTTP/1.1 ").count == 2)
            #expect(served.backend.requests.count == 1)
        }
    }

    @Test func callerWhoHasSaidAllStillGetsTheAnswer() async throws {
        try await ServedFake.with { served in
            let answer = try await offPool {
                let socket = try RawSocket(served.path)
                socket.send(http("GET", "/v1/status"))
                socket.endSending()
                return try socket.answer()
            }
            #expect(answer.status == 200)
        }
    }
}
