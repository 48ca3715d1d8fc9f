import RadioInterface

/// The checks that every radio has to pass, over whatever a factory makes. Real time, one thread, no test framework:
/// it runs wherever the radios do.
public struct ConformanceRun<Factory: RadioFactory> {
    public private(set) var factory: Factory

    public init(_ factory: Factory) { self.factory = factory }

    /// Runs one check. Empty if the radio is as it should be, or is exempt from it.
    public mutating func run(_ check: RadioCheck) -> [RadioFinding] {
        guard factory.traits.exemptions[check] == nil else { return [] }
        do {
            try carryOut(check)
            return []
        } catch let unmet as Unmet {
            return [RadioFinding(check: check, words: unmet.words)]
        } catch {
            return [RadioFinding(check: check, words: "unexpected error: \(error)")]
        }
    }

    /// Runs all checks in order.
    public mutating func runAll() -> [RadioFinding] {
        var findings: [RadioFinding] = []
        for check in RadioCheck.allCases { findings += run(check) }
        return findings
    }

    private mutating func carryOut(_ check: RadioCheck) throws {
        switch check {
        case .firstPollTellsState: try firstPollTellsState()
        case .advertisementIsHeardWhereItShould: try advertisementIsHeardWhereItShould()
        case .bothPayloadsAreHeard: try bothPayloadsAreHeard()
        case .changedPayloadChangesAddress: try changedPayloadChangesAddress()
        case .tooMuchToAdvertiseIsRefused: try tooMuchToAdvertiseIsRefused()
        case .nothingIsHeardAfterAdvertisingStops: try nothingIsHeardAfterAdvertisingStops()
        case .messagesKeepBoundariesAndOrder: try messagesKeepBoundariesAndOrder()
        case .longestMessagePassesAndLongerIsRefused: try longestMessagePassesAndLongerIsRefused()
        case .emptyMessageGoesNowhere: try emptyMessageGoesNowhere()
        case .unreadReceiverHoldsSenderBackAndLosesNothing: try unreadReceiverHoldsSenderBackAndLosesNothing()
        case .sinkMayUseTheRadioThatCallsIt: try sinkMayUseTheRadioThatCallsIt()
        case .pollKeepsItsLimit: try pollKeepsItsLimit()
        case .fullTableRefusesAndOthersGoOn: try fullTableRefusesAndOthersGoOn()
        case .ownFullTableThrows: try ownFullTableThrows()
        case .connectToNobodyTimesOut: try connectToNobodyTimesOut()
        case .connectToFormerAddressTimesOut: try connectToFormerAddressTimesOut()
        case .connectsAtTheSameTimeLeaveOneThatWorks: try connectsAtTheSameTimeLeaveOneThatWorks()
        case .closeIsSeenByPeerAfterTheLastMessage: try closeIsSeenByPeerAfterTheLastMessage()
        case .closeWhileConnectingTellsNothing: try closeWhileConnectingTellsNothing()
        case .formerChannelReachesNobody: try formerChannelReachesNobody()
        case .stopEndsEverything: try stopEndsEverything()
        case .garbageLeavesOtherChannelsAlone: try garbageLeavesOtherChannelsAlone()
        case .silenceBelowIsToldAndLeavesChannelsAlone: try silenceBelowIsToldAndLeavesChannelsAlone()
        case .floodOfConnectsStaysBounded: try floodOfConnectsStaysBounded()
        case .manyConnectsLeakNothing: try manyConnectsLeakNothing()
        case .silentPeerKeepsItsChannel: try silentPeerKeepsItsChannel()
        case .peerThatDoesNotPollHoldsNobodyUp: try peerThatDoesNotPollHoldsNobodyUp()
        case .idleRadioSleeps: try idleRadioSleeps()
        }
    }

    /// Radios for one check, stopped and discarded after it.
    mutating func withRadios(
        _ count: Int, limits: RadioLimits = RadioLimits(acceptsPerSecond: 1_000_000),
        hears: (_ listener: Int, _ sender: Int) -> Bool = { _, _ in true },
        _ body: (Stage<Factory.Subject>) throws -> Void
    ) throws {
        try withRadiosAndFactory(count, limits: limits, hears: hears) { stage, _ in try body(stage) }
    }

    /// The same, with the factory as it is once it has made them: one copied before knows nothing of them.
    mutating func withRadiosAndFactory(
        _ count: Int, limits: RadioLimits = RadioLimits(acceptsPerSecond: 1_000_000),
        hears: (_ listener: Int, _ sender: Int) -> Bool = { _, _ in true },
        _ body: (Stage<Factory.Subject>, Factory) throws -> Void
    ) throws {
        defer { factory.discard() }
        let stage = Stage(try factory.makeRadios(count, limits: limits, hears: hears), traits: factory.traits)
        defer { for radio in stage.radios { radio.stop() } }
        try body(stage, factory)
    }
}
