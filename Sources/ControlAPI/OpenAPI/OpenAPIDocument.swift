/// The description of the control API by itself: OpenAPI 3.1, at `GET /v1/openapi.json`.
public enum OpenAPIDocument {
    /// One line of JSON, the same in every process.
    public static let json: [UInt8] = (try? ControlJSON.encode(document)) ?? Array("{}".utf8)

    private static let document = JSONTree.object([
        "openapi": .text("3.1.0"),
        "info": .object([
            "title": .text("Sidegate control API"), "version": .text("1"),
            "description": .text(
                "HTTP/1.1 over the daemon's Unix socket, one request a connection. Root, the daemon's user and the "
                    + "members of the socket's group may ask. See docs/api.md."),
        ]),
        "servers": .list([.object(["url": .text("http://sidegate")])]),
        "paths": .object(paths),
        "components": .object(["schemas": .object(OpenAPISchemas.all)]),
    ])

    private static let paths: [String: JSONTree] = {
        var paths: [String: [String: JSONTree]] = [:]
        for route in Route.allCases { paths[route.path, default: [:]][route.method.lowercased()] = operation(route) }
        return paths.mapValues(JSONTree.object)
    }()

    private static func operation(_ route: Route) -> JSONTree {
        var operation: [String: JSONTree] = [
            "operationId": .text("\(route)"), "summary": .text(route.summary), "responses": .object(responses(route)),
        ]
        let parameters = parameters(route)
        if !parameters.isEmpty { operation["parameters"] = .list(parameters) }
        if let schema = route.requestSchema {
            operation["requestBody"] = .object([
                "required": .boolean(true), "content": content("application/json", .reference(schema)),
            ])
        }
        return .object(operation)
    }

    private static func parameters(_ route: Route) -> [JSONTree] {
        var parameters: [JSONTree] = []
        if route.path.contains("{name}") {
            parameters.append(parameter("name", in: "path", isRequired: true, .name(.device)))
        }
        if route == .ledger {
            parameters.append(parameter("days", in: "query", isRequired: false, .whole(LedgerReport.daysRange)))
        }
        return parameters
    }

    private static func parameter(
        _ name: String, in place: String, isRequired: Bool, _ schema: JSONTree
    ) -> JSONTree {
        .object([
            "name": .text(name), "in": .text(place), "required": .boolean(isRequired), "schema": schema,
        ])
    }

    private static func responses(_ route: Route) -> [String: JSONTree] {
        var responses: [String: JSONTree] = [:]
        for code in route.failures {
            responses[String(code.httpStatus)] = response("Refused.", "application/json", .reference("Error"))
        }
        responses["200"] =
            switch route {
            case .watch:
                response(
                    "Server-sent events, each with a WatchEvent as its data.", "text/event-stream",
                    .object(["type": .text("string")]))
            case .openAPI: response("This document.", "application/json", .object(["type": .text("object")]))
            default: response("Done.", "application/json", .reference(route.answerSchema))
            }
        return responses
    }

    private static func response(_ description: String, _ type: String, _ schema: JSONTree) -> JSONTree {
        .object(["description": .text(description), "content": content(type, schema)])
    }

    private static func content(_ type: String, _ schema: JSONTree) -> JSONTree {
        .object([type: .object(["schema": schema])])
    }
}

extension Route {
    /// The path with `{name}` where a name stands.
    public var path: String { String(rawValue.drop { $0 != "/" }) }

    fileprivate var requestSchema: String? {
        switch self {
        case .createNetwork: "NetworkCreation"
        case .joinNetwork: "NetworkJoining"
        case .addDevice: "DeviceAddition"
        case .exportHome: "HomeExport"
        case .importHome: "HomeImport"
        case .sayNo: "No"
        case .sayYes: "Yes"
        default: nil
        }
    }

    fileprivate var answerSchema: String {
        switch self {
        case .status: "Status"
        case .createNetwork, .joinNetwork: "NetworkSummary"
        case .invite: "Invitation"
        case .members: "MemberList"
        case .devices: "DeviceList"
        case .addDevice, .revokeDevice, .resetCounter: "Device"
        case .traceDevice: "DeviceTrace"
        case .testDevice: "DeviceTest"
        case .exportHome: "HomeFile"
        case .importHome, .resumeHome: "HomeSummary"
        case .sayNo, .sayYes: "ConsentReport"
        case .ledger: "Ledger"
        case .holdings: "Holdings"
        case .watch: "WatchEvent"
        case .leaveNetwork, .removeDevice, .openAPI: "Nothing"
        }
    }

    fileprivate var summary: String {
        switch self {
        case .status: "What this bridge is, what it lends and why not."
        case .createNetwork: "Found a network."
        case .invite: "Make a code that lets one neighbour in, for ten minutes."
        case .joinNetwork: "Join a network by a neighbour's code."
        case .members: "The network's members."
        case .leaveNetwork: "Leave the network, and erase its keys and this bridge's own."
        case .devices: "The own devices."
        case .addDevice: "Enrol an own device."
        case .traceDevice: "Why nothing of a device arrives, step by step."
        case .testDevice: "Send a marked event along the real way, by every neighbour."
        case .exportHome: "Take this home with its keys out, into a file under a passphrase."
        case .importHome: "Be the home in such a file."
        case .resumeHome: "Be again the home that was taken out."
        case .resetCounter: "Let a device in again that counts anew."
        case .revokeDevice: "End a device's grant for good, everywhere."
        case .removeDevice: "End a device's grant and forget the device."
        case .sayNo: "Say no: in force and on disk when this is answered."
        case .sayYes: "Withdraw a no that was said here."
        case .ledger: "What was lent and dropped, by day."
        case .holdings: "Everything held that is not the host's own."
        case .watch: "What happens, as it happens."
        case .openAPI: "This description."
        }
    }

    /// All that a caller of this route may be told instead of an answer.
    fileprivate var failures: [ControlFailure.Code] {
        // A name in a path that is too long for any device may be no path at all, and a path may know the method.
        ControlFailure.Code.allCases
    }
}
