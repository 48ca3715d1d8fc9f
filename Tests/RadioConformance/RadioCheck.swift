/// Everything that is expected of a radio. The names say it; `RadioConformance.run` shows it.
public enum RadioCheck: String, CaseIterable, Sendable {
    case firstPollTellsState
    case advertisementIsHeardWhereItShould
    case bothPayloadsAreHeard
    case changedPayloadChangesAddress
    case tooMuchToAdvertiseIsRefused
    case nothingIsHeardAfterAdvertisingStops

    case messagesKeepBoundariesAndOrder
    case longestMessagePassesAndLongerIsRefused
    case emptyMessageGoesNowhere
    case unreadReceiverHoldsSenderBackAndLosesNothing
    case sinkMayUseTheRadioThatCallsIt
    case pollKeepsItsLimit

    case fullTableRefusesAndOthersGoOn
    case ownFullTableThrows
    case connectToNobodyTimesOut
    case connectToFormerAddressTimesOut
    case connectsAtTheSameTimeLeaveOneThatWorks
    case closeIsSeenByPeerAfterTheLastMessage
    case closeWhileConnectingTellsNothing
    case formerChannelReachesNobody
    case stopEndsEverything

    case garbageLeavesOtherChannelsAlone
    case silenceBelowIsToldAndLeavesChannelsAlone
    case floodOfConnectsStaysBounded
    case manyConnectsLeakNothing
    case silentPeerKeepsItsChannel
    case peerThatDoesNotPollHoldsNobodyUp
    case idleRadioSleeps
}

/// What a check found wrong.
public struct RadioFinding: Error, Hashable, Sendable, CustomStringConvertible {
    public let check: RadioCheck
    public let words: String
    public var description: String { "\(check.rawValue): \(words)" }
}

/// Why a check stopped: an expectation that did not hold.
struct Unmet: Error { let words: String }

func met(_ condition: Bool, _ words: @autoclosure () -> String) throws {
    if !condition { throw Unmet(words: words()) }
}
