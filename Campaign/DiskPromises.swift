/// What a house's disk has to keep from one look to the next.
struct DiskPromises {
    let monthBytes: Int64
    /// Once a damaged disk has lost the sums of the month, the whole month counts as spent, and more.
    var isMonthLost = false
    private var reserved: [Int64: Int64] = [:]
    /// The latest time that was believed: no look may find an earlier one.
    var clockMark: Int64 = 0

    init(monthBytes: Int64) { self.monthBytes = monthBytes }

    /// Returns what is wrong. `spent`: what the daemon's ledger said was lent.
    mutating func check(_ disk: DiskState, _ resident: Resident, spent: Int64?) -> [String] {
        var wrong = resident.belief.check(disk)
        if disk.integrity != "ok" { wrong.append("the database is damaged: \(disk.integrity)") }
        for (day, bytes) in reserved.sorted(by: { $0.key < $1.key }) where disk.reservedByDay[day] ?? 0 < bytes {
            wrong.append("\(bytes) bytes were reserved for day \(day), now \(disk.reservedByDay[day] ?? 0)")
        }
        reserved = disk.reservedByDay
        if disk.clockMark < clockMark { wrong.append("the clock's mark fell from \(clockMark) to \(disk.clockMark)") }
        clockMark = disk.clockMark
        let sum = disk.reservedByDay.values.reduce(Int64(0)) { $0.addingReportingOverflow($1).partialValue }
        guard !isMonthLost else { return wrong }
        if sum > monthBytes { wrong.append("\(sum) bytes are reserved, more than the month's \(monthBytes)") }
        if let spent, spent > sum { wrong.append("\(spent) bytes were lent, \(sum) reserved") }
        return wrong
    }

    /// The sums of the month could not be read: what was reserved is known to nobody.
    mutating func loseMonth() {
        isMonthLost = true
        reserved = [:]
    }
}
