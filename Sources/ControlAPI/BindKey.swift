import Glibc
import Wire

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
