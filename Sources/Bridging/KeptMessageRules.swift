import Wire

/// What a host does with messages that its radio does not take yet: daemon and laboratory keep to the same rules.
public enum KeptMessageRules {
    /// So many are kept of one channel. With one more the channel ends: the bridge was told that it is full, and can only
    /// be out of step.
    public static let messagesMax = 32

    /// Whether a record that is stored may have ended a grant whose packets are kept. Then the channels for which packets
    /// are kept end: a session cannot go on with a message missing. Those for which only other messages are kept do not: a
    /// revocation comes when much is told, and would cut links all over the mesh. What the radio has taken counts as sent.
    public static func endsGrants(_ record: [UInt8]) -> Bool {
        switch record.withUnsafeBytes({ try? RecordKind(recordBytes: $0) }) {
        case .revocation, .deviceOptOut, .departure: true
        default: false
        }
    }
}
