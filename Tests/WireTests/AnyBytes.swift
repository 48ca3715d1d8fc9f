import SeededRandom
import Wire

extension SplitMix64 {
    mutating func next32() -> UInt32 { UInt32(truncatingIfNeeded: next()) }

    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }

    mutating func fixed<Value: FixedBytes>(_ type: Value.Type = Value.self) -> Value {
        Value(bytes(Value.count)) ?? Value()
    }
}

/// Calls `body` with every truncation of `sample`, with it and one byte more, and with every change of a single byte.
func forEveryDamage(to sample: [UInt8], _ body: ([UInt8]) -> Void) {
    for count in 0..<sample.count { body(Array(sample[..<count])) }
    body(sample + [0])
    var changed = sample
    for index in sample.indices {
        for value in UInt8.min...UInt8.max where value != sample[index] {
            changed[index] = value
            body(changed)
        }
        changed[index] = sample[index]
    }
}

/// Calls `body` with seeded random bytes of every length up to `bytesMax`, once for each of `starts` as first byte.
func forAnyBytes(seed: UInt64, bytesMax: Int, starts: [UInt8], _ body: ([UInt8]) -> Void) {
    var random = SplitMix64(seed: seed)
    for count in 0...bytesMax {
        body(random.bytes(count))
        for start in starts where count > 0 { body([start] + random.bytes(count - 1)) }
    }
}

/// What `parse` makes of `bytes`.
func outcome<Value>(
    _ bytes: [UInt8], _ parse: (UnsafeRawBufferPointer) throws(WireError) -> Value
) -> Result<Value, WireError> {
    bytes.withUnsafeBytes { bytes in
        do throws(WireError) { return .success(try parse(bytes)) } catch { return .failure(error) }
    }
}

/// The error with which `parse` refuses `bytes`, or nil.
func refusal<Value>(
    _ bytes: [UInt8], _ parse: (UnsafeRawBufferPointer) throws(WireError) -> Value
) -> WireError? {
    if case .failure(let error) = outcome(bytes, parse) { error } else { nil }
}

/// The bytes that `body` writes into a buffer of `capacity` bytes.
func written(
    capacity: Int = 600, _ body: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int
) throws(WireError) -> [UInt8] {
    var buffer = [UInt8](repeating: 0xa5, count: capacity)
    let outcome: Result<Int, WireError> = buffer.withUnsafeMutableBytes { target in
        do throws(WireError) { return .success(try body(target)) } catch { return .failure(error) }
    }
    return Array(buffer[..<(try outcome.get())])
}
