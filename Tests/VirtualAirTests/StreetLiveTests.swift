import RadioInterface
import Testing
import Wire

@testable import RadioConformance
@testable import VirtualAir

@Suite struct StreetLiveTests {
    /// With and without the system telling of changes.
    @Test(arguments: [true, false]) func cutChannelCarriesNothingAndHealsOrTimesOut(watches: Bool) throws {
        let fixture = try AirFixture()
        let stage = try fixture.stage("left", "right", watches: watches)
        let (near, far) = try stage.link(0, 1)
        try stage.pass(0, near, 1, far, [1])
        fixture.write(street: "left -> right\n")
        try stage.expect("both should notice the cut") {
            stage.radios.allSatisfy { $0.channels.contains { $0.isCut } }
        }
        #expect(stage.send(0, near, [2]) == .sent)
        stage.run(milliseconds: 200)
        #expect(stage.recorders[1].messages(far) == [[1]], "nothing should pass a cut")
        fixture.write(street: "left <-> right\n")
        try stage.expect("what waited should arrive") { stage.recorders[1].messages(far) == [[1], [2]] }
        #expect(stage.recorders[0].ended.isEmpty && stage.recorders[1].ended.isEmpty)

        fixture.write(street: "left <-> right loss 100\n")
        try stage.expect("both ends should time out") {
            stage.recorders[0].end(of: near) == .timedOut && stage.recorders[1].end(of: far) == .timedOut
        }
        stage.recorders[0].forgetHeard()
        stage.run(milliseconds: 300)
        #expect(stage.recorders[0].heard.isEmpty, "nothing should be heard over a cut")

        fixture.removeStreet()
        let again = try stage.link(0, 1)
        try stage.pass(0, again.from, 1, again.to, [3])
    }

    @Test func streetThatTurnsBadIsReportedAndLeavesTheLastGoodOneInForce() throws {
        let fixture = try AirFixture()
        fixture.write(street: "left <-> right\n")
        let stage = try fixture.stage("left", "right", "stranger")
        let (near, far) = try stage.link(0, 1)
        fixture.write(street: "left <-> right\nleft <-> stranger\nleft loves stranger\n")
        try stage.expect("it should be reported") {
            if case .degraded = stage.recorders[0].states.last { true } else { false }
        }
        #expect(stage.radios[0].streetProblem?.line == 3)
        #expect(stage.radios[0].streetProblem?.column == 6)
        #expect(
            stage.recorders[0].states.last
                == .degraded(
                    "\(fixture.path)/street:3:6: \"loves\" where an arrow belongs: write <-> for both ways or -> for one; "
                        + "the last good one stays in force"))
        try stage.pass(0, near, 1, far, [1])
        stage.run(milliseconds: 300)
        #expect(stage.recorders[2].heard(stage.beacon(1)) == nil, "nothing of the bad street should be in force")
        fixture.write(street: "left <-> right\n")
        try stage.expect("it should be up again") { stage.recorders[0].states.last == .up }
        #expect(stage.radios[0].streetProblem == nil)
        #expect(stage.recorders[0].states.count == 3)
    }

    @Test func radioThatAppearsLaterIsHeardAndHears() throws {
        for watches in [true, false] {
            let fixture = try AirFixture()
            let first = try fixture.radio("left", watches: watches)
            let alone = Stage([first], traits: RadioTraits())
            try first.advertise([alone.beacon(0)])
            alone.run(milliseconds: 150)
            let stage = Stage([first, try fixture.radio("right", watches: watches)], traits: RadioTraits())
            let (near, far) = try stage.link(1, 0)
            try stage.pass(1, near, 0, far, [1])
            let back = try stage.link(0, 1)
            try stage.pass(0, back.from, 1, back.to, [2])
        }
    }

    @Test func emittedAdvertisementIsHeardByWhomTheStreetSays() throws {
        let fixture = try AirFixture()
        fixture.write(street: "sensor -> left signal -80\nsensor -> right\nsensor -> deaf loss 100\n")
        let stage = try fixture.stage("left", "right", "deaf", "far")
        let address = RadioAddress(value: 0xa4c1_3812_3456, kind: .public)
        let data = [UInt8](repeating: 0x16, count: 31)
        var generator = AirGenerator(seed: 1)
        let outcome = try VirtualEmitter.emit(
            air: fixture.path, name: "sensor", address: address, signalDBm: -42, data: data, using: &generator)
        #expect(outcome.heardBy.map(\.text) == ["left", "right"])
        #expect(outcome.missedBy.isEmpty)
        try stage.expect("both should hear it") {
            stage.recorders[0].heard(data) != nil && stage.recorders[1].heard(data) != nil
        }
        stage.run(milliseconds: 100)
        #expect(stage.recorders[0].heard == [.init(address: address, signalDBm: -80, data: data)])
        #expect(stage.recorders[1].heard == [.init(address: address, signalDBm: -42, data: data)])
        #expect(stage.recorders[2].heard.isEmpty && stage.recorders[3].heard.isEmpty)
        // A device is no radio: nobody connects to it.
        let channel = try stage.radios[0].connect(to: address, timeoutMilliseconds: 100, now: stage.now)
        try stage.expect("a connect to it should time out") { stage.recorders[0].end(of: channel) == .timedOut }
    }

    @Test func emitRefusesWhatIsTooLongAndABadStreet() throws {
        let fixture = try AirFixture()
        let address = RadioAddress(value: 1, kind: .public)
        var generator = AirGenerator(seed: 1)
        #expect(throws: AirError.dataTooLong(bytesMax: 229)) {
            try VirtualEmitter.emit(
                air: fixture.path, name: "sensor", address: address, data: [UInt8](repeating: 0, count: 230),
                using: &generator)
        }
        #expect(throws: AirError.nameInvalid("sen sor")) {
            try VirtualEmitter.emit(
                air: fixture.path, name: "sen sor", address: address, data: [], using: &generator)
        }
        fixture.write(street: "sensor\n")
        let error = #expect(throws: AirError.self) {
            try VirtualEmitter.emit(air: fixture.path, name: "sensor", address: address, data: [], using: &generator)
        }
        guard case .street = error else {
            return #expect(Bool(false), "a bad street should be thrown, not \(String(describing: error))")
        }
    }
}
