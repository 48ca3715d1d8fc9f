import Consent
import SeededRandom
import Testing
import Wire

@testable import Bridging

/// Clocks that are not set, leap, or run backwards.
struct ClockTests {
    private static let built = WallTime(seconds: 1_700_000_000)
    private static let noon: Int64 = 1_800_000_000

    /// A machine: one monotonic clock from its start, one wall clock that can be set at will, and what its disk noted.
    private struct Machine {
        var keeper: ClockKeeper
        var disk = WallTime(seconds: 0)
        var instant: Int64 = 0
        var wall: Int64

        init(wall: Int64, disk: Int64 = 0) {
            self.wall = wall
            self.disk = WallTime(seconds: UInt32(clamping: disk))
            keeper = ClockKeeper(built: ClockTests.built, stored: self.disk)
            judge()
        }

        mutating func judge() {
            keeper.judge(
                Moment(instant: Instant(seconds: instant), wall: WallTime(seconds: UInt32(clamping: wall))))
            if keeper.isSettled { disk = max(disk, keeper.latest) }
        }

        mutating func pass(_ seconds: Int64, leap: Int64 = 0) {
            wall += leap
            judge()
            for _ in 0..<seconds / 60 {
                instant += 60
                wall += 60
                judge()
            }
        }

        mutating func restart(after seconds: Int64, leap: Int64 = 0) {
            self = Machine(wall: wall + seconds + leap, disk: Int64(disk.seconds))
        }
    }

    @Test func clockThatIsNotSetAtTheStartIsGoodOnceItIs() {
        var machine = Machine(wall: 4, disk: Self.noon)
        #expect(machine.keeper.state == .unset)
        #expect(!machine.keeper.isSettled)
        machine.pass(600)
        #expect(machine.keeper.state == .unset)
        machine.pass(60, leap: Self.noon + 86_400)
        #expect(machine.keeper.state == .good)
        #expect(machine.keeper.isSettled)
        #expect(machine.disk.seconds > UInt32(Self.noon))
    }

    @Test(arguments: [600, 86_400, 20 * 86_400, 3_000 * 86_400] as [Int64])
    func leapAheadThatIsTakenBackWithinTheHourLeavesNoMark(leap: Int64) {
        var machine = Machine(wall: Self.noon)
        machine.pass(7_200)
        let mark = machine.disk
        machine.pass(1_800, leap: leap)
        #expect(machine.disk == mark, "a leap became a mark that the right time would fall behind")
        machine.pass(60, leap: -leap)
        #expect(machine.keeper.state == .good)
        machine.pass(7_200)
        #expect(machine.disk > mark)
    }

    @Test func leapAheadThatStaysIsBelievedAfterAnHour() {
        var machine = Machine(wall: Self.noon)
        machine.pass(600, leap: 0)
        machine.pass(4_000, leap: 86_400)
        #expect(machine.keeper.isSettled)
        #expect(machine.disk.seconds > UInt32(Self.noon + 86_400))
    }

    @Test func clockSetBackIsBehindAlsoOverRestartsUntilItHasCaughtUp() {
        var machine = Machine(wall: Self.noon)
        machine.pass(7_200)
        machine.pass(600, leap: -3_600)
        #expect(machine.keeper.state == .behind)
        for _ in 0..<5 {
            machine.restart(after: 60, leap: -120)
            #expect(machine.keeper.state == .behind)
        }
        machine.restart(after: 7_200)
        #expect(machine.keeper.state == .good)
    }

    @Test func bridgeThatWasOffForSomeDaysBelievesItsClockAtOnceAndYearsLaterAfterAnHour() {
        var machine = Machine(wall: Self.noon)
        machine.pass(600)
        machine.restart(after: 10 * 86_400)
        #expect(machine.keeper.isSettled)
        machine.restart(after: 400 * 86_400)
        #expect(machine.keeper.state == .good)
        #expect(!machine.keeper.isSettled)
        machine.pass(3_660)
        #expect(machine.keeper.isSettled)
    }

