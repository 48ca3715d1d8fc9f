import Bridging
import Consent
import ControlAPI
import Devices
import Storage
import Wire

extension BridgeBackend {
    /// Why nothing arrived of one own device.
    func trace(_ name: String) async throws(ControlFailure) -> DeviceTrace {
        let device = try await device(named: name)
        let id = device.id
        let figures = try await host.fromDisk { store throws(StorageError) in try store.figures()[id] }
        let (word, delivery) = await worker.delivery(of: id)
        let waiting = try await host.fromDisk { store throws(StorageError) in
            try word.map { word throws(StorageError) in try store.outboxCount(topicsBelow: word) } ?? 0
        }
        let report = try await host.report()
        var facts = TraceFacts(now: SystemTime.now.wall, name: device.name)
        facts.isMoved = await host.noes.isMoved
        facts.isRevoked = device.isRevoked
        facts.isOptedOut = device.isOptedOut
        facts.optInEnds = device.optInEnd
        facts.scope = ConsentBits(rawValue: UInt8(truncatingIfNeeded: device.scope))
        facts.ratePerMinute = Int(device.ratePerMinute)
        facts.figures = DeviceFigures(figures ?? StoredFigures(), lastHeard: device.lastHeard)
        facts.clockProblem = report.bridge.clock.problem
        facts.isInNetwork = report.bridge.networkID != nil
        facts.isRadioUp = report.radioIsUp
        facts.radioDetail = report.radioDetail
        facts.links = report.bridge.links.map(\.memberName).sorted()
        facts.otherMembers = report.bridge.members.count { !$0.isSelf && !$0.hasDeparted }
        facts.standing = report.devices[id]?.grant
        facts.way = report.devices[id]?.facts ?? DeviceFacts()
        facts.broker = broker.report
        facts.waiting = waiting
        facts.diskProblem = await host.noes.diskProblem
        facts.deliver = device.deliver
        facts.delivery = delivery
        return DeviceTracer(facts: facts).trace
    }
}
