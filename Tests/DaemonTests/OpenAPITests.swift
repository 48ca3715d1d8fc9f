import ControlAPI
import Foundation
import Testing
import Wire

/// The API's description of itself holds for what is really sent, field for field.
@Suite struct OpenAPITests {
    private static func schema() throws -> JSONSchema { try JSONSchema(OpenAPIDocument.json) }

    private static func json(_ value: some Encodable) throws -> Any {
        try JSONSerialization.jsonObject(with: Data(ControlJSON.encode(value)), options: .fragmentsAllowed)
    }

    @Test func everyRouteIsAnOperationAndEveryOperationARoute() throws {
        let operations = APIOperation.all(in: try Self.schema()).map { "\($0.method) \($0.path)" }
        #expect(operations.sorted() == Route.allCases.map(\.rawValue).sorted())
        for route in Route.allCases {
            let operation = try #require(
                APIOperation.all(in: try Self.schema()).first { "\($0.method) \($0.path)" == route.rawValue })
            #expect((operation.body != nil) == route.hasBody)
        }
    }

    /// With every field there is: each is in its schema, and each of the schema's is shown.
    @Test func everyFieldOfAnAnswerIsInItsSchemaAndTheOtherWayAbout() throws {
        let schema = try Self.schema()
        for (name, value) in try Self.fullAnswers() {
            let reference = ["$ref": "#/components/schemas/\(name)"]
            #expect(schema.problems(value, reference) == [], "\(name)")
            #expect(schema.absentProperties(value, reference) == [], "\(name)")
        }
        let described = try #require((schema.document["components"] as? [String: [String: Any]])?["schemas"])
        let requests: Set<String> = [
            "No", "Yes", "NetworkCreation", "NetworkJoining", "DeviceAddition", "HomeExport", "HomeImport",
        ]
        let parts: Set<String> = ["Member", "LedgerEntry", "LedgerDrops", "HeldPacket", "Holding", "Link"]
        let shown = Set(try Self.fullAnswers().map(\.0))
        #expect(Set(described.keys) == shown.union(requests).union(parts))
    }

    @Test func answersWithoutTheirOptionalFieldsAreValidToo() throws {
        let schema = try Self.schema()
        let bare = StatusReport(
            version: "1", uptimeSeconds: 0, name: "n", memberID: nil, network: nil,
            hosting: .init(lends: true, noes: []), showsRequests: false, links: [], linksMax: 4, routeCount: 0,
            caps: .init(rateBitsPerSecond: 0, burstBytes: 512, monthUsedBytes: 0, monthLimitBytes: 0),
            holdings: .init(packets: 0, bytes: 0), dropsToday: [], devices: [],
            radio: .init(kind: "virtual", isUp: false),
            broker: .init(state: .off), clock: .init(isTrusted: false))
        #expect(schema.problems(try Self.json(bare), ["$ref": "#/components/schemas/Status"]) == [])
        let failure = ControlFailure(.full, "full")
        #expect(schema.problems(try Self.json(failure), ["$ref": "#/components/schemas/Error"]) == [])
    }

    @Test func requestsAsTheClientSendsThemAreValid() throws {
        let schema = try Self.schema()
        let key = try #require(BindKey(hexadecimal: String(repeating: "0f", count: 16)))
        let requests: [(String, Any)] = [
            ("NetworkCreation", try Self.json(NetworkCreation(network: "Elm Street", name: "seven"))),
            ("NetworkJoining", try Self.json(NetworkJoining(code: FakeBackend.code, name: "seven"))),
            ("No", try Self.json(ConsentSubject.hostingUntil(1_790_000_000))),
            ("No", try Self.json(ConsentSubject.device("Letter box"))), ("Yes", try Self.json(ConsentSubject.all)),
            (
                "DeviceAddition",
                try Self.json(
                    DeviceAddition(
                        address: DeviceAddress(value: 1), bindKey: key, name: "Letter box", trafficClass: .alarm,
                        deliver: ["opening"], scope: [.relay, .hold]))
            ),
        ]
        for (name, value) in requests {
            #expect(schema.problems(value, ["$ref": "#/components/schemas/\(name)"]) == [], "\(name)")
        }
    }

    @Test func theValidatorFindsWhatIsWrong() throws {
        let schema = try Self.schema()
        let status = ["$ref": "#/components/schemas/Error"]
        #expect(schema.problems(["error": "busy", "message": "x"], status) == [])
        #expect(schema.problems(["error": "busy"], status) == ["$.message is missing"])
        #expect(schema.problems(["error": "busy", "message": 1], status) == ["$.message is not string"])
        #expect(schema.problems(["error": "busy", "message": "x", "y": 1], status) == ["$.y is not in the schema"])
        #expect(schema.problems(["error": "b", "message": "x"], status).count == 1)
        #expect(schema.problems([1], status) == ["$ is not object"])
        #expect(schema.problems(1, ["type": "boolean"]) == ["$ is not boolean"])
        #expect(schema.problems(true, ["type": "integer"]) == ["$ is not integer"])
        #expect(schema.problems(1, ["maximun": 3]).count == 1)
        #expect(!schema.absentProperties(["error": "busy"], status).isEmpty)
    }

    @Test func itIsServedAsItIs() async throws {
        try await ServedFake.with { served in
            let answer = try await ask(served.path, "GET", "/v1/openapi.json")
            #expect(answer.status == 200)
            #expect(Array(answer.body.utf8) == OpenAPIDocument.json)
        }
    }

    /// One of each answer, with every optional field.
    private static func fullAnswers() throws -> [(String, Any)] {
        var device = FakeBackend.letterBox
        (device.battery, device.note) = (90, "note")
        var status = FakeBackend.status
        status.devices = [device]
        status.databaseProblem = "the disk is read-only"
        status.movedUnixSeconds = 1_790_000_000
        status.hosting.untilUnixSeconds = 1_790_000_000
        status.hosting.classes = [.alarm]
        status.hosting.schedule = ["22:00-07:00"]
        status.radio.detail = "radio"
        status.radio.isDegraded = true
        status.radio.isPermitted = true
        status.isService = true
        status.troubles = [.init(kind: "channels_refused", words: "channels refused", count: 3)]
        status.clock.detail = "clock"
        let network = NetworkSummary(name: "Elm Street", memberCount: 2)
        var member = FakeBackend.me
        member.inviterID = "0011"
        let trace = DeviceTrace(
            name: "n", steps: [.init(.hear, .no, "nothing", remedy: "go near", lastUnixSeconds: 1_790_000_000)])
        let test = DeviceTestReport(name: "n", neighbours: [.init(name: "m", milliseconds: 5, via: "o")])
        guard case .ledger(let ledger) = FakeBackend.reply(to: .ledger(days: 7)) else { return [] }
        return [
            ("Status", try json(status)), ("NetworkSummary", try json(network)), ("Nothing", [String: Any]()),
            ("Error", try json(ControlFailure(.busy, "busy", remedy: "wait"))), ("Device", try json(device)),
            ("Invitation", try json(Invitation(code: FakeBackend.code, lifeSeconds: 600))),
            ("MemberList", try json(MemberList(network: network, members: [member]))),
            ("DeviceTest", try json(test)), ("HomeFile", try json(HomeFileAnswer(home: "e30", deviceCount: 1))),
            ("HomeSummary", try json(HomeSummary(name: "n", deviceCount: 1))),
            ("DeviceList", try json(DeviceList(devices: [device]))), ("DeviceTrace", try json(trace)),
            (
                "ConsentReport",
                withEverySubject(try json(ConsentReport(subject: .device("x"), yes: false, noes: ["no"])))
            ), ("Ledger", try json(ledger)), ("Holdings", try json(FakeBackend.holdings)),
            (
                "WatchEvent",
                try json(
                    WatchEvent(
                        .missed, unixMilliseconds: 1, bytes: 2, trafficClass: .alarm, reason: "r", device: "d",
                        count: 3))
            ),
        ]
    }

    /// No one subject has every field that a subject can have.
    private static func withEverySubject(_ report: Any) -> Any {
        var report = report as? [String: Any] ?? [:]
        var subject = report["subject"] as? [String: Any] ?? [:]
        subject["untilUnixSeconds"] = 1_790_000_000
        report["subject"] = subject
        return report
    }
}
