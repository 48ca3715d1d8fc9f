import FoundationEssentials

/// JSON as the API writes and reads it.
public enum ControlJSON {
    /// Keys in order, so that the same answer is the same bytes.
    public static func encode(_ value: some Encodable, pretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting =
            pretty ? [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes] : [.sortedKeys, .withoutEscapingSlashes]
        return Array(try encoder.encode(value))
    }

    /// Reads `bytes`, or throws `bad_request` with the path of what is wrong.
    public static func decode<Value: Decodable>(
        _ type: Value.Type, from bytes: [UInt8]
    ) throws(ControlFailure) -> Value {
        do {
            return try JSONDecoder().decode(type, from: Data(bytes))
        } catch let error as DecodingError {
            throw ControlFailure(.badRequest, describe(error))
        } catch {
            throw ControlFailure(.badRequest, "the body is not JSON")
        }
    }

    private static func describe(_ error: DecodingError) -> String {
        switch error {
        case .keyNotFound(let key, let context):
            "\(path(context.codingPath + [key])) is missing"
        case .valueNotFound(_, let context):
            "\(path(context.codingPath)) is null"
        case .typeMismatch(let type, let context):
            "\(path(context.codingPath)) must be \(name(of: type))"
        case .dataCorrupted(let context) where context.codingPath.isEmpty:
            "the body is not JSON"
        case .dataCorrupted(let context):
            "\(path(context.codingPath)): \(context.debugDescription)"
        @unknown default: "the body is wrong"
        }
    }

    private static func path(_ keys: [any CodingKey]) -> String {
        if keys.isEmpty { return "the body" }
        var path = ""
        for key in keys {
            if let index = key.intValue {
                path += "[\(index)]"
            } else {
                path += path.isEmpty ? key.stringValue : ".\(key.stringValue)"
            }
        }
        return path
    }

    private static func name(of type: any Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is any BinaryInteger.Type: "a whole number"
        case is Bool.Type: "true or false"
        case is [Any].Type, is [String].Type, is [ScopeStep].Type: "a list"
        default: "an object"
        }
    }
}
