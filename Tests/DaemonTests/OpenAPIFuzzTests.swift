import ControlAPI
import Foundation
import SeededRandom
import Testing

/// Requests made from the API's own description, right and wrong: whatever comes back is a documented status with a body
/// that its schema allows.
@Suite struct OpenAPIFuzzTests {
    @Test(arguments: 1...4 as ClosedRange<UInt64>)
    func everyAnswerIsADocumentedOne(seed: UInt64) async throws {
        let schema = try JSONSchema(OpenAPIDocument.json)
        let operations = APIOperation.all(in: schema).filter { $0.path != "/v1/watch" }
        try await ServedFake.with { served in
            var maker = RequestMaker(schema: schema, seed: seed)
            var statuses: Set<Int> = []
            for round in 0..<15 {
                for operation in operations {
                    let request = maker.request(operation, isRight: round % 5 == 0)
                    let answer = try await offPool { [path = served.path] in
                        let socket = try RawSocket(path)
                        socket.send(request)
                        socket.endSending()
                        return try socket.answer()
                    }
                    statuses.insert(answer.status)
                    Self.check(answer, operation, schema, request)
                }
            }
            #expect(statuses.isSuperset(of: [200, 400]), "\(statuses)")
            #expect(await status(served.path, "GET", "/v1/status") == 200)
        }
    }

    private static func check(
        _ answer: RawSocket.Answer, _ operation: APIOperation, _ schema: JSONSchema, _ request: String
    ) {
        guard let (type, expected) = operation.answer(answer.status) else {
            Issue.record("\(answer.status) is not documented: \(request.prefix(300))")
            return
        }
        #expect(answer.head.contains("content-type: \(type)"))
        let body = try? JSONSerialization.jsonObject(with: Data(answer.body.utf8), options: .fragmentsAllowed)
        if operation.path == "/v1/openapi.json", answer.status == 200 { return }
        #expect(schema.problems(body ?? "no JSON", expected) == [], "\(request.prefix(300)) -> \(answer.body)")
    }
}

/// Draws requests from schemas.
private struct RequestMaker {
    let schema: JSONSchema
    var random: SplitMix64

    init(schema: JSONSchema, seed: UInt64) {
        self.schema = schema
        random = SplitMix64(seed: seed)
    }

    /// One request; a wrong one differs from what the schema allows, mostly.
    mutating func request(_ operation: APIOperation, isRight: Bool) -> String {
        var method = operation.method
        var path = operation.path.replacingOccurrences(
            of: "{name}",
            with: isRight
                ? "Letter%20box" : strange().addingPercentEncoding(withAllowedCharacters: .alphanumerics) ?? "x")
        if !operation.parameters.isEmpty, !operation.path.contains("{name}"), chance(2) {
            path += isRight ? "?days=31" : "?days=\(strange().filter { $0.isASCII && !$0.isWhitespace })"
        }
        var body = ""
        if let form = operation.body {
            let value = isRight ? valid(form) : broken(form)
            body =
                (try? JSONSerialization.data(withJSONObject: value, options: .fragmentsAllowed))
                .map { String(decoding: $0, as: UTF8.self) } ?? ""
            if !isRight, chance(6) { body = String(body.dropLast(Int.random(in: 0...3, using: &random))) }
            if !isRight, chance(20) { body = String(repeating: "[", count: 70_000) }
        } else if !isRight, chance(4) {
            body = "{\"a\": 1}"
        }
        if !isRight, chance(12) {
            method = ["GET", "PUT", "DELETE", "POST", "HEAD2"].randomElement(using: &random) ?? "PUT"
        }
        return http(method, path, body: body)
    }

    private mutating func chance(_ one: Int) -> Bool { Int.random(in: 0..<one, using: &random) == 0 }

    /// A value that the schema allows.
    private mutating func valid(_ form: [String: Any]) -> Any {
        let form = schema.resolved(form)
        if let words = form["enum"] as? [String] { return words.randomElement(using: &random) ?? "" }
        switch form["type"] as? String {
        case "object":
            let required = form["required"] as? [String] ?? []
            var object: [String: Any] = [:]
            for (name, property) in (form["properties"] as? [String: Any] ?? [:]).sorted(by: { $0.key < $1.key })
            where required.contains(name) || chance(2) {
                object[name] = valid(property as? [String: Any] ?? [:])
            }
            return object
        case "array":
            return (0..<Int.random(in: 0...2, using: &random)).map { _ in valid(form["items"] as? [String: Any] ?? [:])
            }
        case "integer":
            let (least, most) = (form["minimum"] as? Int ?? 0, form["maximum"] as? Int ?? 1_000)
            return Int.random(in: least...max(least, most), using: &random)
        case "boolean": return chance(2)
        default: return text(form["pattern"] as? String)
        }
    }

    private mutating func text(_ pattern: String?) -> String {
        guard let pattern else { return "Letter box" }
        if pattern.contains("{32}") { return String(repeating: "a5", count: 16) }
        return pattern.contains("HJKMNP") ? FakeBackend.code.text : "A4:C1:38:01:02:03"
    }

    /// A valid value with something wrong somewhere.
    private mutating func broken(_ form: [String: Any]) -> Any {
        guard var object = valid(form) as? [String: Any], !chance(8) else { return junk(2) }
        let names = object.keys.sorted()
        switch Int.random(in: 0..<3, using: &random) {
        case 0: if let name = names.randomElement(using: &random) { object[name] = nil }
        case 1: object[strange()] = junk(1)
        default: object[names.randomElement(using: &random) ?? "x"] = junk(2)
        }
        return object
    }

    private mutating func junk(_ depth: Int) -> Any {
        switch Int.random(in: 0..<(depth > 0 ? 8 : 6), using: &random) {
        case 0: return NSNull()
        case 1: return chance(2)
        case 2: return Int.random(in: .min ... .max, using: &random)
        case 3: return Double.random(in: -1e300...1e300, using: &random)
        case 4: return strange()
        case 5: return ""
        case 6: return (0..<3).map { _ in junk(depth - 1) }
        default: return ["what": junk(depth - 1), strange(): junk(depth - 1)]
        }
    }

    private mutating func strange() -> String {
        let texts = [
            "\u{0}", "x\u{202E}y", "\u{1F4A9}", "'; DROP TABLE no; --", "../../etc/passwd", " ", "-1", "1e9", "0x10",
            "true",
            String(repeating: "é", count: 40), String(repeating: "n", count: 200), "18:00", "a/b#+", "%00",
        ]
        return texts.randomElement(using: &random) ?? "x"
    }
}
