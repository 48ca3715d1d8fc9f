/// Why BTHome service data was not opened, or not made.
public enum BTHomeError: Error, Hashable, Sendable {
    /// The bytes end before what the info byte promises.
    case tooShort
    /// More bytes than one advertisement holds.
    case tooLong
    /// The info byte names another version of BTHome than 2.
    case unsupportedVersion(UInt8)
    /// The frame is plain: anybody can forge it and guess it.
    case notEncrypted
    /// The bind key does not open the frame: another key, another address, or damage.
    case authenticationFailed
    /// Wanted for sending: a word that is no `name=value`, an unknown name, or a value that its object cannot hold.
    case unusableWord(String)

    /// What is wrong, and what the owner can do about it.
    public var explanation: String {
        switch self {
        case .tooShort: "the advertisement is cut off: the device may be of another make, or its firmware broken"
        case .tooLong: "the objects do not fit into one advertisement: send fewer at once"
        case .unsupportedVersion(let version):
            "the device speaks version \(version) of BTHome and Sidegate only version 2: update its firmware"
        case .notEncrypted:
            "the device sends plain frames, which anybody can forge: set a bind key (encryption) in the device's app, "
                + "then enrol it with that key"
        case .authenticationFailed:
            "the bind key does not open the frame: compare the key and the address with those in the device's app"
        case .unusableWord(let word): "\"\(word)\" is not an object that BTHome can send, as in temperature=25.06"
        }
    }
}
