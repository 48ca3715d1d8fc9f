/// The records of a sweep's runs, which end in any order: what is kept of each is decided by its seed, so that the same
/// sweep leaves the same bytes however many cores there are and whatever else they do.
public struct SweepRecords: Sendable {
    /// Of the first seeds everything is kept; of later ones no journeys and links, unless a promise broke.
    public static let wholeMax: UInt64 = 40
    /// Of the later seeds that broke a promise everything is kept of so many, the lowest: a sweep of a bridge that lies may
    /// break one with each.
    public static let wholeBrokenMax = 40

    private let first: UInt64
    private var records: [RunRecord] = []
    /// Places in `records` of later ones that are whole, by seed.
    private var wholeBroken: [(seed: UInt64, place: Int)] = []

    /// - Parameter first: the sweep's first seed.
    public init(from first: UInt64) { self.first = first }

    public var count: Int { records.count }
    public var inOrder: [RunRecord] { records.sorted { $0.seed < $1.seed } }

    public mutating func add(_ record: RunRecord) {
        records.append(record)
        guard record.seed >= first, record.seed - first >= Self.wholeMax else { return }
        let place = records.count - 1
        guard !record.broken.isEmpty else { return strip(place) }
        let at = wholeBroken.firstIndex { $0.seed > record.seed } ?? wholeBroken.count
        wholeBroken.insert((record.seed, place), at: at)
        if wholeBroken.count > Self.wholeBrokenMax { strip(wholeBroken.removeLast().place) }
    }

    private mutating func strip(_ place: Int) {
        records[place].journeysLeftOut += records[place].journeys.count
        (records[place].journeys, records[place].links, records[place].states) = ([], [], [])
    }
}
