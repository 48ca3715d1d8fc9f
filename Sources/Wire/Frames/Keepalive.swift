/// Asks whether the other side is there, or answers that.
@frozen public struct Keepalive: Hashable, Sendable {
    public var isAnswer: Bool
    /// Repeated in the answer.
    public var number: UInt16

    @inlinable public init(isAnswer: Bool, number: UInt16) {
        self.isAnswer = isAnswer
        self.number = number
    }
}
