import Foundation

/// A validator of JSON Schema (2020-12), as far as the API's own description uses it. A keyword that it does not know is
/// an error: it must not pass for one that holds.
struct JSONSchema {
    let document: [String: Any]

    private static let silent: Set<String> = ["description"]
    private static let known: Set<String> = [
        "type", "properties", "required", "additionalProperties", "items", "enum", "minimum", "maximum", "minLength",
        "maxLength", "maxItems", "pattern", "$ref",
    ]

    init(_ bytes: [UInt8]) throws {
        document = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any] ?? [:]
    }

    /// What a `$ref` leads to.
    func resolved(_ schema: [String: Any]) -> [String: Any] {
        guard let reference = schema["$ref"] as? String else { return schema }
        var place: Any? = document
        for step in reference.dropFirst(2).split(separator: "/") { place = (place as? [String: Any])?[String(step)] }
        return place as? [String: Any] ?? ["unresolved": reference]
    }

    /// Everything that is wrong with `value`, each with its path.
    func problems(_ value: Any, _ schema: [String: Any], at path: String = "$") -> [String] {
        let schema = resolved(schema)
        let strange = Set(schema.keys).subtracting(Self.known).subtracting(Self.silent)
        if !strange.isEmpty { return ["\(path): the schema has \(strange.sorted())"] }
        if let word = schema["type"] as? String, !Self.isOf(word, value) { return ["\(path) is not \(word)"] }
        var problems: [String] = []
        if let words = schema["enum"] as? [String], !words.contains(value as? String ?? "\u{0}") {
            problems.append("\(path) is not one of \(words)")
        }
        if let number = (value as? NSNumber)?.doubleValue {
            if let least = schema["minimum"] as? Double, number < least { problems.append("\(path) < \(least)") }
            if let most = schema["maximum"] as? Double, number > most { problems.append("\(path) > \(most)") }
        }
        if let text = value as? String { problems += textProblems(text, schema, path) }
        if let list = value as? [Any] { problems += listProblems(list, schema, path) }
        if let object = value as? [String: Any] { problems += objectProblems(object, schema, path) }
        return problems
    }

    private func textProblems(_ text: String, _ schema: [String: Any], _ path: String) -> [String] {
        var problems: [String] = []
        if let least = schema["minLength"] as? Int, text.unicodeScalars.count < least {
            problems.append("\(path) is too short")
        }
        if let most = schema["maxLength"] as? Int, text.unicodeScalars.count > most {
            problems.append("\(path) is too long")
        }
        if let pattern = schema["pattern"] as? String, text.range(of: pattern, options: .regularExpression) == nil {
            problems.append("\(path) is not like \(pattern)")
        }
        return problems
    }

    private func listProblems(_ list: [Any], _ schema: [String: Any], _ path: String) -> [String] {
        var problems: [String] = []
        if let most = schema["maxItems"] as? Int, list.count > most { problems.append("\(path) has too many") }
        guard let items = schema["items"] as? [String: Any] else { return problems }
        for (index, item) in list.enumerated() { problems += self.problems(item, items, at: "\(path)[\(index)]") }
        return problems
    }

    private func objectProblems(_ object: [String: Any], _ schema: [String: Any], _ path: String) -> [String] {
        var problems: [String] = []
        let properties = schema["properties"] as? [String: Any] ?? [:]
        for name in schema["required"] as? [String] ?? [] where object[name] == nil {
            problems.append("\(path).\(name) is missing")
        }
        for (name, member) in object.sorted(by: { $0.key < $1.key }) {
            if let property = properties[name] as? [String: Any] {
                problems += self.problems(member, property, at: "\(path).\(name)")
            } else if schema["additionalProperties"] as? Bool == false {
                problems.append("\(path).\(name) is not in the schema")
            }
        }
        return problems
    }

    /// Every property of `schema` that `value` does not show, lists by their first member.
    func absentProperties(_ value: Any, _ schema: [String: Any], at path: String = "$") -> [String] {
        let schema = resolved(schema)
        if let object = value as? [String: Any] {
            let properties = schema["properties"] as? [String: Any] ?? [:]
            return properties.sorted(by: { $0.key < $1.key }).flatMap { name, property -> [String] in
                guard let member = object[name] else { return ["\(path).\(name)"] }
                return absentProperties(member, property as? [String: Any] ?? [:], at: "\(path).\(name)")
            }
        }
        if let list = value as? [Any], let items = schema["items"] as? [String: Any] {
            guard let first = list.first else { return ["\(path)[0]"] }
            return absentProperties(first, items, at: "\(path)[0]")
        }
        return []
    }

    private static func isOf(_ type: String, _ value: Any) -> Bool {
        let number = value as? NSNumber
        let isFlag = number.map { isBoolean($0) } ?? false
        switch type {
        case "string": return value is String
        case "boolean": return isFlag
        case "integer": return !isFlag && number.map { $0.doubleValue == $0.doubleValue.rounded() } ?? false
        case "array": return value is [Any]
        case "object": return value is [String: Any]
        default: return false
        }
    }

    private static func isBoolean(_ number: NSNumber) -> Bool {
        String(cString: number.objCType) == "c"
    }
}

/// One operation of the API's description.
struct APIOperation {
    let method: String
    let path: String
    let body: [String: Any]?
    let responses: [String: Any]
    let parameters: [[String: Any]]

    static func all(in schema: JSONSchema) -> [APIOperation] {
        let paths = schema.document["paths"] as? [String: [String: [String: Any]]] ?? [:]
        return paths.sorted(by: { $0.key < $1.key }).flatMap { path, methods in
            methods.sorted(by: { $0.key < $1.key }).map { method, operation in
                let content = (operation["requestBody"] as? [String: Any])?["content"] as? [String: Any]
                return APIOperation(
                    method: method.uppercased(), path: path,
                    body: (content?["application/json"] as? [String: Any])?["schema"] as? [String: Any],
                    responses: operation["responses"] as? [String: Any] ?? [:],
                    parameters: operation["parameters"] as? [[String: Any]] ?? [])
            }
        }
    }

    /// The schema of the JSON answer with `status`; nil: no such status is documented.
    func answer(_ status: Int) -> (type: String, schema: [String: Any])? {
        let content = (responses[String(status)] as? [String: Any])?["content"] as? [String: [String: Any]]
        return content?.first.map { ($0.key, $0.value["schema"] as? [String: Any] ?? [:]) }
    }
}
