import GRDB
import Synchronization

/// All that a bridge keeps on disk, in one SQLite file: keys, records, own devices, what was opened, the outbox, the
/// ledger and the noes.
///
/// Every method is synchronous and throws `StorageError` only; the caller brings its own queue. A method that returns
/// has its change on the disk (write-ahead log, `synchronous=FULL`); one that throws, or that a crash cut short, has
/// changed nothing. One process at a time has the file open.
public final class BridgeStore: Sendable {
    /// The database's file.
    public let path: String
    /// Nil once closed. Whoever works with the queue holds it, so that it closes after its last use: GRDB traps on a
    /// queue that was closed.
    private let connection: Mutex<Connection?>

    private struct Connection: Sendable {
        let queue: DatabaseQueue
        let openings: OpeningStatements
    }

    /// Opens the store in `directory`, making both where they are missing. A new store is opted out of hosting.
    ///
    /// Throws `unreachable`, `inUse`, `newerVersion`, `foreign` or `corrupt`.
    public init(directory: String) throws(StorageError) {
        path = try StorageFile.prepare(in: directory)
        do {
            let opened = try DatabaseQueue(path: path, configuration: Self.configuration)
            try opened.writeWithoutTransaction { database in
                try Self.checkOrigin(database)
                try Self.checkIntegrity(database)
                try Self.checkVersion(database)
            }
            try StorageSchema.migrator.migrate(opened)
            let openings = try opened.writeWithoutTransaction { try OpeningStatements($0) }
            connection = Mutex(Connection(queue: opened, openings: openings))
        } catch {
            throw StorageError.translate(error, doing: "open the store", path: path)
        }
    }

    /// Writes the log back into the file and closes it, at the end of what other threads may be doing with it. What is
    /// called afterwards throws.
    public func close() throws(StorageError) {
        let last = connection.withLock { connection in
            defer { connection = nil }
            return connection
        }
        do {
            try last?.queue.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
        } catch {
            throw StorageError.translate(error, doing: "close the store", path: path)
        }
    }

    private func openConnection() throws(StorageFault) -> Connection {
        guard let connection = connection.withLock({ $0 }) else {
            throw StorageFault(kind: .failed, what: "the store is closed")
        }
        return connection
    }

    private static var configuration: Configuration {
        var configuration = Configuration()
        configuration.busyMode = .timeout(2)
        configuration.label = "sidegate.storage"
        configuration.prepareDatabase { database in
            // Exclusive: nobody else's reader can hold the log back, and a second daemon on one state directory, which
            // would open events twice, is refused.
            try database.execute(sql: "PRAGMA locking_mode = EXCLUSIVE")
            let mode = try String.fetchOne(database, sql: "PRAGMA journal_mode = WAL")
            guard mode == "wal" else { throw StorageFault(kind: .failed, what: "no write-ahead log here") }
            // What is deleted is overwritten: keys and seen events must not stay behind in free pages.
            try database.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA secure_delete = ON;
                    PRAGMA temp_store = MEMORY;
                    PRAGMA trusted_schema = OFF;
                    PRAGMA cell_size_check = ON;
                    PRAGMA cache_size = -512;
                    PRAGMA journal_size_limit = 1048576;
                    """)
        }
        return configuration
    }

    static func checkOrigin(_ database: Database) throws {
        let identifier = try Int64.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let tables = try Int64.fetchOne(database, sql: "SELECT count(*) FROM sqlite_schema") ?? 0
        if identifier != StorageSchema.applicationIdentifier && tables > 0 {
            throw StorageFault(kind: .foreign, what: "the file is a database of some other program")
        }
    }

    static func checkVersion(_ database: Database) throws {
        if try StorageSchema.migrator.hasBeenSuperseded(database) {
            throw StorageFault(kind: .newerVersion, what: "a later version of Sidegate has written it")
        }
    }

    static func checkIntegrity(_ database: Database) throws {
        let finding = try String.fetchOne(database, sql: "PRAGMA quick_check(1)")
        guard finding == "ok" else { throw StorageFault.corrupt("the file is damaged") }
        if try Row.fetchOne(database, sql: "PRAGMA foreign_key_check") != nil {
            throw StorageFault.corrupt("a row refers to one that is not there")
        }
    }

    /// Runs `body` in one transaction.
    func write<Result>(_ what: String, _ body: (Database) throws -> Result) throws(StorageError) -> Result {
        do {
            return try openConnection().queue.write(body)
        } catch {
            throw StorageError.translate(error, doing: what, path: path)
        }
    }

    /// Runs `body`, which changes nothing.
    ///
    /// GRDB's own `read` says so to SQLite (`PRAGMA query_only`), upon which SQLite compiles every statement of the
    /// connection anew. The connection is the only one, and nobody else writes while `body` runs.
    func read<Result>(_ what: String, _ body: (Database) throws -> Result) throws(StorageError) -> Result {
        do {
            return try openConnection().queue.unsafeRead { database in
                let before = database.totalChangesCount
                defer { assert(database.totalChangesCount == before, "\(what) has changed something") }
                return try body(database)
            }
        } catch {
            throw StorageError.translate(error, doing: what, path: path)
        }
    }

    /// Runs `body` in one transaction with the statements for openings.
    func writeOpenings<Result>(
        _ what: String, _ body: (Database, OpeningStatements) throws -> Result
    ) throws(StorageError) -> Result {
        do {
            let connection = try openConnection()
            return try connection.queue.writeWithoutTransaction { database in
                try connection.openings.transaction { try body(database, connection.openings) }
            }
        } catch {
            throw StorageError.translate(error, doing: what, path: path)
        }
    }

    /// Runs `body` outside any transaction.
    func maintain(_ what: String, _ body: (Database) throws -> Void) throws(StorageError) {
        do {
            try openConnection().queue.writeWithoutTransaction(body)
        } catch {
            throw StorageError.translate(error, doing: what, path: path)
        }
    }
}

extension Database {
    /// Runs one statement, compiled once.
    func run(_ sql: String, _ arguments: StatementArguments = StatementArguments()) throws {
        try cachedStatement(sql: sql).execute(arguments: arguments)
    }

    /// The rows of one statement, compiled once.
    func rows(_ sql: String, _ arguments: StatementArguments = StatementArguments(), of table: String) throws
        -> [StoredRow]
    {
        try Row.fetchAll(cachedStatement(sql: sql), arguments: arguments).map { StoredRow(row: $0, table: table) }
    }

    /// How many rows `table` has. Call with literals only.
    func count(of table: StaticString) throws -> Int64 {
        try rows("SELECT count(*) FROM \(table)", of: "\(table)").first?.integer(0) ?? 0
    }
}
