import Foundation
import Settings
import Storage
import Testing

@testable import Daemon

/// What follows the clock: schedules, and noes that end by themselves.
@Suite struct HostTimeTests {
    private static func no(seconds: Int64, boot: String = "one") -> TemporaryNo {
        TemporaryNo(until: 10_000 + seconds, said: 10_000, start: BootTime(boot: boot, seconds: 500))
    }

    private static func hasEnded(
        _ no: TemporaryNo, wall: Int64, running: Int64, boot: String = "one", trusted: Bool = true, even: Int64 = 0
    ) -> Bool {
        no.hasEnded(
            wall: wall, now: BootTime(boot: boot, seconds: running), isClockTrusted: trusted,
            evenSince: BootTime(boot: boot, seconds: running - even))
    }

    @Test func temporaryNoEndsWhenBothClocksSaySo() {
        let no = Self.no(seconds: 7_200)
        #expect(!Self.hasEnded(no, wall: 17_199, running: 7_699))
        #expect(Self.hasEnded(no, wall: 17_200, running: 7_700))
    }

    @Test func clockThatJumpsOrIsNotTrustedDoesNotEndATemporaryNo() {
        let no = Self.no(seconds: 7_200)
        #expect(!Self.hasEnded(no, wall: 17_200, running: 600), "a jump forwards")
        #expect(!Self.hasEnded(no, wall: 5_000, running: 7_700), "a jump back")
        #expect(!Self.hasEnded(no, wall: 17_200, running: 7_700, trusted: false))
        #expect(Self.hasEnded(no, wall: 17_200, running: 7_700 - TemporaryNo.toleranceSeconds))
    }

    @Test func afterANewStartOfTheMachineTheClockMustHaveRunEvenlyForAnHour() {
        let no = Self.no(seconds: 7_200)
        #expect(!Self.hasEnded(no, wall: 50_000, running: 9_000, boot: "two", even: 3_599))
        #expect(Self.hasEnded(no, wall: 50_000, running: 9_000, boot: "two", even: 3_600))
        #expect(!Self.hasEnded(no, wall: 17_199, running: 9_000, boot: "two", even: 3_600))
        #expect(!Self.hasEnded(no, wall: 50_000, running: 9_000, boot: "two", trusted: false, even: 3_600))
    }

    @Test func evenClockBeginsAnewWhenTheClockIsSet() {
        var even = EvenClock()
        func look(_ wall: Int64, _ seconds: Int64) -> Int64 {
            even.look(wall: wall, now: BootTime(boot: "b", seconds: seconds)).seconds
        }
        #expect(look(1_000, 10) == 10)
        #expect(look(1_100, 130) == 10)
        #expect(look(9_000, 140) == 140)
        #expect(look(9_060, 200) == 140)
        #expect(look(1_000, 210) == 210)
    }

    @Test func ofTwoTemporaryNoesTheLaterEndStands() {
        var noes = HostingNoes(byCommand: false)
        for seconds in [100, 300, 200] as [Int64] { noes.add(Self.no(seconds: seconds)) }
        #expect(noes.temporary == Self.no(seconds: 300))
        #expect(!noes.byCommand)
        noes.add(nil)
        #expect(noes.byCommand)
        #expect(noes.temporary == Self.no(seconds: 300))
    }

    @Test func leapOfTheClockBetweenTwoTemporaryNoesShortensNeither() {
        // Until 18:00 said at 12:00; ten minutes later the clock shows 18:30, and somebody says until 18:31.
        let first = TemporaryNo(until: 64_800, said: 43_200, start: BootTime(boot: "one", seconds: 0))
        let second = TemporaryNo(until: 66_660, said: 66_600, start: BootTime(boot: "one", seconds: 600))
        for sum in [first.adding(second), second.adding(first)] {
            #expect(sum.until == 66_660)
            #expect(!Self.hasEnded(sum, wall: 70_000, running: 21_600 - TemporaryNo.toleranceSeconds - 1))
        }
        let later = TemporaryNo(until: 66_660, said: 66_600, start: BootTime(boot: "two", seconds: 600))
        #expect(!Self.hasEnded(first.adding(later), wall: 70_000, running: 3_000, boot: "two", even: 3_000))
    }

    @Test func leapOfTheClockClosesTheScheduleAndDoesNotOpenIt() {
        #expect(HostingNoes.scheduleNo(closed: "shut", standing: nil, isClockSettled: false) == "shut")
        #expect(HostingNoes.scheduleNo(closed: nil, standing: "shut", isClockSettled: false) != nil)
        #expect(HostingNoes.scheduleNo(closed: nil, standing: "shut", isClockSettled: true) == nil)
        #expect(HostingNoes.scheduleNo(closed: nil, standing: nil, isClockSettled: false) == nil)
    }

    @Test func temporaryNoOutlivesTheStoreAndOnlyItsOwnEndTakesItAway() throws {
        let folder = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let (first, second) = (Self.no(seconds: 100), Self.no(seconds: 200))
        var store = try BridgeStore(directory: folder)
        #expect(try store.temporaryNo() == nil)
        try store.setTemporaryNo(first.stored)
        try store.setTemporaryNo(second.stored)
        try store.close()
        store = try BridgeStore(directory: folder)
        #expect(try store.temporaryNo().map(TemporaryNo.init) == second)
        try store.endTemporaryNo(first.stored)
        #expect(try store.temporaryNo() != nil)
        #expect(try store.isNo(.hosting), "a new store's own no stands beside it")
        try store.endTemporaryNo(second.stored)
        #expect(try store.temporaryNo() == nil)
        #expect(try store.isNo(.hosting))
        try store.setTemporaryNo(first.stored)
        try store.withdrawNoToHosting(now: 5)
        #expect(try store.temporaryNo() == nil)
        #expect(try !store.isNo(.hosting))
    }

    /// In a process of its own, for a process has one time zone.
    @Test func nightsStayNightsWhenSummerTimeBeginsAndEnds() async {
        await #expect(processExitsWith: .success) {
            setenv("TZ", "CET-1CEST,M3.5.0,M10.5.0/3", 1)
            let window = HostingSchedule.Window("22:00-07:00")
            let schedule = HostingSchedule(windows: [try #require(window)])
            func openMinutes(_ start: Int64, hours: Int64) -> Int {
                (0..<hours * 60).count { schedule.closed(unixSeconds: start + $0 * 60) == nil }
            }
            // From noon to noon: 2026-03-28 and 2026-10-24, and an ordinary day.
            #expect(openMinutes(1_774_695_600, hours: 23) == 8 * 60)
            #expect(openMinutes(1_792_836_000, hours: 25) == 10 * 60)
            #expect(openMinutes(1_790_762_400, hours: 24) == 9 * 60)
            #expect(
                LocalTime(unixSeconds: 1_774_695_600) == LocalTime(unixSeconds: 1_774_695_600 + 6 * 86_400 + 82_800))
            let closed = schedule.closed(unixSeconds: 1_774_695_600)
            #expect(closed == "outside the schedule: hosting.schedule opens sat 22:00")
        }
    }
}
