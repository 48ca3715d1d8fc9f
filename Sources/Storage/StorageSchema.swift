import GRDB

/// The tables, as migrations by name. A migration that has been released never changes: another is added after it.
///
/// STRICT and CHECK keep types and lengths; times are wall seconds, days are whole days since 1970.
enum StorageSchema {
    /// Marks a file as Sidegate's: "SDGT".
    static let applicationIdentifier: Int64 = 0x5344_4754

    static var migrator: DatabaseMigrator {
        var migrator = DatabaseMigrator()
        migrator.registerMigration("1 keys and records") { database in
            try database.execute(sql: keys + records)
            try database.execute(sql: "PRAGMA application_id = \(applicationIdentifier)")
        }
        migrator.registerMigration("2 devices and outbox") { database in
            try database.execute(sql: devices + outbox)
        }
        migrator.registerMigration("3 ledger and noes") { database in
            try database.execute(sql: ledger + noes)
        }
        migrator.registerMigration("4 how devices are heard") { database in
            try database.execute(sql: heard)
        }
        migrator.registerMigration("5 noes that end by themselves") { database in
            try database.execute(sql: temporaryNo)
        }
        migrator.registerMigration("6 a home that moved") { database in
            try database.execute(sql: moved)
        }
        return migrator
    }

    private static let keys = """
        CREATE TABLE identity (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            static_key BLOB NOT NULL CHECK (length(static_key) = 32),
            signing_seed BLOB NOT NULL CHECK (length(signing_seed) = 32),
            name TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE network (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            network_key BLOB NOT NULL CHECK (length(network_key) = 32),
            recognition_key BLOB NOT NULL CHECK (length(recognition_key) = 32),
            founder_key BLOB NOT NULL CHECK (length(founder_key) = 32),
            name TEXT NOT NULL,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE mark (
            name TEXT PRIMARY KEY,
            value INTEGER NOT NULL
        ) STRICT;

        """

    private static let records = """
        CREATE TABLE record (
            id BLOB PRIMARY KEY CHECK (length(id) = 16),
            kind INTEGER NOT NULL,
            bytes BLOB NOT NULL CHECK (length(bytes) <= \(StorageLimit.recordBytes)),
            received INTEGER NOT NULL,
            expires INTEGER
        ) STRICT;
        CREATE INDEX record_expires ON record (expires) WHERE expires IS NOT NULL;

        """

    private static let devices = """
        CREATE TABLE device (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            name TEXT NOT NULL UNIQUE,
            address BLOB NOT NULL CHECK (length(address) = 6),
            address_type INTEGER NOT NULL,
            bind_key BLOB NOT NULL CHECK (length(bind_key) = 16),
            sealing_private_key BLOB NOT NULL CHECK (length(sealing_private_key) = 32),
            relay_key BLOB NOT NULL CHECK (length(relay_key) = 16),
            class INTEGER NOT NULL,
            scope INTEGER NOT NULL,
            rate INTEGER NOT NULL,
            deliver TEXT NOT NULL,
            validity_seed BLOB NOT NULL CHECK (length(validity_seed) = 20),
            revocation_secret BLOB NOT NULL CHECK (length(revocation_secret) = 20),
            opt_in_start INTEGER NOT NULL,
            opt_in_end INTEGER NOT NULL,
            opted_out INTEGER NOT NULL,
            revoked INTEGER NOT NULL,
            grant_id BLOB NOT NULL CHECK (length(grant_id) = 16),
            last_heard INTEGER,
            battery INTEGER,
            state TEXT
        ) STRICT;
        CREATE TABLE opened (
            device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
            counter INTEGER NOT NULL,
            event INTEGER NOT NULL,
            PRIMARY KEY (device, counter, event)
        ) STRICT, WITHOUT ROWID;

        """

    private static let heard = """
        CREATE TABLE heard (
            device INTEGER PRIMARY KEY REFERENCES device (id) ON DELETE CASCADE,
            received INTEGER NOT NULL,
            missed INTEGER NOT NULL,
            counter INTEGER,
            packet_id INTEGER,
            trigger_based INTEGER NOT NULL,
            first_heard INTEGER,
            pause INTEGER NOT NULL,
            pause_before INTEGER NOT NULL,
            pauses_since INTEGER NOT NULL
        ) STRICT;
        CREATE TABLE opened_before (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            device INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
            event INTEGER NOT NULL,
            UNIQUE (device, event)
        ) STRICT;

        """

    private static let moved = """
        CREATE TABLE moved (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            at INTEGER NOT NULL
        ) STRICT;

        """

    private static let outbox = """
        CREATE TABLE outbox (
            id INTEGER PRIMARY KEY AUTOINCREMENT,
            topic TEXT NOT NULL,
            payload BLOB NOT NULL CHECK (length(payload) <= \(StorageLimit.payloadBytes)),
            retained INTEGER NOT NULL,
            not_after INTEGER,
            coalescing_key TEXT,
            sending INTEGER NOT NULL DEFAULT 0,
            created INTEGER NOT NULL
        ) STRICT;
        CREATE UNIQUE INDEX outbox_coalescing ON outbox (coalescing_key)
            WHERE sending = 0 AND coalescing_key IS NOT NULL;
        CREATE INDEX outbox_not_after ON outbox (not_after) WHERE not_after IS NOT NULL;

        """

    private static let ledger = """
        CREATE TABLE lent (
            day INTEGER NOT NULL,
            class INTEGER NOT NULL,
            kind TEXT NOT NULL,
            packets INTEGER NOT NULL,
            bytes INTEGER NOT NULL,
            PRIMARY KEY (day, class, kind)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE dropped (
            day INTEGER NOT NULL,
            reason TEXT NOT NULL,
            count INTEGER NOT NULL,
            PRIMARY KEY (day, reason)
        ) STRICT, WITHOUT ROWID;
        CREATE TABLE month_reservation (
            day INTEGER PRIMARY KEY,
            reserved_bytes INTEGER NOT NULL
        ) STRICT;

        """

    /// At most one: how long it lasts is judged by both of the machine's clocks.
    private static let temporaryNo = """
        CREATE TABLE temporary_no (
            one INTEGER PRIMARY KEY CHECK (one = 1),
            ends INTEGER NOT NULL,
            said INTEGER NOT NULL,
            boot TEXT NOT NULL,
            boot_seconds INTEGER NOT NULL
        ) STRICT;

        """

    private static let noes = """
        CREATE TABLE no (
            subject TEXT PRIMARY KEY,
            said INTEGER NOT NULL,
            changed INTEGER NOT NULL
        ) STRICT;
        INSERT INTO no (subject, said, changed) VALUES ('hosting', 1, 0), ('requests', 0, 0);

        """
}
