/// One row of BTHome's table of objects: what the bytes behind an object id mean.
public struct ObjectKind: Hashable, Sendable {
    /// The object id, the first byte of every object.
    public var id: UInt8
    /// The word for it in settings, on the command line and in topics. Rows that share a name share unit and form.
    public var name: String
    public var form: ObjectForm
    /// Empty where there is none.
    public var unit: String

    public init(id: UInt8, name: String, form: ObjectForm, unit: String = "") {
        self.id = id
        self.name = name
        self.form = form
        self.unit = unit
    }

    /// Whether it tells of a moment and not of a state: it must never be delivered late or twice.
    public var isTrigger: Bool {
        switch form {
        case .button, .dimmer, .command: true
        case .binary: id == ObjectTable.motionID
        default: false
        }
    }
}

/// How the bytes of an object are laid out. Numbers are little endian.
public enum ObjectForm: Hashable, Sendable {
    /// An integer of `bytes` bytes which, times `multiplier`, counts units of 10^-`decimalPlaces`.
    case number(bytes: Int, isSigned: Bool, multiplier: Int64, decimalPlaces: Int)
    /// One byte, 0 or 1, and what either means.
    case binary(off: String, on: String)
    /// One byte: a `ButtonEvent`.
    case button
    /// Two bytes: a `DimmerDirection` and the number of steps.
    case dimmer
    /// A byte whose low 5 bits count arguments, a `CommandEvent`, the arguments.
    case command
    /// Four bytes: seconds since 1970.
    case timestamp
    /// A byte of length, then UTF-8.
    case text
    /// A byte of length, then bytes.
    case raw
    /// Two bytes: the maker's number for the type of device.
    case deviceType
    /// `bytes` bytes, the least significant part of the version first.
    case firmware(bytes: Int)

    /// The bytes after the object id, or nil where the object itself says how many.
    var fixedByteCount: Int? {
        switch self {
        case .number(let bytes, _, _, _), .firmware(let bytes): bytes
        case .binary, .button: 1
        case .dimmer, .deviceType: 2
        case .timestamp: 4
        case .command, .text, .raw: nil
        }
    }
}
