import SeededRandom

/// Takes an input apart into choices. Past its end everything is zero.
struct FuzzInput {
    private let bytes: UnsafeRawBufferPointer
    private var position = 0

    init(_ bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    var isAtEnd: Bool { position >= bytes.count }

    mutating func byte() -> UInt8 {
        guard position < bytes.count else { return 0 }
        defer { position += 1 }
        return bytes[position]
    }

    mutating func bool() -> Bool { byte() & 1 == 1 }

    /// A number in `0..<bound`.
    mutating func below(_ bound: Int) -> Int { bound > 0 ? Int(byte()) % bound : 0 }

    mutating func integer<Value: FixedWidthInteger & UnsignedInteger>(_ type: Value.Type = Value.self) -> Value {
        var value: Value = 0
        for _ in 0..<(Value.bitWidth / 8) { value = value << 8 | Value(truncatingIfNeeded: byte()) }
        return value
    }

    /// As many bytes as the next byte says, at most `limit`, or as many as are left.
    mutating func bytes(atMost limit: Int = 255) -> UnsafeRawBufferPointer {
        let count = min(Int(byte()), limit, bytes.count - position)
        defer { position += count }
        return UnsafeRawBufferPointer(rebasing: bytes[position..<(position + count)])
    }

    /// All that is left.
    mutating func rest() -> UnsafeRawBufferPointer {
        defer { position = bytes.count }
        return UnsafeRawBufferPointer(rebasing: bytes[position...])
    }

    /// Changes `bytes` by the next choices: most often not at all, else a byte or the length.
    mutating func spoil(_ bytes: inout [UInt8]) {
        switch byte() {
        case 0..<160: break
        case 160..<230:
            guard !bytes.isEmpty else { return }
            let place = Int(integer(UInt16.self)) % bytes.count
            bytes[place] ^= max(byte(), 1)
        case 230..<245: bytes.removeLast(min(bytes.count, Int(byte())))
        default: bytes += self.bytes(atMost: 40)
        }
    }
}

extension SplitMix64 {
    mutating func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8(truncatingIfNeeded: next()) } }
}

/// Holds arrays as buffers of exactly their length, so that the sanitizer sees every step beyond them.
final class FuzzArena {
    private var held: [UnsafeMutableRawBufferPointer] = []

    /// Valid until `free`.
    func view(_ bytes: [UInt8]) -> UnsafeRawBufferPointer {
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        copy.copyBytes(from: bytes)
        held.append(copy)
        return UnsafeRawBufferPointer(copy)
    }

    func free() {
        for buffer in held { buffer.deallocate() }
        held = []
    }
}

/// How often a run came to what it is for. Printed at its end: a target that never gets there tests nothing.
enum FuzzReach {
    nonisolated(unsafe) private static var counts: [String: Int] = [:]

    static func note(_ what: String) { counts[what, default: 0] += 1 }

    static func print() {
        guard !counts.isEmpty else { return }
        Swift.print(
            "reached:", counts.sorted { $0.key < $1.key }.map { "\($0.key) \($0.value)" }.joined(separator: ", "))
    }
}
