import Wire

/// Which adapter is meant: `hci0`, or `AA:BB:CC:DD:EE:FF`, which stays the same wherever it is plugged in.
public enum AdapterName: Hashable, Sendable {
    case index(UInt16)
    case address(UInt64)

    /// Nil if the text is neither.
    public init?(_ text: String) {
        if text.hasPrefix("hci") {
            let digits = text.dropFirst(3)
            guard digits.utf8.allSatisfy({ $0 >= UInt8(ascii: "0") && $0 <= UInt8(ascii: "9") }),
                let index = UInt16(digits), index != ManagementPacket.indexNone
            else { return nil }
            self = .index(index)
            return
        }
        let parts = text.split(separator: ":", omittingEmptySubsequences: false)
        guard parts.count == 6, parts.allSatisfy({ $0.utf8.count == 2 }),
            let bytes = Hexadecimal.bytes(parts.joined())
        else { return nil }
        self = .address(bytes.reduce(0) { $0 << 8 | UInt64($1) })
    }

    func matches(index other: UInt16, address otherAddress: UInt64) -> Bool {
        switch self {
        case .index(let index): index == other
        case .address(let address): address == otherAddress
        }
    }
}

extension AdapterName: CustomStringConvertible {
    public var description: String {
        switch self {
        case .index(let index): "hci\(index)"
        case .address(let address): addressWords(RadioAddress(value: address, kind: .public))
        }
    }
}

/// AA:BB:CC:DD:EE:FF.
func addressWords(_ address: RadioAddress) -> String {
    (0..<6).map { Hexadecimal.text([address[$0]]).uppercased() }.joined(separator: ":")
}
