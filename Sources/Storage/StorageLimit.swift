/// The limits of what the store takes. What lies outside is refused before anything is written.
public enum StorageLimit {
    /// Bytes of one record of the registry.
    public static let recordBytes = 4_096
    /// Own devices.
    public static let devices = 1_000
    /// Entries of a device's list of what is delivered.
    public static let deliverEntries = 64
    /// Frames kept as opened for one device: the window of 1,024 counters with two frames each, twice over.
    public static let openedFrames = 4_096
    /// Counters of one device, up to the highest, that its window tells apart, with two frames each.
    public static let windowCounters = 1_024
    /// Events of one device remembered from before its counter was reset.
    public static let openedBefore = 4_096
    /// Openings in one commit.
    public static let openings = 1_024
    /// Messages that one opening puts into the outbox.
    public static let openingMessages = 64
    /// Messages in the outbox. Beyond, the oldest are dropped and counted.
    public static let outbox = 10_000
    /// Bytes of a message's topic, and of its coalescing key.
    public static let topicBytes = 512
    /// Bytes of a message's payload.
    public static let payloadBytes = 8_192
    /// Bytes of a name, reason, kind or entry of a list.
    public static let wordBytes = 64
    /// Bytes of a device's last state.
    public static let stateBytes = 4_096
    /// Days of the ledger that are kept.
    public static let ledgerDays = 400
    /// Different rows of a day in the ledger, and different reasons.
    public static let ledgerRowsPerDay = 64
    /// Days of the month's reservations that are kept: the sliding 31 and as many again.
    public static let reservationDays = 64
    /// Days of reservations that are read.
    public static let reservationDaysRead = 32
    /// Names of monotonic marks.
    public static let marks = 64

    /// The largest figure a sum holds. Sums stop there instead of overflowing.
    static let figure: Int64 = 1 << 53
}