    /// Whatever is done to the clock: the mark never falls, it is never good behind the mark, and never good unset.
    @Test(arguments: 1...30 as ClosedRange<UInt64>)
    func whateverTheClockDoesTheMarkNeverFallsAndNoTimeBehindItIsGood(seed: UInt64) {
        var random = SplitMix64(seed: seed)
        var machine = Machine(wall: Self.noon)
        for _ in 0..<200 {
            let mark = machine.disk
            let leap = [0, 0, 90, -90, 4_000, -4_000, 200_000, -200_000, -Self.noon][random.number(below: 9)]
            if random.chance(20) {
                machine.restart(after: Int64(random.number(below: 100_000)), leap: leap)
            } else {
                machine.pass(Int64(random.number(below: 5_000)), leap: leap)
            }
            if machine.wall < 0 || random.chance(10) { machine.wall = Self.noon + machine.instant }
            machine.judge()
            #expect(machine.disk >= mark)
            if machine.keeper.state == .good {
                #expect(machine.wall >= Int64(Self.built.seconds))
                #expect(machine.wall + 120 >= Int64(mark.seconds))
            }
        }
    }

    /// The host in the middle has the wrong time: it lends nothing; once it is right, it does.
    @Test(arguments: [-300_000_000, -7_200] as [Int64])
    func bridgeWithAWrongClockRelaysNothingUntilItIsRight(offset: Int64) throws {
        let street = try VirtualStreet.chain(3, seed: 21)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.run(seconds: 7_200)
        street.nodes[1].wallOffsetSeconds = offset
        street.run(seconds: 60)
        let relayed = street.nodes[1].log.relayed
        street.emit(sensor, near: [2])
        street.run(seconds: 120)
        #expect(!street.isDelivered(sensor, 0))
        #expect(street.nodes[1].log.relayed == relayed)
        street.nodes[1].wallOffsetSeconds = 0
        #expect(street.run(atMost: 300) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 1) })
        #expect(street.failures == [])
    }

    /// A leap ahead in the middle, as from a bad time server, and back: nothing is lost but what came meanwhile.
    @Test func leapAheadAndBackLeavesAStreetThatWorks() throws {
        let street = try VirtualStreet.chain(3, seed: 22)
        let sensor = try street.adoptSensor(home: 0)
        #expect(street.run(atMost: 60) { street.isOpen(sensor) })
        street.run(seconds: 3_600)
        street.nodes[1].wallOffsetSeconds = 5 * 86_400
        street.run(seconds: 900)
        street.nodes[1].wallOffsetSeconds = 0
        #expect(street.run(atMost: 3_600) { street.isOpen(sensor) })
        street.emit(sensor, near: [2])
        #expect(street.run(atMost: 60) { street.isDelivered(sensor, 0) })
        #expect(street.failures == [])
    }

    @Test func leapOfTwoDaysBringsNoAllowanceBackBeforeItIsBelieved() throws {
        let street = try VirtualStreet.chain(2, seed: 640)
        street.crash(1)
        let today = street.moment(of: 1).wall.day
        street.nodes[1].disk.clock = street.moment(of: 1).wall
        street.nodes[1].disk.reservations = (today - 31...today).map { .init(day: $0, totalBytes: 3_000_000) }
        street.cut(0, 1)
        try street.start(1)
        street.run(seconds: 60)
        let used = { street.nodes[1].running?.bridge.relay.monthUsedBytes(now: street.moment(of: 1)) ?? 0 }
        let before = used()
        #expect(before == 32 * 3_000_000)
        street.nodes[1].wallOffsetSeconds += 2 * 86_400
        street.run(seconds: 300)
        #expect(used() == before)
        street.run(seconds: ClockKeeper.settleSeconds)
        #expect(used() < before)
    }

    @Test func farLeapBeforeAStartBringsNoAllowanceBack() throws {
        let street = try VirtualStreet.chain(2, seed: 641)
        street.crash(1)
        let today = street.moment(of: 1).wall.day
        street.nodes[1].disk.clock = street.moment(of: 1).wall
        street.nodes[1].disk.reservations = (today - 31...today).map { .init(day: $0, totalBytes: 3_000_000) }
        street.cut(0, 1)
        street.nodes[1].wallOffsetSeconds += 100 * 86_400
        try street.start(1)
        street.run(seconds: 300)
        let used = street.nodes[1].running?.bridge.relay.monthUsedBytes(now: street.moment(of: 1)) ?? 0
        #expect(used == 32 * 3_000_000)
    }
}
