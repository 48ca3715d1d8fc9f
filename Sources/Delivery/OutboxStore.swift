/// The messages that wait on disk for the broker, in the order in which they came.
///
/// All functions are called from one task at a time. An identifier that is no longer there is passed over in silence.
/// Triggers that were marked by `sending` when the process ended are the owner's to remove at the next start.
public protocol OutboxStore: Sendable {
    /// Up to `limit` messages with an identifier above `identifier`, ascending, without those marked by `sending`.
    func pending(after identifier: Int64, limit: Int) throws -> [(Int64, BrokerMessage)]

    /// Called before a trigger is handed to the broker: from now on, and after a crash too, `pending` must not return it
    /// again, for nobody could tell whether the broker has it. False if it is gone or marked already: then it is not sent.
    func sending(_ identifier: Int64) throws -> Bool

    /// The broker has them, or will never take them: they can go.
    func delivered(_ identifiers: [Int64]) throws

    /// Triggers that were not sent in time, or were lost with a session, marked as they were: they can go.
    func expired(_ identifiers: [Int64]) throws
}
