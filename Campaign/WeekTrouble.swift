/// What can befall a house or a street in an hour.
enum WeekTrouble: String, CaseIterable {
    case kill = "everybody is killed"
    case powerLoss = "the power goes, and what was being written is torn"
    case fullDisk = "the disk is full"
    case readOnly = "the directory is read-only"
    case laterVersion = "the database is of a later version"
    case damagedBeginning = "the database's beginning is damaged"
    case damagedPages = "pages of the database are damaged"
    case clockUnset = "the clock is not set at the start"
    case clockAhead = "the clock leaps ahead, and is set right within the hour"
    case clockBack = "the clock runs behind, also over a restart"
    case brokerAwayHour = "the broker is away for an hour"
    case brokerAwayDay = "the broker goes away for a day"
    case restarts = "ten restarts in a row"
    case settingsBroken = "the settings are wrong"
    case settingsMissing = "the settings are missing"
    case airGone = "the radios' air is gone"

    /// Whom it can befall: a home, the middle of the street, its end, and one that nobody's events pass.
    var houses: [String] {
        switch self {
        // What stood on a lost page is gone: the street's only home and its middle are spared that.
        case .damagedPages: ["small"]
        case .brokerAwayHour, .brokerAwayDay: ["left"]
        case .fullDisk, .readOnly, .laterVersion, .settingsBroken, .settingsMissing, .clockBack, .clockUnset,
            .damagedBeginning:
            ["left", "middle", "right"]
        default: ["left", "middle", "right", "small"]
        }
    }

    /// Whether it moves a clock on the wall.
    var isOfClock: Bool { [.clockUnset, .clockAhead, .clockBack].contains(self) }
}
