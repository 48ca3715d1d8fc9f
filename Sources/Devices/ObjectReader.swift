/// Reads the objects of an opened frame: object id, value, object id, value, and so on.
public struct ObjectReader {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0
    private var reading = Reading(measurements: [])

    private init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    /// Takes any bytes. What cannot be read is left out and named by the reading's note.
    public static func read(_ plaintext: UnsafeRawBufferPointer) -> Reading {
        var reader = ObjectReader(plaintext)
        while reader.position < plaintext.count, reader.readObject() {}
        return reader.reading
    }

    /// Reads one object. False if nothing more can be read.
    private mutating func readObject() -> Bool {
        let id = bytes[position]
        guard let kind = ObjectTable.kind(of: id) else {
            reading.note = .unknownObject(id: id)
            return false
        }
        guard let field = fieldRange(of: kind) else {
            reading.note = .truncatedObject(id: id)
            return false
        }
        position = field.upperBound
        guard let value = Self.value(UnsafeRawBufferPointer(rebasing: bytes[field]), form: kind.form) else {
            reading.note = .invalidValue(id: id)
            return true
        }
        let siblings = reading.measurements.count { $0.name == kind.name }
        reading.measurements.append(Measurement(kind: kind, value: value, index: siblings + 1))
        return true
    }

    /// Where the value of the object at `position` lies, without a byte of length; nil if it runs past the end.
    private func fieldRange(of kind: ObjectKind) -> Range<Int>? {
        let start = position + 1
        if let count = kind.form.fixedByteCount {
            return start + count <= bytes.count ? start..<start + count : nil
        }
        guard start < bytes.count else { return nil }
        // A command counts its arguments in 5 bits and itself not at all.
        let count = kind.form == .command ? Int(bytes[start] & 0x1F) + 1 : Int(bytes[start])
        return start + 1 + count <= bytes.count ? start + 1..<start + 1 + count : nil
    }

    private static func value(_ field: UnsafeRawBufferPointer, form: ObjectForm) -> MeasurementValue? {
        switch form {
        case .number(_, let isSigned, let multiplier, let places):
            let integer = integer(field, isSigned: isSigned)
            return .number(ScaledDecimal(units: integer * multiplier, decimalPlaces: places))
        case .binary:
            // BTHome defines 0 and 1 only. An alarm that says 255 is still one.
            return .binary(field[0] != 0)
        case .button:
            return ButtonEvent(rawValue: field[0]).map { .button($0) }
        case .dimmer:
            return DimmerDirection(rawValue: field[0]).map { .dimmer($0, steps: field[1]) }
        case .command:
            return CommandEvent(rawValue: field[0]).map { .command($0, arguments: Array(field[1...])) }
        case .timestamp:
            return .timestamp(UInt32(truncatingIfNeeded: integer(field, isSigned: false)))
        case .text:
            return String(validating: field, as: UTF8.self).map { .text($0) }
        case .raw:
            return .raw(Array(field))
        case .deviceType:
            return .deviceType(UInt16(truncatingIfNeeded: integer(field, isSigned: false)))
        case .firmware:
            return .firmware(field.reversed())
        }
    }

    /// A little-endian integer of 1 to 4 bytes.
    private static func integer(_ field: UnsafeRawBufferPointer, isSigned: Bool) -> Int64 {
        var bits: UInt64 = 0
        for byte in field.reversed() { bits = bits << 8 | UInt64(byte) }
        guard isSigned else { return Int64(bits) }
        let unused = Int64(64 - 8 * field.count)
        return (Int64(bitPattern: bits) << unused) >> unused
    }
}
