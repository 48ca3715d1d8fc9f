/// A Bluetooth address as printed, most significant byte first: `A4:C1:38:01:02:03`.
public struct DeviceAddress: Sendable, Hashable {
    /// Six bytes in the order in which they are printed.
    public let bytes: [UInt8]

    /// Nil unless `text` is six pairs of hexadecimal digits joined by colons or dashes.
    public init?(_ text: some StringProtocol) {
        let pairs = text.split(omittingEmptySubsequences: false) { $0 == ":" || $0 == "-" }
        guard pairs.count == 6, pairs.allSatisfy({ $0.utf8.count == 2 }) else { return nil }
        guard let bytes = Hexadecimal.bytes(pairs.joined()) else { return nil }
        self.bytes = bytes
    }

    /// The low 48 bits of `value` are taken: `0xA4C138010203` is A4:C1:38:01:02:03.
    public init(value: UInt64) { bytes = (0..<6).map { UInt8(truncatingIfNeeded: value >> UInt64(40 - 8 * $0)) } }

    /// The six bytes in the low 48 bits, in the order in which they are printed.
    public var value: UInt64 { bytes.reduce(0) { $0 << 8 | UInt64($1) } }

    /// In capitals, with colons.
    public var text: String {
        bytes.map { Hexadecimal.text(CollectionOfOne($0)).uppercased() }.joined(separator: ":")
    }
}

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
