import Wire

extension DeviceAddress: Codable {
    public init(from decoder: any Decoder) throws {
        let field = try decoder.singleValueContainer()
        guard let address = DeviceAddress(try field.decode(String.self)) else {
            throw DecodingError.dataCorruptedError(
                in: field, debugDescription: "must be an address like A4:C1:38:01:02:03")
        }
        self = address
    }

    public func encode(to encoder: any Encoder) throws {
        var field = encoder.singleValueContainer()
        try field.encode(text)
    }
}

/// Which of Bluetooth's two kinds of address a device uses.
public enum AddressType: String, Codable, Sendable, CaseIterable {
    case `public`, random
}
