import Bridging
import Relaying

/// Every queue, table and cache is within its limit, and no bridge keeps its machine busy for nothing.
extension Mesh {
    /// For a deadline that had passed when its bridge asked to be woken for it.
    static let lateWakesPerSecondMax = 200
    /// For any: who is flooded has a deadline for each packet that it holds.
    static let wakesPerSecondMax = 2_000
    /// Of a bridge that is driven so often, all tables are looked at once: they lie here and there in memory, and to look
    /// at them each time would cost a twentieth of a run.
    static let inputsPerLook: UInt64 = 8
    /// At every step so often the tables by link of one house are looked at, of one house after the other.
    static let stepsPerLook: UInt64 = 16

    /// All tables but those by link.
    func checkTables(_ house: SimulatedHouse, _ running: RunningBridge) {
        guard keeper.watches(.bounds), isHonest(house) else { return }
        var over: OverfullTable?
        let emptied = tableHeldEmpty
        running.bridge.eachTable { table, count, limit in
            if count > limit || count > 0 && table == emptied { over = OverfullTable(table, count, limit) }
        }
        check(.bounds, over == nil, house) { over?.words ?? "" }
    }

    /// The tables by link of whichever house is next: they lie here and there, so that to look at them costs more.
    func checkTablesInTurn() {
        guard keeper.watches(.bounds), !houses.isEmpty else { return }
        houseLookedAt = (houseLookedAt + 1) % houses.count
        let house = houses[houseLookedAt]
        guard let running = house.running else { return }
        var over: OverfullTable?
        let emptied = tableHeldEmpty
        running.bridge.eachTableOfLinks { table, count, limit in
            if count > limit || count > 0 && table == emptied { over = OverfullTable(table, count, limit) }
        }
        check(.bounds, over == nil, house) { over?.words ?? "" }
    }

    /// A bridge whose deadline stays in the past would keep its machine busy for nothing.
    func countWake(_ house: SimulatedHouse, dueAt: Int64) {
        let second = now / 1_000_000
        if house.log.wakesSecond != second {
            (house.log.wakesSecond, house.log.wakes, house.log.lateWakes) = (second, 0, 0)
        }
        house.log.wakes += 1
        let isLate = now - dueAt >= Self.timerMicroseconds
        if isLate { house.log.lateWakes += 1 }
        let isTooLate = isLate && house.log.lateWakes == Self.lateWakesPerSecondMax
        let isKept = house.log.wakes != Self.wakesPerSecondMax && !isTooLate
        check(.bounds, isKept, house) { "wakes without an end" }
    }
}

private struct OverfullTable {
    let table: BoundedTable
    let count: Int
    let limit: Int

    init(_ table: BoundedTable, _ count: Int, _ limit: Int) {
        (self.table, self.count, self.limit) = (table, count, limit)
    }

    var words: String { "has \(count) \(table.rawValue), of at most \(limit)" }
}
