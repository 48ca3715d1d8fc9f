import GRDB

/// Takes every row that can still be read out of a file that cannot be used as it is.
struct RowRescue {
    /// Rows taken of one table, more than any may have: a damaged page can lead in a circle.
    private static let rowsMax = 200_000

    /// Tables in the order in which their rows can be put in, and what orders them. `opened` refers to `device`.
    private static let tables = [
        ("identity", "rowid"), ("network", "rowid"), ("mark", "rowid"), ("record", "rowid"), ("device", "rowid"),
        ("opened", "device %, counter %, event"), ("opened_before", "rowid"), ("heard", "rowid"), ("moved", "rowid"),
        ("outbox", "rowid"), ("lent", "day %, class %, kind"),
        ("dropped", "day %, reason"), ("month_reservation", "rowid"), ("no", "rowid"),
    ]

    /// Those that a file of an earlier version does not have.
    private static let tablesLater: Set = ["opened_before", "heard", "moved"]

    let source: Database
    let target: Database

    /// Copies all rows into the new store `target`. Returns the tables of which not every row was readable.
    func copyAll() throws -> [String] {
        var damaged: [String] = []
        for (table, order) in Self.tables where try !copy(table, by: order) { damaged.append(table) }
        return damaged
    }

    /// From both ends, so that one bad page costs its own rows and not those behind it.
    private func copy(_ table: String, by order: String) throws -> Bool {
        if Self.tablesLater.contains(table), (try? source.tableExists(table)) == false { return true }
        guard let columns = try? source.columns(in: table).map(\.name) else { return false }
        let known = Set(columns)
        let names = try target.columns(in: table).map(\.name).filter(known.contains)
        guard !names.isEmpty else { return false }
        let list = names.joined(separator: ", ")
        let places = [String](repeating: "?", count: names.count).joined(separator: ", ")
        let insertion = try target.cachedStatement(
            sql: "INSERT OR REPLACE INTO \(table) (\(list)) VALUES (\(places))")
        for direction in ["ASC", "DESC"] {
            let order = order.split(separator: "%").joined(separator: direction) + " " + direction
            let isWhole = insertAll("SELECT \(list) FROM \(table) ORDER BY \(order)", by: insertion)
            if isWhole { return isSound(table) }
        }
        return false
    }

    private func insertAll(_ sql: String, by insertion: Statement) -> Bool {
        var isWhole = true
        do {
            let rows = try Row.fetchCursor(source, sql: sql)
            for _ in 0..<Self.rowsMax {
                guard let row = try rows.next() else { return isWhole }
                // Types, lengths and references are the new store's to check.
                do {
                    try insertion.execute(arguments: StatementArguments(row.databaseValues))
                } catch {
                    isWhole = false
                }
            }
        } catch {
            return false
        }
        return false
    }

    private func isSound(_ table: String) -> Bool {
        (try? String.fetchOne(source, sql: "PRAGMA quick_check(\(table))")) == "ok"
    }
}
