/// A fault that began, on a run's time line.
public struct FaultLine: Sendable {
    public var timeMicroseconds: Int64
    /// Those that it struck: what was drawn from the seed is seen here.
    public var houses: [Int]
    public var what: String
    /// When it ends; nil: at once, or never.
    public var untilMicroseconds: Int64?

    public init(_ timeMicroseconds: Int64, houses: [Int], _ what: String, until: Int64? = nil) {
        (self.timeMicroseconds, self.houses, self.what) = (timeMicroseconds, houses, what)
        untilMicroseconds = until
    }

    /// Of a fault's houses so many are named in a line of text.
    public static let namedMax = 10

    /// The houses for a line of text, such as `house 3`, `houses 0, 4, 7`, or `every house`; nil if there are none.
    /// - Parameter count: how many houses the street has.
    public func words(of count: Int) -> String? {
        guard !houses.isEmpty else { return nil }
        if houses.count == 1 { return "house \(houses[0])" }
        return isEverywhere(of: count) ? "every house" : "houses " + list
    }

    /// The numbers alone, for a table's column: `3`, `0, 4, 7`, or `all`; nil if there are none.
    func numbers(of count: Int) -> String? {
        guard !houses.isEmpty else { return nil }
        return houses.count > 1 && isEverywhere(of: count) ? "all" : list
    }

    /// No house is named twice.
    func isEverywhere(of count: Int) -> Bool { houses.count == count }

    private var list: String {
        let named = houses.prefix(Self.namedMax).map(String.init).joined(separator: ", ")
        return houses.count > Self.namedMax ? "\(named) and \(houses.count - Self.namedMax) more" : named
    }
}
