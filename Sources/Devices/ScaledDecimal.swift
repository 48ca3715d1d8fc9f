/// A decimal number kept exactly: `units` divided by ten to the power of `decimalPlaces`. 25.06 is 2506 and 2.
public struct ScaledDecimal: Hashable, Sendable {
    public var units: Int64
    /// 0 to `decimalPlacesMax`.
    public private(set) var decimalPlaces: Int

    public static let decimalPlacesMax = 9
    /// Digits taken from text: what always fits into 64 bits.
    private static let digitsMax = 18

    /// `decimalPlaces` is held to 0...9.
    public init(units: Int64, decimalPlaces: Int) {
        self.units = units
        self.decimalPlaces = min(max(decimalPlaces, 0), Self.decimalPlacesMax)
    }

    /// Reads `-12`, `25.06` or `.5`; nil for anything else, for more than 9 places and for more than 18 digits.
    public init?(_ text: String) {
        var units: Int64 = 0
        var digits = 0
        var places: Int?
        var isNegative = false
        for (position, character) in text.utf8.enumerated() {
            switch character {
            case UInt8(ascii: "-") where position == 0:
                isNegative = true
            case UInt8(ascii: ".") where places == nil:
                places = 0
            case UInt8(ascii: "0")...UInt8(ascii: "9"):
                digits += 1
                places = places.map { $0 + 1 }
                guard digits <= Self.digitsMax, (places ?? 0) <= Self.decimalPlacesMax else { return nil }
                units = units * 10 + Int64(character - UInt8(ascii: "0"))
            default:
                return nil
            }
        }
        guard digits > 0 else { return nil }
        self.init(units: isNegative ? -units : units, decimalPlaces: places ?? 0)
    }

    /// The same number in `places` places, or nil if it cannot be written so exactly.
    public func units(atDecimalPlaces places: Int) -> Int64? {
        var units = units
        var held = decimalPlaces
        while held < places {
            let (product, overflow) = units.multipliedReportingOverflow(by: 10)
            guard !overflow else { return nil }
            units = product
            held += 1
        }
        while held > places {
            guard units % 10 == 0 else { return nil }
            units /= 10
            held -= 1
        }
        return units
    }

    /// All places written out, as in `25.06`, `-0.50` or `90`: a JSON number too.
    public var text: String {
        let digits = String(units.magnitude)
        let sign = units < 0 ? "-" : ""
        guard decimalPlaces > 0 else { return sign + digits }
        let padded = String(repeating: "0", count: max(0, decimalPlaces + 1 - digits.utf8.count)) + digits
        return sign + padded.dropLast(decimalPlaces) + "." + padded.suffix(decimalPlaces)
    }
}
