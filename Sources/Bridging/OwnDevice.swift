import Devices
import Sealing
import Wire

/// A device of this bridge's owner: what its home needs to open its events.
public struct OwnDevice {
    /// The number under which storage knows it.
    public let identifier: Int64
    public let name: String
    public let addressKind: AddressKind
    /// The six bytes in the low 48 bits: `0xAABBCCDDEEFF` is AA:BB:CC:DD:EE:FF.
    public let address: UInt64
    /// The grant under which its events travel; a new one after each enrolment.
    public let grantID: UInt64
    let cipher: BTHomeCipher
    /// The private half of the grant's sealing key.
    let sealingKey: AgreementKey
    /// What was let through, so that nothing is opened twice.
    var window: CounterWindow
    /// The frames that were let through before the counter was last reset, oldest first: none of them is opened again.
    var framesBefore: [UInt64]
    /// Whether the owner said no for it: then its grant is not proven any more.
    public internal(set) var isOptedOut: Bool
    /// When the newest of its events that were opened was heard, by its count.
    public internal(set) var lastHeard: WallTime?
    /// Why its last frame could not be opened, for the owner; nil after one that could.
    public internal(set) var lastFailure: OpeningFailure?
    /// What was last seen of it on its way.
    public internal(set) var facts = DeviceFacts()

    /// Frames remembered over resets of the counter: two windows full. The oldest go first.
    public static let framesBeforeMax = 2 * CounterWindow.rowsMax

    /// - Throws: `SealingError` if a key has the wrong length.
    public init(
        identifier: Int64, name: String, addressKind: AddressKind, address: UInt64, grantID: UInt64,
        bindKey: SecretBytes, sealingKey: SecretBytes, window: CounterWindow, framesBefore: [UInt64] = [],
        isOptedOut: Bool, lastHeard: WallTime?
    ) throws(SealingError) {
        self.identifier = identifier
        self.name = name
        self.addressKind = addressKind
        self.address = address
        self.grantID = grantID
        cipher = try BTHomeCipher(bindKey: bindKey)
        self.sealingKey = try AgreementKey(sealingKey)
        self.window = window
        self.framesBefore = framesBefore.suffix(Self.framesBeforeMax)
        self.isOptedOut = isOptedOut
        self.lastHeard = lastHeard
    }

    /// The device counts anew: any counter is let in next, and no frame that was.
    mutating func resetCounter() {
        framesBefore = (framesBefore + window.rows.map(\.frame)).suffix(Self.framesBeforeMax)
        window.reset()
        lastFailure = nil
        facts.failure = nil
        facts.failedAt = nil
    }
}

/// Why the home did not open an event. Each is told to the owner in words.
public enum OpeningFailure: Error, Hashable, Sendable {
    /// The packet was not sealed to this device's grant, or was altered.
    case notSealedToUs
    /// It was sealed for another device than the grant names.
    case otherDevice
    /// The bind key does not fit the frame.
    case bindKey
    /// The frame is not what BTHome v2 describes.
    case notBTHome(BTHomeError)
    /// This very frame was let through before.
    case replayed
    /// Its counter lies far behind, or two other frames with it were let through before.
    case counter

    /// One sentence with the remedy.
    public var explanation: String {
        switch self {
        case .notSealedToUs: "a packet did not open with this device's sealing key; it was altered on the way"
        case .otherDevice: "a packet under this device's grant held another device's address"
        case .bindKey: "the bind key does not open its frames: compare it with the one set in the device"
        case .notBTHome(let error): error.explanation
        case .replayed: "a frame came a second time and was not opened again"
        case .counter:
            "its frame counter went back, as after a change of battery: sidegate device reset-counter lets it in again"
        }
    }
}

/// An event that was opened and must now reach the disk: counter, seen id and what is to be delivered, in one transaction.
public struct OpenedEvent: Sendable {
    public let device: Int64
    public let deviceName: String
    public let eventID: UInt64
    public let counter: UInt32
    /// Counters below this one need not be stored any longer.
    public let lowestCounterKept: UInt32
    public let timeHeard: WallTime
    public let reading: Reading
    /// Whether a frame with a higher counter was opened before: then its states are out of date.
    public let isOutOfOrder: Bool
    /// Whether a frame with this counter was opened before.
    public let isSecondOfCounter: Bool
    /// Whether the frame says that its device sends only when something happens.
    public let isTriggerBased: Bool
}
