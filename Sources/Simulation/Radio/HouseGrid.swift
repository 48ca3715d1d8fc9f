/// Houses by square cells of the map, so that those near a place are found without asking all.
struct HouseGrid: Sendable {
    private(set) var cellMetres = 1.0
    /// Sorted by row, column and number.
    private var entries: [Entry] = []

    private struct Entry: Sendable {
        var row: Int
        var column: Int
        var house: Int

        static func < (one: Entry, other: Entry) -> Bool {
            (one.row, one.column, one.house) < (other.row, other.column, other.house)
        }
    }

    init() {}

    init(places: [Place], cellMetres: Double) {
        self.cellMetres = max(cellMetres, 0.1)
        for (house, place) in places.enumerated() {
            entries.append(Entry(row: cell(place.north), column: cell(place.east), house: house))
        }
        entries.sort(by: <)
    }

    /// Cells that a range takes in beyond its own number are not worth asking one by one.
    private static let cellsAcrossMax = 64

    /// Calls with every house within `range` metres of the place, and some beyond, in the same order each time.
    func forEachNear(_ place: Place, range: Double, _ body: (Int) -> Void) {
        let reach = Int(min((range / cellMetres).rounded(.up), 1e6))
        guard reach <= Self.cellsAcrossMax else {
            for entry in entries { body(entry.house) }
            return
        }
        let (row, column) = (cell(place.north), cell(place.east))
        for near in row - reach...row + reach {
            var index = firstIndex(row: near, column: column - reach)
            while index < entries.count, entries[index].row == near, entries[index].column <= column + reach {
                body(entries[index].house)
                index += 1
            }
        }
    }

    private func cell(_ metres: Double) -> Int {
        let cell = (metres / cellMetres).rounded(.down)
        return cell.isFinite ? Int(min(max(cell, -1e12), 1e12)) : 0
    }

    private func firstIndex(row: Int, column: Int) -> Int {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if (entries[middle].row, entries[middle].column) < (row, column) { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
