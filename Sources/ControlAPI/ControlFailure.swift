/// Why a request was not done, in words for a person. JSON: `{"error": code, "message": ..., "remedy": ...}`.
public struct ControlFailure: Error, Codable, Sendable, Equatable {
    public var code: Code
    /// What is wrong, one sentence.
    public var message: String
    /// What to do about it, if there is something.
    public var remedy: String?

    public init(_ code: Code, _ message: String, remedy: String? = nil) {
        self.code = code
        self.message = message
        self.remedy = remedy
    }

    private enum CodingKeys: String, CodingKey {
        case code = "error"
        case message, remedy
    }

    /// The closed list of reasons.
    public enum Code: String, Codable, Sendable, CaseIterable {
        /// The request's JSON, path or a value in it is wrong; `message` says where.
        case badRequest = "bad_request"
        /// The caller is neither root, nor the daemon's user, nor in the socket's group.
        case notAllowed = "not_allowed"
        case unknownRoute = "unknown_route"
        case unknownMethod = "unknown_method"
        /// The device named does not exist.
        case unknownDevice = "unknown_device"
        /// A device of that name or address exists already.
        case deviceExists = "device_exists"
        /// This needs a network and the bridge is in none.
        case noNetwork = "no_network"
        /// The bridge is in a network already.
        case networkExists = "network_exists"
        /// There is a home on this machine already.
        case homeExists = "home_exists"
        /// This home was exported and lives elsewhere.
        case homeMoved = "home_moved"
        /// What is to be imported does not open, or is no home.
        case notAHome = "not_a_home"
        /// No neighbour may carry the device's events, by its owner's own word: `message` says which.
        case notCarried = "not_carried"
        /// No bridge in reach answered to the invitation's code.
        case codeUnanswered = "code_unanswered"
        /// The clock is not set, so that nothing that expires can be made.
        case clockUnset = "clock_unset"
        /// A bound of the bridge is reached: members, devices, invitations.
        case full
        /// Head or body of the request are beyond the limit.
        case tooLarge = "too_large"
        /// The request did not arrive in time.
        case tooSlow = "too_slow"
        /// The last of its kind was a moment ago.
        case tooSoon = "too_soon"
        /// Too many connections or watchers, or the bridge is starting or stopping.
        case busy
        /// The bridge does not do this yet.
        case unsupported
        /// The bridge failed, for example to write to its disk. Nothing was changed.
        case failed
    }
}

extension ControlFailure.Code {
    /// The HTTP status that carries this code.
    public var httpStatus: Int {
        switch self {
        case .badRequest: 400
        case .notAllowed: 403
        case .unknownRoute, .unknownDevice: 404
        case .unknownMethod: 405
        case .tooSlow: 408
        case .deviceExists, .noNetwork, .networkExists, .codeUnanswered, .clockUnset, .full, .homeExists,
            .homeMoved, .notAHome, .notCarried:
            409
        case .tooLarge: 413
        case .tooSoon: 429
        case .failed: 500
        case .unsupported: 501
        case .busy: 503
        }
    }

    /// The exit code of `sidegate`: 1 the answer is no, 2 usage, 3 daemon not reachable, 4 refused.
    public var exitCode: Int32 {
        switch self {
        case .unknownDevice, .deviceExists, .noNetwork, .networkExists, .codeUnanswered, .clockUnset, .full,
            .homeExists, .homeMoved, .notAHome, .notCarried, .tooSoon:
            1
        case .badRequest, .tooLarge: 2
        case .tooSlow, .busy: 3
        case .notAllowed, .unknownRoute, .unknownMethod, .unsupported, .failed: 4
        }
    }
}
