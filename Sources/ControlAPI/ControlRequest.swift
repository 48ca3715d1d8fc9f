/// Everything a caller can ask of the bridge, but watching it.
public enum ControlRequest: Sendable {
    case status
    case createNetwork(NetworkCreation)
    case invite
    case joinNetwork(NetworkJoining)
    case members
    case leaveNetwork
    case devices
    case addDevice(DeviceAddition)
    case traceDevice(name: String)
    /// Answered when the test is over, after up to 8 s.
    case testDevice(name: String)
    case resetCounter(name: String)
    case revokeDevice(name: String)
    case removeDevice(name: String)
    case exportHome(HomeExport)
    case importHome(HomeImport)
    case resumeHome
    case sayNo(ConsentSubject)
    case sayYes(ConsentSubject)
    /// Today and the `days` - 1 days before it; 1 to 400.
    case ledger(days: Int)
    case holdings
}
