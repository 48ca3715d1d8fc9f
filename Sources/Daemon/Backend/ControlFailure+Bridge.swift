import Bridging
import ControlAPI
import Storage

extension ControlFailure {
    /// What a command of the bridge failed by, in words with the remedy.
    init(_ error: BridgeError) {
        switch error {
        case .noNetwork:
            self.init(
                .noNetwork, "this bridge is in no network",
                remedy: "sidegate network create, or sidegate network join CODE")
        case .networkExists:
            self.init(.networkExists, "this bridge is in a network already", remedy: "sidegate network leave")
        case .joiningAlready:
            self.init(.busy, "this bridge is joining a network", remedy: "wait half a minute and try again")
        case .clockUnset:
            self.init(
                .clockUnset, "the clock is not set, or behind a time that this bridge has seen", remedy: "set the clock"
            )
        case .unknownDevice: self.init(.unknownDevice, "there is no such device", remedy: "sidegate device list")
        case .grantNotHeld:
            self.init(
                .full, "this bridge does not hold the device's grant", remedy: "remove the device, then add it again")
        case .testTooSoon:
            self.init(.tooSoon, "the last test was less than 10 seconds ago", remedy: "wait, then try again")
        case .full: self.init(.full, "there are as many devices as a bridge can have")
        case .badTerms: self.init(.badRequest, "no grant can have these terms: at least one step of scope is needed")
        case .rejected: self.init(.full, "the network's registry does not take it: one of its bounds is reached")
        case .sealing, .randomnessExhausted: self.init(.failed, "the bridge failed; nothing was changed")
        }
    }

    /// What is thrown without a type.
    init(bridge error: any Error) {
        if let error = error as? BridgeError {
            self.init(error)
        } else {
            self.init(.failed, "the bridge failed; nothing was changed")
        }
    }

    init(_ failure: JoinFailure) {
        switch failure {
        case .nobodyAnswers:
            self.init(
                .codeUnanswered, "no bridge in reach answers to this code",
                remedy: "check the code, ask for a new one, or carry the bridges nearer to each other")
        case .brokenOff:
            self.init(
                .codeUnanswered, "a bridge answered to this code and broke off", remedy: "ask for a new code, try again"
            )
        case .untrustworthy:
            self.init(
                .codeUnanswered, "a bridge answered to this code with members that do not lead to the founder",
                remedy: "ask the neighbour whether their bridge was tampered with")
        }
    }

    init(_ error: StorageError) {
        let code: Code = error.kind == .limitReached ? .full : .failed
        self.init(code, "\(error.path): \(error.what)", remedy: error.remedy)
    }
}
