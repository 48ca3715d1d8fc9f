import CPrefetch
import Wire

/// What neighbours last announced: a row for each home, a column for each link number. There are columns for the link
/// numbers that have been in use, which are the lowest: a bridge with four links keeps four cells of a home, not sixteen.
struct RouteCells: Sendable {
    private static let columnsFirst = 4

    private var cells: [RouteCell] = []
    private var columns = RouteCells.columnsFirst

    @inline(__always)
    subscript(place: Int, link: Int) -> RouteCell {
        get { cells[place &* columns &+ link] }
        set { cells[place &* columns &+ link] = newValue }
    }

    /// The row will be needed soon.
    @inline(__always)
    func expect(_ place: Int) {
        cells.withUnsafeBufferPointer { cells in cache_prefetch(cells.baseAddress.map { $0 + place &* columns }) }
    }

    /// Sees that there is a column for `link`.
    mutating func reserve(_ link: LinkNumber) {
        guard Int(link) >= columns else { return }
        var wider = columns
        while wider <= Int(link) { wider *= 2 }
        let rows = cells.count / columns
        var widened = [RouteCell](repeating: RouteCell(), count: rows * wider)
        for row in 0..<rows {
            for column in 0..<columns { widened[row * wider + column] = cells[row * columns + column] }
        }
        (cells, columns) = (widened, wider)
    }

    mutating func addRow() {
        for _ in 0..<columns { cells.append(RouteCell()) }
    }

    /// Whether any neighbour announces the home at `place`.
    func isAnyReachable(_ place: Int) -> Bool {
        (0..<columns).contains { self[place, $0].isReachable }
    }

    /// Puts a row in another's place.
    mutating func move(_ place: Int, to target: Int) {
        for column in 0..<columns { self[target, column] = self[place, column] }
    }

    /// Drops the rows behind the first `count`.
    mutating func keepRows(_ count: Int) { cells.removeLast(cells.count - count * columns) }
}
