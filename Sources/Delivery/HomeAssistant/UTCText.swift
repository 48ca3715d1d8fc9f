/// Times as text, by the Gregorian calendar (days to civil date after Howard Hinnant, "chrono-compatible low-level date
/// algorithms").
enum UTCText {
    /// `2023-05-14T19:41:17+00:00` for seconds since 1970.
    static func text(seconds: UInt32) -> String {
        let (year, month, day) = date(days: Int(seconds / 86_400))
        let second = Int(seconds % 86_400)
        let clock = [second / 3600, second / 60 % 60, second % 60].map(twoDigits).joined(separator: ":")
        return "\(year)-\(twoDigits(month))-\(twoDigits(day))T\(clock)+00:00"
    }

    private static func date(days: Int) -> (year: Int, month: Int, day: Int) {
        // Years are counted from March, so that a leap day is a year's last; eras have 400 years.
        let shifted = days + 719_468
        let era = shifted / 146_097
        let dayOfEra = shifted % 146_097
        let yearOfEra = (dayOfEra - dayOfEra / 1460 + dayOfEra / 36_524 - dayOfEra / 146_096) / 365
        let dayOfYear = dayOfEra - (365 * yearOfEra + yearOfEra / 4 - yearOfEra / 100)
        let monthFromMarch = (5 * dayOfYear + 2) / 153
        let day = dayOfYear - (153 * monthFromMarch + 2) / 5 + 1
        let month = monthFromMarch < 10 ? monthFromMarch + 3 : monthFromMarch - 9
        return (yearOfEra + era * 400 + (month <= 2 ? 1 : 0), month, day)
    }

    private static func twoDigits(_ number: Int) -> String { number < 10 ? "0\(number)" : String(number) }
}
