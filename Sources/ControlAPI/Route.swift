/// The routes of version 1, in one table for server and client.
public enum Route: String, Sendable, CaseIterable {
    case status = "GET /v1/status"
    case createNetwork = "POST /v1/network"
    case invite = "POST /v1/network/invite"
    case joinNetwork = "POST /v1/network/join"
    case members = "GET /v1/network/members"
    case leaveNetwork = "POST /v1/network/leave"
    case devices = "GET /v1/devices"
    case addDevice = "POST /v1/devices"
    case traceDevice = "GET /v1/devices/{name}/trace"
    case testDevice = "POST /v1/devices/{name}/test"
    case resetCounter = "POST /v1/devices/{name}/reset-counter"
    case revokeDevice = "POST /v1/devices/{name}/revoke"
    case removeDevice = "DELETE /v1/devices/{name}"
    case exportHome = "POST /v1/home/export"
    case importHome = "POST /v1/home/import"
    case resumeHome = "POST /v1/home/resume"
    case sayNo = "POST /v1/noes"
    case sayYes = "POST /v1/yeses"
    case ledger = "GET /v1/ledger"
    case holdings = "GET /v1/holdings"
    case watch = "GET /v1/watch"
    case openAPI = "GET /v1/openapi.json"

    public var method: String { String(rawValue.prefix { $0 != " " }) }
    var pattern: [Substring] { rawValue.drop { $0 != "/" }.split(separator: "/") }

    /// Whether a request has a JSON body.
    public var hasBody: Bool {
        switch self {
        case .createNetwork, .joinNetwork, .addDevice, .exportHome, .importHome, .sayNo, .sayYes: true
        default: false
        }
    }
}

extension Route {
    /// Whether only root and the daemon's own user may: whoever holds a home's keys is that home.
    public var isForOwnUserOnly: Bool {
        switch self {
        case .exportHome, .importHome, .resumeHome: true
        default: false
        }
    }

    /// The most bytes of its body where others have `usual`.
    public func bodyBytesMax(usual: Int) -> Int { self == .importHome ? HomeImport.homeBytesMax + usual : usual }
}

/// What a request line asks for.
public enum Matched: Sendable {
    case request(ControlRequest)
    /// The description of this API itself.
    case openAPI
    case watch
}

extension Route {
    /// Finds the route for a method and a request target such as `/v1/ledger?days=3`, with what stands in `{name}`.
    /// Throws `unknown_route`, `unknown_method` or `bad_request`.
    public static func find(
        method: String, target: String
    ) throws(ControlFailure) -> (route: Route, name: String?, query: String) {
        let parts = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        let path = parts[0]
        let query = parts.count > 1 ? String(parts[1]) : ""
        let segments = path.split(separator: "/", omittingEmptySubsequences: false).dropFirst()
        let here = allCases.filter { fits(segments, $0.pattern) }
        guard path.hasPrefix("/"), !here.isEmpty else {
            throw ControlFailure(
                .unknownRoute, "there is nothing at this path", remedy: "the routes are in docs/api.md")
        }
        guard let route = here.first(where: { $0.method == method }) else {
            let allowed = here.map(\.method).joined(separator: ", ")
            throw ControlFailure(.unknownMethod, "this path answers to \(allowed)")
        }
        guard let place = route.pattern.firstIndex(of: "{name}") else { return (route, nil, query) }
        guard let name = PercentEncoding.decode(segments[segments.startIndex + place]) else {
            throw ControlFailure(.badRequest, "the name in the path is not percent-encoded UTF-8")
        }
        if let problem = NameRule.device.problem(with: name) {
            throw ControlFailure(.badRequest, "the name in the path \(problem)")
        }
        return (route, name, query)
    }

    private static func fits(_ segments: ArraySlice<Substring>, _ pattern: [Substring]) -> Bool {
        segments.count == pattern.count && zip(segments, pattern).allSatisfy { $1 == "{name}" || $0 == $1 }
    }

    /// Reads a whole request. `body` must be empty where the route has none.
    public static func parse(
        method: String, target: String, body: [UInt8]
    ) throws(ControlFailure) -> Matched {
        let (route, name, query) = try find(method: method, target: target)
        if route != .ledger, !query.isEmpty { throw ControlFailure(.badRequest, "this path takes no query") }
        if !route.hasBody, !body.isEmpty { throw ControlFailure(.badRequest, "this request takes no body") }
        switch route {
        case .status: return .request(.status)
        case .createNetwork: return .request(.createNetwork(try ControlJSON.decode(NetworkCreation.self, from: body)))
        case .invite: return .request(.invite)
        case .joinNetwork: return .request(.joinNetwork(try ControlJSON.decode(NetworkJoining.self, from: body)))
        case .members: return .request(.members)
        case .leaveNetwork: return .request(.leaveNetwork)
        case .devices: return .request(.devices)
        case .addDevice: return .request(.addDevice(try ControlJSON.decode(DeviceAddition.self, from: body)))
        case .traceDevice: return .request(.traceDevice(name: name ?? ""))
        case .testDevice: return .request(.testDevice(name: name ?? ""))
        case .resetCounter: return .request(.resetCounter(name: name ?? ""))
        case .revokeDevice: return .request(.revokeDevice(name: name ?? ""))
        case .removeDevice: return .request(.removeDevice(name: name ?? ""))
        case .exportHome: return .request(.exportHome(try ControlJSON.decode(HomeExport.self, from: body)))
        case .importHome: return .request(.importHome(try ControlJSON.decode(HomeImport.self, from: body)))
        case .resumeHome: return .request(.resumeHome)
        case .sayNo: return .request(.sayNo(try ControlJSON.decode(ConsentSubject.self, from: body)))
        case .sayYes: return .request(.sayYes(try yes(body)))
        case .ledger: return .request(.ledger(days: try days(query)))
        case .holdings: return .request(.holdings)
        case .watch: return .watch
        case .openAPI: return .openAPI
        }
    }

    private static func yes(_ body: [UInt8]) throws(ControlFailure) -> ConsentSubject {
        let subject = try ControlJSON.decode(ConsentSubject.self, from: body)
        if case .hostingUntil = subject {
            throw ControlFailure(.badRequest, "untilUnixSeconds: only a no ends by itself")
        }
        return subject
    }

    private static func days(_ query: String) throws(ControlFailure) -> Int {
        if query.isEmpty { return LedgerReport.daysDefault }
        guard query.hasPrefix("days="), let days = Int(query.dropFirst(5)), LedgerReport.daysRange.contains(days) else {
            throw ControlFailure(.badRequest, "the query must be days=N with N from 1 to 400")
        }
        return days
    }
}
