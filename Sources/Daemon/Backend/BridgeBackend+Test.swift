import Bridging
import ControlAPI

extension BridgeBackend {
    /// A way that is open takes a fraction of a second; a neighbour's cap may hold an event back for some.
    private static let testMilliseconds = 8_000
    private static let lookMilliseconds = 50

    /// Sends a marked event along the real way, and waits for it.
    func test(_ name: String) async throws(ControlFailure) -> DeviceTestReport {
        let device = try await device(named: name)
        try await requireNotMoved()
        if let no = device.carriageNo(now: SystemTime.now.wall) { throw ControlFailure(no) }
        guard testing.claim() else {
            throw ControlFailure(.tooSoon, "a test is under way", remedy: "wait 10 seconds, then try again")
        }
        defer { testing.release() }
        let asked = try await host.startTest(device.id)
        var outcome = try await host.testOutcome()
        var waited = 0
        while asked > 0, waited < Self.testMilliseconds, outcome?.isComplete == false {
            try? await Task.sleep(for: .milliseconds(Self.lookMilliseconds))
            waited += Self.lookMilliseconds
            outcome = try await host.testOutcome()
        }
        let neighbours = (outcome?.neighbours ?? []).map { neighbour in
            DeviceTestReport.Neighbour(
                name: neighbour.name, milliseconds: neighbour.milliseconds.map { Int(clamping: $0) },
                via: neighbour.milliseconds == nil ? nil : neighbour.via)
        }
        return DeviceTestReport(name: device.name, neighbours: neighbours.sorted { $0.name < $1.name })
    }
}

extension BridgeHost {
    /// Asks the neighbours; returns how many.
    func startTest(_ id: Int64) throws(ControlFailure) -> Int {
        let core = try running()
        let now = SystemTime.now
        let asked: Int
        do throws(BridgeError) {
            asked = try core.bridge.startTest(device: id, now: now, into: &core.effects)
        } catch {
            throw ControlFailure(error)
        }
        core.settle(now)
        return asked
    }

    func testOutcome() throws(ControlFailure) -> DeviceTestOutcome? { try running().bridge.testOutcome }
}
