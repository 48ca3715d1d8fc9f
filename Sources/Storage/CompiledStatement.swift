import GRDB
import GRDBSQLite

/// A statement that GRDB compiled, bound and stepped by SQLite's own functions: GRDB's cost more than what SQLite does for a
/// statement that touches one row. docs/decisions says why, and which statements are run so.
///
/// Belongs to the queue of its database, as the statement does.
struct CompiledStatement {
    /// Keeps the pointer.
    private let statement: Statement
    private let pointer: OpaquePointer
    private let connection: OpaquePointer

    init(_ sql: String, in database: Database) throws {
        guard let connection = database.sqliteConnection else {
            throw StorageFault(kind: .failed, what: "the store is closed")
        }
        // None of those that GRDB keeps: it leaves them as they are after their last step, where nothing can be bound.
        statement = try database.makeStatement(sql: sql)
        pointer = statement.sqliteStatement
        self.connection = connection
    }

    /// Binds parameter `place`, from 1 on, until the end of the next `run` or `integer`.
    func bind(_ value: Int64?, at place: Int32) throws {
        guard let value else { return }
        try require(sqlite3_bind_int64(pointer, place, value))
    }

    /// As above. `value` holds no NUL.
    func bind(_ value: String?, at place: Int32) throws {
        guard var value else { return }
        let code = value.withUTF8 { bytes in
            bytes.withMemoryRebound(to: CChar.self) { characters in
                sqlite3_bind_text(pointer, place, characters.baseAddress, Int32(characters.count), Self.copied)
            }
        }
        try require(code)
    }

    /// As above. Nothing at all is an empty blob, and not null.
    func bind(_ value: [UInt8], at place: Int32) throws {
        let code = value.withUnsafeBytes { bytes in
            bytes.isEmpty
                ? sqlite3_bind_zeroblob(pointer, place, 0)
                : sqlite3_bind_blob(pointer, place, bytes.baseAddress, Int32(bytes.count), Self.copied)
        }
        try require(code)
    }

    /// Runs it to its end, and forgets what was bound. Returns how many rows the last INSERT, UPDATE or DELETE changed.
    @discardableResult
    func run() throws -> Int {
        defer { clear() }
        let code = sqlite3_step(pointer)
        guard code == SQLITE_DONE || code == SQLITE_ROW else { throw fault(code) }
        return Int(sqlite3_changes(connection))
    }

    /// Runs it, and returns the number in its one row.
    func integer() throws -> Int64 {
        defer { clear() }
        let code = sqlite3_step(pointer)
        guard code == SQLITE_ROW else { throw fault(code) }
        return sqlite3_column_int64(pointer, 0)
    }

    /// The id of the last row that was inserted.
    var insertedRow: Int64 { sqlite3_last_insert_rowid(connection) }

    /// Whether a transaction is under way.
    var isInTransaction: Bool { sqlite3_get_autocommit(connection) == 0 }

    /// SQLite is to make a copy of its own (`SQLITE_TRANSIENT`, which is no address).
    private static let copied = unsafeBitCast(-1, to: sqlite3_destructor_type.self)

    private func clear() {
        sqlite3_reset(pointer)
        sqlite3_clear_bindings(pointer)
    }

    private func require(_ code: Int32) throws {
        guard code == SQLITE_OK else {
            let error = fault(code)
            clear()
            throw error
        }
    }

    private func fault(_ code: Int32) -> DatabaseError {
        DatabaseError(resultCode: ResultCode(rawValue: code), message: String(cString: sqlite3_errmsg(connection)))
    }
}
