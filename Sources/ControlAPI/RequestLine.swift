import Wire

extension ControlRequest {
    /// The request as HTTP carries it.
    public var route: Route {
        switch self {
        case .status: .status
        case .createNetwork: .createNetwork
        case .invite: .invite
        case .joinNetwork: .joinNetwork
        case .members: .members
        case .leaveNetwork: .leaveNetwork
        case .devices: .devices
        case .addDevice: .addDevice
        case .traceDevice: .traceDevice
        case .testDevice: .testDevice
        case .resetCounter: .resetCounter
        case .revokeDevice: .revokeDevice
        case .removeDevice: .removeDevice
        case .exportHome: .exportHome
        case .importHome: .importHome
        case .resumeHome: .resumeHome
        case .sayNo: .sayNo
        case .sayYes: .sayYes
        case .ledger: .ledger
        case .holdings: .holdings
        }
    }

    /// Path and query.
    public var target: String {
        switch self {
        case .revokeDevice(let name), .removeDevice(let name), .traceDevice(let name), .resetCounter(let name),
            .testDevice(let name):
            route.target(name: name)
        case .ledger(let days): route.target(name: "") + "?days=\(days)"
        default: route.target(name: "")
        }
    }

    /// The JSON body; empty if the route has none.
    public func body() throws -> [UInt8] {
        switch self {
        case .createNetwork(let creation): try ControlJSON.encode(creation)
        case .joinNetwork(let joining): try ControlJSON.encode(joining)
        case .exportHome(let export): try ControlJSON.encode(export)
        case .importHome(let home): try ControlJSON.encode(home)
        case .addDevice(let addition): try ControlJSON.encode(addition)
        case .sayNo(let subject), .sayYes(let subject): try ControlJSON.encode(subject)
        default: []
        }
    }
}

extension Route {
    /// The path with `name` in the place of `{name}`.
    public func target(name: String) -> String {
        "/" + pattern.map { $0 == "{name}" ? PercentEncoding.encode(name) : String($0) }.joined(separator: "/")
    }
}

extension ControlReply {
    /// HTTP status and JSON body.
    public func http() throws -> (status: Int, body: [UInt8]) {
        switch self {
        case .status(let report): (200, try ControlJSON.encode(report))
        case .network(let summary): (200, try ControlJSON.encode(summary))
        case .invitation(let invitation): (200, try ControlJSON.encode(invitation))
        case .members(let list): (200, try ControlJSON.encode(list))
        case .devices(let list): (200, try ControlJSON.encode(list))
        case .device(let summary): (200, try ControlJSON.encode(summary))
        case .trace(let trace): (200, try ControlJSON.encode(trace))
        case .homeFile(let answer): (200, try ControlJSON.encode(answer))
        case .home(let summary): (200, try ControlJSON.encode(summary))
        case .test(let report): (200, try ControlJSON.encode(report))
        case .consent(let report): (200, try ControlJSON.encode(report))
        case .ledger(let report): (200, try ControlJSON.encode(report))
        case .holdings(let report): (200, try ControlJSON.encode(report))
        case .document(let bytes): (200, bytes)
        case .done: (200, Array("{}".utf8))
        case .failed(let failure): (failure.code.httpStatus, try ControlJSON.encode(failure))
        }
    }
}

/// Names in paths (RFC 3986).
enum PercentEncoding {
    static func encode(_ text: String) -> String {
        var encoded = ""
        for byte in text.utf8 {
            let character = Character(Unicode.Scalar(byte))
            let isUnreserved = byte < 0x80 && (character.isLetter || character.isNumber || "-._~".contains(character))
            encoded += isUnreserved ? String(character) : "%" + Hexadecimal.text(CollectionOfOne(byte)).uppercased()
        }
        return encoded
    }

    /// Nil if an escape is broken or the bytes are not UTF-8.
    static func decode(_ text: some StringProtocol) -> String? {
        var bytes: [UInt8] = []
        let source = Array(text.utf8)
        var index = 0
        while index < source.count {
            if source[index] != UInt8(ascii: "%") {
                bytes.append(source[index])
                index += 1
                continue
            }
            guard index + 2 < source.count else { return nil }
            let digits = String(decoding: source[index + 1...index + 2], as: UTF8.self)
            guard let byte = Hexadecimal.bytes(digits)?.first else { return nil }
            bytes.append(byte)
            index += 3
        }
        return String(validating: bytes, as: UTF8.self)
    }
}
