/// What the kernel answers to a management command (doc/mgmt-api.txt of BlueZ, "Error codes").
struct ManagementStatus: RawRepresentable, Hashable, Sendable {
    let rawValue: UInt8

    static let success = ManagementStatus(rawValue: 0x00)
    static let unknownCommand = ManagementStatus(rawValue: 0x01)
    static let failed = ManagementStatus(rawValue: 0x03)
    static let noResources = ManagementStatus(rawValue: 0x07)
    static let busy = ManagementStatus(rawValue: 0x0a)
    static let rejected = ManagementStatus(rawValue: 0x0b)
    static let notSupported = ManagementStatus(rawValue: 0x0c)
    static let invalidParameters = ManagementStatus(rawValue: 0x0d)
    static let notPowered = ManagementStatus(rawValue: 0x0f)
    static let invalidIndex = ManagementStatus(rawValue: 0x11)
    static let rfkilled = ManagementStatus(rawValue: 0x12)
    static let permissionDenied = ManagementStatus(rawValue: 0x14)

    var words: String {
        switch self {
        case .success: "success"
        case .unknownCommand: "not known to this kernel"
        case .failed: "failed"
        case .noResources: "no room for it"
        case .busy: "busy"
        case .rejected: "rejected"
        case .notSupported: "not supported"
        case .invalidParameters: "parameters not taken"
        case .notPowered: "not powered"
        case .invalidIndex: "no such adapter"
        case .rfkilled: "blocked by rfkill"
        case .permissionDenied: "not permitted"
        default: "status \(rawValue)"
        }
    }
}
