/// A place on the map, in metres; `height` above the ground floor.
public struct Place: Sendable, Equatable {
    public var east: Double
    public var north: Double
    public var height: Double
    public init(east: Double, north: Double, height: Double = 0) {
        (self.east, self.north, self.height) = (east, north, height)
    }
}

/// Where the houses stand.
public enum Topology: Sendable, Equatable {
    case line(houses: Int, spacingMetres: Double)
    case ring(houses: Int, spacingMetres: Double)
    /// Two rows of terraced houses that face each other over a street.
    case terrace(houses: Int, frontageMetres: Double, streetMetres: Double)
    case grid(columns: Int, rows: Int, spacingMetres: Double)
    /// Lanes from a green, houses along them at irregular distances.
    case village(houses: Int, lanes: Int, spacingMetres: Double)
    case tower(floors: Int, flatsPerFloor: Int, flatMetres: Double, floorMetres: Double)
    /// Uniformly at random in a rectangle.
    case field(houses: Int, widthMetres: Double, heightMetres: Double)
    case places([Place])
    /// No geometry: who hears whom and how well. What is not listed does not hear each other.
    case links(houses: Int, [RadioLink])
}

/// Two houses that hear each other: the path's loss in decibels, both ways.
public struct RadioLink: Sendable, Equatable {
    public var first: Int
    public var second: Int
    public var lossDecibels: Double
    public init(_ first: Int, _ second: Int, lossDecibels: Double) {
        (self.first, self.second, self.lossDecibels) = (first, second, lossDecibels)
    }
}
