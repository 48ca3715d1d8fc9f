import Settings
import Simulation

enum TopologyPass {
    enum Kind: String, CaseIterable, Sendable { case line, ring, terrace, grid, village, tower, field, places, links }

    /// Every kind's figures at once, so that one pass can take what its kind wants.
    struct Parts {
        var kind = Kind.line
        var houses = 5
        var (spacing, frontage, street, flat, floor, width, height) = (12.0, 6.0, 15.0, 8.0, 3.0, 100.0, 100.0)
        var (columns, rows, lanes, floors, flats) = (5, 5, 4, 10, 4)
        var places: [Place] = []
        var links: [RadioLink] = []

        init() {}

        init(_ topology: Topology) {
            switch topology {
            case .line(let houses, let spacing): (kind, self.houses, self.spacing) = (.line, houses, spacing)
            case .ring(let houses, let spacing): (kind, self.houses, self.spacing) = (.ring, houses, spacing)
            case .terrace(let houses, let frontage, let street):
                (kind, self.houses, self.frontage, self.street) = (.terrace, houses, frontage, street)
            case .grid(let columns, let rows, let spacing):
                (kind, self.columns, self.rows, self.spacing) = (.grid, columns, rows, spacing)
            case .village(let houses, let lanes, let spacing):
                (kind, self.houses, self.lanes, self.spacing) = (.village, houses, lanes, spacing)
            case .tower(let floors, let flats, let flat, let floor):
                (kind, self.floors, self.flats, self.flat, self.floor) = (.tower, floors, flats, flat, floor)
            case .field(let houses, let width, let height):
                (kind, self.houses, self.width, self.height) = (.field, houses, width, height)
            case .places(let places): (kind, self.places) = (.places, places)
            case .links(let houses, let links): (kind, self.houses, self.links) = (.links, houses, links)
            }
        }

        var topology: Topology {
            switch kind {
            case .line: .line(houses: houses, spacingMetres: spacing)
            case .ring: .ring(houses: houses, spacingMetres: spacing)
            case .terrace: .terrace(houses: houses, frontageMetres: frontage, streetMetres: street)
            case .grid: .grid(columns: columns, rows: rows, spacingMetres: spacing)
            case .village: .village(houses: houses, lanes: lanes, spacingMetres: spacing)
            case .tower: .tower(floors: floors, flatsPerFloor: flats, flatMetres: flat, floorMetres: floor)
            case .field: .field(houses: houses, widthMetres: width, heightMetres: height)
            case .places: .places(places)
            case .links: .links(houses: houses, links)
            }
        }
    }

    static func topology(_ section: Section, _ topology: inout Topology, absent: Topology) {
        var parts = section.turn == .reading ? Parts() : Parts(topology)
        let isClear = section.kind(
            "kind", Kind.allCases.map { Word($0.rawValue, $0) }, &parts.kind, absent: .line,
            "How the houses stand; see below.")
        if isClear { figures(section, &parts) }
        topology = parts.topology
    }

    /// The keys of one kind.
    static func figures(_ section: Section, _ parts: inout Parts) {
        let absent = Parts()
        let count = Form<Int>.integer(1...Scenario.housesMax)
        func distance(_ key: String, _ value: inout Double, _ absent: Double, _ explanation: String) {
            section.item(key, .measure(.distance, 0.01...100_000), &value, absent: absent, explanation)
        }
        switch parts.kind {
        case .line, .ring, .terrace, .village, .field, .links:
            section.item("houses", count, &parts.houses, absent: absent.houses, "How many houses.")
        case .grid:
            section.item("columns", count, &parts.columns, absent: absent.columns, "Houses from west to east.")
            section.item("rows", count, &parts.rows, absent: absent.rows, "Houses from south to north.")
        case .tower:
            section.item("floors", count, &parts.floors, absent: absent.floors, "Floors of the tower.")
            section.item("flats", count, &parts.flats, absent: absent.flats, "Flats in each floor.")
        case .places: break
        }
        switch parts.kind {
        case .line, .ring, .grid:
            distance("spacing", &parts.spacing, absent.spacing, "From one house to the next.")
        case .terrace:
            distance("frontage", &parts.frontage, absent.frontage, "The width of a house.")
            distance("street", &parts.street, absent.street, "From one row to the other; odd numbers stand across.")
        case .village:
            section.item(
                "lanes", .integer(1...64), &parts.lanes, absent: absent.lanes, "Lanes that begin at the green.")
            distance(
                "spacing", &parts.spacing, absent.spacing, "From house to house along a lane: 0.6 to 1.4 times this.")
        case .tower:
            distance("flat", &parts.flat, absent.flat, "From one flat to the next.")
            distance("floor", &parts.floor, absent.floor, "From one floor to the next.")
        case .field:
            distance("width", &parts.width, absent.width, "From west to east.")
            distance("height", &parts.height, absent.height, "From south to north.")
        case .places, .links: lists(section, &parts)
        }
    }

    private static func lists(_ section: Section, _ parts: inout Parts) {
        if parts.kind == .places {
            section.required(
                "places",
                .lines(
                    "a list of places such as `12 3`: metres east, north and, if need be, up",
                    atMost: Scenario.housesMax, { Place(text: $0) }, { $0.text }), &parts.places, "House by house.")
            return
        }
        let form = Form<[RadioLink]>.lines(
            "a list of links such as `0-1 70 dB`: two houses and the path's loss", atMost: 100_000,
            { RadioLink(text: $0) }, { $0.text })
        if section.turn == .describing || section.turn == .reading && section.gives("file") {
            var name = ""
            section.item(
                "file", .text(atMost: 1_000), &name, absent: "",
                "A file with such a list, a line a link, beside the scenario.",
                absence: "`links` is given")
            if let links = section.links(inFile: name, key: "file") { parts.links = links }
        }
        if section.gives("file"), section.gives("links") {
            section.refuse("links", "stands beside `file`, which lists the links", "Take one of the two away")
        }
        if section.turn != .reading || !section.gives("file") {
            section.required(
                "links", form, &parts.links, "Who hears whom; all others do not.", absence: "`file` is given")
        }
    }
}
