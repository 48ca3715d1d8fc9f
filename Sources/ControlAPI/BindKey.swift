import Glibc

/// A device's BTHome bind key: 16 bytes, erased when the last reference goes, never printed.
public final class BindKey: Sendable, CustomReflectable {
    public static let byteCount = 16
    private let storage: Storage

    /// The only place that touches the bytes; immutable after `init`.
    private struct Storage: @unchecked Sendable {
        let pointer: UnsafeMutableRawPointer
    }

    /// Nil unless `bytes` are 16.
    public init?(bytes: some Collection<UInt8>) {
        guard bytes.count == Self.byteCount else { return nil }
        let pointer = UnsafeMutableRawPointer.allocate(byteCount: Self.byteCount, alignment: 1)
        UnsafeMutableRawBufferPointer(start: pointer, count: Self.byteCount).copyBytes(from: bytes)
        storage = Storage(pointer: pointer)
    }

    /// Nil unless `hexadecimal` is 32 hexadecimal digits.
    public convenience init?(hexadecimal: some StringProtocol) {
        guard var bytes = Hexadecimal.bytes(hexadecimal) else { return nil }
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
        self.init(bytes: bytes)
    }

    deinit {
        explicit_bzero(storage.pointer, Self.byteCount)
        storage.pointer.deallocate()
    }

    /// Lends the 16 bytes to `body`.
    public func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) throws -> Result) rethrows -> Result {
        try body(UnsafeRawBufferPointer(start: storage.pointer, count: Self.byteCount))
    }

    public var customMirror: Mirror { Mirror(self, children: []) }
}

/// Bytes as text and back.
public enum Hexadecimal {
    /// Nil unless `text` is an even number of hexadecimal digits and nothing else.
    public static func bytes(_ text: some StringProtocol) -> [UInt8]? {
        let digits = Array(text.utf8)
        guard digits.count % 2 == 0 else { return nil }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(digits.count / 2)
        for index in stride(from: 0, to: digits.count, by: 2) {
            guard let high = value(digits[index]), let low = value(digits[index + 1]) else { return nil }
            bytes.append(high << 4 | low)
        }
        return bytes
    }

    /// Two small digits a byte.
    public static func text(_ bytes: some Sequence<UInt8>) -> String {
        let digits = Array("0123456789abcdef".utf8)
        var text: [UInt8] = []
        for byte in bytes {
            text.append(digits[Int(byte >> 4)])
            text.append(digits[Int(byte & 15)])
        }
        return String(decoding: text, as: UTF8.self)
    }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case UInt8(ascii: "0")...UInt8(ascii: "9"): digit - UInt8(ascii: "0")
        case UInt8(ascii: "a")...UInt8(ascii: "f"): digit - UInt8(ascii: "a") + 10
        case UInt8(ascii: "A")...UInt8(ascii: "F"): digit - UInt8(ascii: "A") + 10
        default: nil
        }
    }
}
