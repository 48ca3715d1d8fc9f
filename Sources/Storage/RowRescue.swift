import GRDB

/// Takes every row that can still be read out of a file that cannot be used as it is.
struct RowRescue {
    /// Rows taken of one table, more than any may have: a damaged page can lead in a circle.
    private static let rowsMax = 200_000

    /// Those that a file of an earlier version does not have. Of the others nobody may be missing: least of all the noes.
    private static let tablesLater: Set = ["opened_before", "heard", "temporary_no", "moved"]

    let source: Database
    let target: Database

    /// Copies all rows into the new store `target`. Returns the tables of which not every row was readable.
    func copyAll() throws -> [String] {
        // In the order of their making: whatever refers to another table came after it.
        let tables = try String.fetchAll(
            target,
            sql: """
                SELECT name FROM sqlite_schema
                WHERE type = 'table' AND name NOT LIKE 'sqlite_%' AND name <> 'grdb_migrations' ORDER BY rowid
                """)
        return try tables.filter { try !copy($0) }
    }

    /// From both ends, so that one bad page costs its own rows and not those behind it.
    private func copy(_ table: String) throws -> Bool {
        if Self.tablesLater.contains(table), (try? source.tableExists(table)) == false { return true }
        guard let columns = try? source.columns(in: table).map(\.name) else { return false }
        let known = Set(columns)
        let names = try target.columns(in: table).map(\.name).filter(known.contains)
        guard !names.isEmpty else { return false }
        let list = names.joined(separator: ", ")
        let places = [String](repeating: "?", count: names.count).joined(separator: ", ")
        let insertion = try target.cachedStatement(
            sql: "INSERT OR REPLACE INTO \(table) (\(list)) VALUES (\(places))")
        let hasNumbers = (try? target.makeStatement(sql: "SELECT rowid FROM \(table)")) != nil
        let order = hasNumbers ? ["rowid"] : try target.primaryKey(table).columns
        for direction in ["ASC", "DESC"] {
            let order = order.map { "\($0) \(direction)" }.joined(separator: ", ")
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
