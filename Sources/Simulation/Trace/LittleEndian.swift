extension [UInt8] {
    mutating func appendLittleEndian<Value: FixedWidthInteger>(_ value: Value) {
        appendLittleEndian(UInt64(truncatingIfNeeded: value), bytes: Value.bitWidth / 8)
    }

    mutating func appendLittleEndian(_ value: UInt64, bytes count: Int) {
        for index in 0..<count { append(UInt8(truncatingIfNeeded: value >> UInt64(8 * index))) }
    }
}
