/// Why an operation on sealed or secret bytes did not happen.
public enum SealingError: Error, Equatable, Sendable {
    /// The bytes were not made with this key, or were changed on the way. Nothing of them may be used.
    case authenticationFailed
    /// An input is shorter or longer than its format allows.
    case wrongLength
    /// The buffer handed in for the result is too short for it. It was not written.
    case bufferTooSmall
    /// A key of the wrong length, or a public key that agrees on nothing (RFC 7748, section 6.1).
    case invalidKey
    /// The key has sealed or opened as many messages as its counter can number: make a new session.
    case nonceExhausted
    /// A handshake message at the wrong moment, or after one that failed.
    case outOfOrder
    /// libcrypto refused for a reason of its own, such as a missing algorithm or no memory.
    case libraryFailure
}
