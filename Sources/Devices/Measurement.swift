import Wire

/// One object of a frame: what a device reports, with its exact value.
public struct Measurement: Hashable, Sendable {
    public var kind: ObjectKind
    public var value: MeasurementValue
    /// Which of the objects of this name in its frame it is, from 1: button 1, button 2.
    public var index: Int

    public init(kind: ObjectKind, value: MeasurementValue, index: Int = 1) {
        self.kind = kind
        self.value = value
        self.index = index
    }

    public var name: String { kind.name }
    public var unit: String { kind.unit }

    /// The name that tells it from its siblings: `button`, `button_2`. The first keeps the plain name, so that it is
    /// the same whether or not a frame holds further ones.
    public var key: String { index <= 1 ? kind.name : "\(kind.name)_\(index)" }

    /// Whether it tells of a moment: to be delivered at most once and never late. A button that did nothing, and the
    /// end of motion, are no moments.
    public var isTrigger: Bool {
        switch value {
        case .button(let event): event != .none
        case .dimmer(let direction, _): direction != .none
        case .command: true
        case .binary(let isOn): kind.isTrigger && isOn
        default: false
        }
    }
}

/// The value of a measurement.
public enum MeasurementValue: Hashable, Sendable {
    case number(ScaledDecimal)
    case binary(Bool)
    case button(ButtonEvent)
    case dimmer(DimmerDirection, steps: UInt8)
    case command(CommandEvent, arguments: [UInt8])
    /// Seconds since 1970.
    case timestamp(UInt32)
    case text(String)
    case raw([UInt8])
    case deviceType(UInt16)
    /// The version's parts, the most significant first.
    case firmware([UInt8])

    /// The value as people read it, without unit.
    public var text: String {
        switch self {
        case .number(let number): number.text
        case .binary(let isOn): isOn ? "1" : "0"
        case .button(let event): event.name
        case .dimmer(let direction, let steps): "\(direction.name):\(steps)"
        case .command(let event, let arguments):
            arguments.isEmpty ? event.name : "\(event.name):\(Hexadecimal.text(arguments))"
        case .timestamp(let seconds): String(seconds)
        case .text(let text): text
        case .raw(let bytes): Hexadecimal.text(bytes)
        case .deviceType(let number): String(number)
        case .firmware(let parts): parts.map { String($0) }.joined(separator: ".")
        }
    }
}

/// What a frame said, once opened.
public struct Reading: Hashable, Sendable {
    /// The objects in the order in which they were sent.
    public var measurements: [Measurement]
    /// Why the objects end before the frame does, or nil if all of it was understood.
    public var note: ReadingNote?

    public init(measurements: [Measurement], note: ReadingNote? = nil) {
        self.measurements = measurements
        self.note = note
    }
}

/// Why part of a frame was left out. Objects do not say how long they are, so what follows one that is unknown cannot
/// be read.
public enum ReadingNote: Hashable, Sendable {
    /// An object id that this version does not know; it and all that follows was left out.
    case unknownObject(id: UInt8)
    /// The frame ends within this object.
    case truncatedObject(id: UInt8)
    /// A text that is no UTF-8, or an event that BTHome does not define, was left out; what follows was read.
    case invalidValue(id: UInt8)
}
