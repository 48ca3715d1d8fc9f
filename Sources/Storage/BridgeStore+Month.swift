import GRDB

/// What was set aside of the month's allowance on one day.
public struct MonthReservation: Sendable, Equatable {
    /// Whole days since 1970.
    public var day: UInt32
    public var reservedBytes: Int64

    public init(day: UInt32, reservedBytes: Int64) {
        self.day = day
        self.reservedBytes = reservedBytes
    }
}

extension BridgeStore {
    /// Raises what is reserved for `day` to `totalBytes`, on the disk before it is spent. It never sinks: a crash can
    /// only lose allowance.
    public func reserve(day: UInt32, totalBytes: Int64) throws(StorageError) {
        try write("reserve allowance") { database in
            try database.run(
                """
                INSERT INTO month_reservation (day, reserved_bytes) VALUES (?1, ?2)
                ON CONFLICT DO UPDATE SET reserved_bytes = max(reserved_bytes, ?2)
                """, [Int64(day), try StoredValue.figure(totalBytes, "a figure")])
            // By count of days and not by their numbers: a clock that once ran ahead must not give allowance back.
            try database.run(
                """
                DELETE FROM month_reservation WHERE day NOT IN (
                    SELECT day FROM month_reservation ORDER BY day DESC LIMIT ?)
                """, [StorageLimit.reservationDays])
        }
    }

    /// The reservations of the 32 days up to and with `today`, by day.
    public func reservations(upTo today: UInt32) throws(StorageError) -> [MonthReservation] {
        let first = Int64(today) - Int64(StorageLimit.reservationDaysRead) + 1
        return try read("read the month's reservations") { database in
            try database.rows(
                "SELECT day, reserved_bytes FROM month_reservation WHERE day BETWEEN ? AND ? ORDER BY day",
                [first, Int64(today)], of: "month_reservation"
            ).map {
                MonthReservation(day: try $0.integer(0, as: UInt32.self), reservedBytes: try $0.integer(1))
            }
        }
    }
}
