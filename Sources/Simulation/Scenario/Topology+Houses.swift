extension Topology {
    /// How many houses it makes; never more than `Int.max`, however large the figures.
    public var houseCount: Int {
        switch self {
        case .line(let houses, _), .ring(let houses, _), .terrace(let houses, _, _), .village(let houses, _, _),
            .field(let houses, _, _), .links(let houses, _):
            houses
        case .grid(let columns, let rows, _): Self.product(columns, rows)
        case .tower(let floors, let flatsPerFloor, _, _): Self.product(floors, flatsPerFloor)
        case .places(let places): places.count
        }
    }

    private static func product(_ first: Int, _ second: Int) -> Int {
        let (product, isTooLarge) = max(0, first).multipliedReportingOverflow(by: max(0, second))
        return isTooLarge ? .max : product
    }
}
