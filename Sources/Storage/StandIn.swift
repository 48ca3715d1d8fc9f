import GRDB
import Glibc

/// A copy of a store whose file cannot be used, in memory that outlives the process and not the machine, so that what
/// was opened once is not opened again after a restart.
struct StandIn {
    /// A file system in memory that every Linux has.
    private static let memory = "/dev/shm"
    /// Its mark says that the copy is whole.
    private static let whole = "stand_in"

    private let directory: String
    let place: String

    init(_ directory: String) {
        self.directory = directory
        var hash: UInt64 = 0xcbf2_9ce4_8422_2325
        for byte in directory.utf8 { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3 }
        place = "\(Self.memory)/sidegate-\(geteuid())-\(String(hash, radix: 16))"
    }

    /// Opens the copy, making it unless there is one of before: nothing has changed the file since, or it would be gone.
    /// Throws `trouble` where there is nothing to copy.
    func open(because trouble: StorageError, _ today: UInt32) throws(StorageError) -> BridgeStore {
        do throws(StorageError) {
            if isOurs, let store = try? BridgeStore(directory: place), try store.mark(Self.whole) != nil {
                return store
            }
            guard !StoreFiles.exists(place) || isOurs else { throw trouble }
            StoreFiles.remove(place)
            let store = try BridgeStore(directory: place)
            _ = try store.fill(from: directory, using: place + "/source", today)
            try store.raise(Self.whole, to: 1)
            return store
        } catch {
            throw trouble
        }
    }

    /// Takes what came meanwhile into `store`, the file's own, and removes the copy. Without effect where there is none.
    func mergeAndRemove(into store: BridgeStore) throws(StorageError) {
        guard isOurs else { return }
        let copy: BridgeStore
        do throws(StorageError) {
            copy = try BridgeStore(directory: place)
            guard try copy.mark(Self.whole) != nil else { return StoreFiles.remove(place) }
        } catch {
            // A copy that cannot be read either has nothing to give.
            return StoreFiles.remove(place)
        }
        let path = copy.path
        // A copy of another bridge's file, which was here before, has nothing to give to this one.
        let own = try store.identity()?.staticKey
        let other = try? copy.identity()?.staticKey
        try copy.close()
        guard own == other else { return erase() }
        try store.maintain("take over what came meanwhile") { database in
            try database.execute(sql: "ATTACH DATABASE ? AS copy", arguments: [path])
            defer { try? database.execute(sql: "DETACH DATABASE copy") }
            try database.inTransaction {
                try database.execute(sql: Self.merging)
                return .commit
            }
        }
        StoreFiles.remove(place)
    }

    /// Removes the copy and overwrites the keys in it. Without effect where there is none.
    func erase() {
        if isOurs { StoreFiles.erase(place) }
    }

    /// Noes and marks add up; the copy is what the file would be by now in all that changes without a command.
    static let merging = """
        INSERT OR IGNORE INTO main.opened (device, counter, event)
            SELECT own.id, came.counter, came.event FROM copy.opened AS came
            JOIN copy.device AS other ON other.id = came.device JOIN main.device AS own ON own.grant_id = other.grant_id;
        INSERT OR IGNORE INTO main.opened_before (device, event)
            SELECT own.id, came.event FROM copy.opened_before AS came
            JOIN copy.device AS other ON other.id = came.device JOIN main.device AS own ON own.grant_id = other.grant_id
            ORDER BY came.id;
        INSERT OR REPLACE INTO main.heard (
            device, received, missed, counter, packet_id, trigger_based, first_heard, pause, pause_before, pauses_since)
            SELECT own.id, came.received, came.missed, came.counter, came.packet_id, came.trigger_based,
                came.first_heard, came.pause, came.pause_before, came.pauses_since FROM copy.heard AS came
            JOIN copy.device AS other ON other.id = came.device JOIN main.device AS own ON own.grant_id = other.grant_id;
        UPDATE main.device SET
            (last_heard, battery, state) = (
                SELECT other.last_heard, other.battery, other.state FROM copy.device AS other
                WHERE other.grant_id = main.device.grant_id)
            WHERE grant_id IN (SELECT grant_id FROM copy.device);
        UPDATE main.device SET opted_out = 1
            WHERE grant_id IN (SELECT grant_id FROM copy.device WHERE opted_out = 1);
        DELETE FROM main.outbox;
        INSERT INTO main.outbox (topic, payload, retained, not_after, coalescing_key, sending, created)
            SELECT topic, payload, retained, not_after, coalescing_key, sending, created FROM copy.outbox ORDER BY id;
        DELETE FROM main.record;
        INSERT INTO main.record (id, kind, bytes, received, expires)
            SELECT id, kind, bytes, received, expires FROM copy.record ORDER BY rowid;
        INSERT INTO main.mark (name, value) SELECT name, value FROM copy.mark WHERE name <> 'stand_in'
            ON CONFLICT DO UPDATE SET value = max(value, excluded.value);
        INSERT INTO main.month_reservation (day, reserved_bytes)
            SELECT day, reserved_bytes FROM copy.month_reservation WHERE true
            ON CONFLICT DO UPDATE SET reserved_bytes = max(reserved_bytes, excluded.reserved_bytes);
        INSERT INTO main.lent (day, class, kind, packets, bytes)
            SELECT day, class, kind, packets, bytes FROM copy.lent WHERE true
            ON CONFLICT DO UPDATE SET packets = max(packets, excluded.packets), bytes = max(bytes, excluded.bytes);
        INSERT INTO main.dropped (day, reason, count) SELECT day, reason, count FROM copy.dropped WHERE true
            ON CONFLICT DO UPDATE SET count = max(count, excluded.count);
        INSERT OR IGNORE INTO main.moved (one, at) SELECT one, at FROM copy.moved;
        INSERT OR REPLACE INTO main.temporary_no (one, ends, said, boot, boot_seconds)
            SELECT one, ends, said, boot, boot_seconds FROM copy.temporary_no
            WHERE ends >= coalesce((SELECT ends FROM main.temporary_no), 0);
        UPDATE main.no SET said = 1 WHERE subject IN (SELECT subject FROM copy.no WHERE said <> 0);
        INSERT OR REPLACE INTO main.temporary_no (one, ends, said, boot, boot_seconds)
            SELECT one, ends, said, boot, boot_seconds FROM copy.temporary_no
            WHERE ends > coalesce((SELECT ends FROM main.temporary_no), 0);
        """

    /// Whether there is a directory that is this user's alone: anybody may make one of that name.
    private var isOurs: Bool {
        var status = stat()
        return lstat(place, &status) == 0 && status.st_mode & S_IFMT == S_IFDIR && status.st_uid == geteuid()
            && status.st_mode & 0o077 == 0
    }
}
