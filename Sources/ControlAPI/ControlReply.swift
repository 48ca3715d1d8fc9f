/// What the bridge answers, one case for each kind of request.
public enum ControlReply: Sendable {
    case status(StatusReport)
    /// To creating and to joining.
    case network(NetworkSummary)
    case invitation(Invitation)
    case members(MemberList)
    case devices(DeviceList)
    /// To adding, revoking and resetting the counter: the device as it now is.
    case device(DeviceSummary)
    case trace(DeviceTrace)
    case test(DeviceTestReport)
    case homeFile(HomeFileAnswer)
    /// To importing and to resuming.
    case home(HomeSummary)
    /// To a no and to a yes: how things now stand.
    case consent(ConsentReport)
    case ledger(LedgerReport)
    case holdings(HoldingsReport)
    /// A document that is JSON already.
    case document([UInt8])
    /// Done; there is nothing to tell.
    case done
    case failed(ControlFailure)
}
