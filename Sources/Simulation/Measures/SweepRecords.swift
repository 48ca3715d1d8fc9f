/// The records of a sweep's runs, which end in any order: what is kept of each is decided by its seed, so that the same
/// sweep leaves the same bytes however many cores there are and whatever else they do.
public struct SweepRecords: Sendable {
    /// Of the first seeds everything is kept; of later ones no journeys and links, unless a promise broke.
    public static let wholeMax: UInt64 = 40

    private let first: UInt64
    private var records: [RunRecord] = []

    /// - Parameter first: the sweep's first seed.
    public init(from first: UInt64) { self.first = first }

    public var count: Int { records.count }
    public var inOrder: [RunRecord] { records.sorted { $0.seed < $1.seed } }

    public mutating func add(_ record: RunRecord) {
        var record = record
        if record.broken.isEmpty, record.seed >= first, record.seed - first >= Self.wholeMax {
            record.journeysLeftOut += record.journeys.count
            (record.journeys, record.links) = ([], [])
        }
        records.append(record)
    }
}
