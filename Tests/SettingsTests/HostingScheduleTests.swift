import Testing

@testable import Settings

@Suite struct HostingScheduleTests {
    private static func schedule(_ windows: String...) throws -> HostingSchedule {
        HostingSchedule(windows: try windows.map { try #require(HostingSchedule.Window($0)) })
    }

    /// The minutes of a week in which a schedule is open, from Monday 00:00.
    private static func openMinutes(_ schedule: HostingSchedule) -> [Int] {
        (0..<7 * 1_440).filter { schedule.isOpen(weekday: $0 / 1_440, minute: $0 % 1_440) }
    }

    @Test func windowOverMidnightIsOpenOnBothSidesOfItAndNowhereElse() throws {
        let nights = try Self.schedule("22:00-07:00")
        let expected = (0..<7 * 1_440).filter { $0 % 1_440 >= 1_320 || $0 % 1_440 < 420 }
        #expect(Self.openMinutes(nights) == expected)
    }

    @Test func daysNameWhereAWindowBegins() throws {
        let fridayNight = try Self.schedule("fri 22:00-02:00")
        #expect(Self.openMinutes(fridayNight) == Array(4 * 1_440 + 1_320..<5 * 1_440 + 120))
        let sundayNight = try Self.schedule("sun 23:00-01:00")
        #expect(Self.openMinutes(sundayNight) == Array(0..<60) + Array(6 * 1_440 + 1_380..<7 * 1_440))
        let turn = try Self.schedule("sat-mon 00:00-24:00")
        #expect(Self.openMinutes(turn) == Array(0..<1_440) + Array(5 * 1_440..<7 * 1_440))
        #expect(try Self.schedule("sat,mon-tue 10:00-10:01").windows.map(\.days) == [0b010_0011])
    }

    @Test func scheduleWithoutWindowsIsNeverOpen() {
        let never = HostingSchedule(windows: [])
        #expect(Self.openMinutes(never).isEmpty)
        #expect(never.nextOpening(weekday: 0, minute: 0) == nil)
    }

    @Test func nextOpeningIsTheFirstStartThatComes() throws {
        let schedule = try Self.schedule("mon-fri 22:00-07:00", "sat,sun 08:00-20:00")
        #expect(schedule.nextOpening(weekday: 0, minute: 600) == "mon 22:00")
        #expect(schedule.nextOpening(weekday: 4, minute: 1_330) == "sat 08:00")
        #expect(schedule.nextOpening(weekday: 6, minute: 1_300) == "mon 22:00")
        #expect(try Self.schedule("wed 08:00-09:00").nextOpening(weekday: 2, minute: 480) == "wed 08:00")
    }

    @Test(arguments: ["22:00-07:00", "mon 00:00-24:00", "mon,tue,wed,thu,fri 09:05-17:50", "sun 23:59-00:01"])
    func windowReadsBackAsItWasWritten(text: String) throws {
        let schedule = try Self.schedule(text)
        #expect(schedule.texts == [text])
        #expect(try Self.schedule(schedule.texts[0]) == schedule)
    }

    @Test(arguments: [
        "", "22:00", "22:00-22:00", "00:00-00:00", "24:00-07:00", "22:00-24:01", "22:60-23:00", "2:00-3:00", "22-07",
        "mon 22:00", "mon- 22:00-23:00", ",mon 22:00-23:00", "mon-tue-wed 1:00-2:00", "day 22:00-23:00",
        "mon 22:00-23:00 x", "-1:00-02:00", "+1:00-02:00", "１２:00-13:00",
    ])
    func whatIsNoWindowIsRefusedWithItsPlace(text: String) throws {
        #expect(HostingSchedule.Window(text) == nil)
        let problems = try SettingsFolder.problems("hosting:\n  schedule: [\"22:00-07:00\", \"\(text)\"]\n")
        #expect(problems.map(\.kind) == [.outOfRange])
        #expect(problems.first?.position == SettingsPosition(line: 2, column: 29))
    }

    @Test func everyWindowThatIsNoneIsTold() throws {
        let problems = try SettingsFolder.problems(
            "hosting:\n  schedule: [\"25:00-07:00\", \"22:00-07:00\", \"mo-fri 10:00-11:00\", 22-7]\n")
        let words = problems.first?.what ?? ""
        for window in ["25:00-07:00", "mo-fri 10:00-11:00", "22-7"] { #expect(words.contains(window)) }
        #expect(!words.contains("22:00-07:00"))
    }

    @Test func scheduleIsReadFromAFileAndItsCountIsBounded() throws {
        let hosting = try #require(
            try SettingsFolder.settings("hosting:\n  schedule:\n    - 22:00-07:00\n    - sat,sun 08:00-20:00\n")
        ).hosting
        #expect(hosting.schedule?.texts == ["22:00-07:00", "sat,sun 08:00-20:00"])
        #expect(try SettingsFolder.settings("hosting: {schedule: []}")?.hosting.schedule?.windows == [])
        #expect(try SettingsFolder.settings("")?.hosting.schedule == nil)
        func many(_ count: Int) -> String {
            "hosting: {schedule: [" + Array(repeating: "\"01:00-02:00\"", count: count).joined(separator: ",") + "]}"
        }
        #expect(try SettingsFolder.settings(many(HostingSchedule.windowsMaximum)) != nil)
        #expect(try SettingsFolder.problems(many(HostingSchedule.windowsMaximum + 1)).map(\.kind) == [.outOfRange])
        #expect(try SettingsFolder.problems("hosting: {schedule: 22:00-07:00}").map(\.kind) == [.wrongType])
    }
}
