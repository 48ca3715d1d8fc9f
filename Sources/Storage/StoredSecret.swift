import Glibc

/// Key bytes on their way to and from the store: wiped when let go, compared in constant time, never shown.
public final class StoredSecret: Sendable, Equatable, CustomStringConvertible, CustomDebugStringConvertible,
    CustomReflectable
{
    // Written in init and wiped in deinit, only read between.
    private nonisolated(unsafe) let memory: UnsafeMutableRawBufferPointer

    /// Copies `bytes`; the caller wipes its own.
    public init(_ bytes: some Collection<UInt8>) {
        memory = .allocate(byteCount: bytes.count, alignment: 1)
        memory.copyBytes(from: bytes)
    }

    deinit {
        if let start = memory.baseAddress { explicit_bzero(start, memory.count) }
        memory.deallocate()
    }

    /// How many bytes there are.
    public var count: Int { memory.count }

    /// Lends the bytes for the length of `body`.
    public func withUnsafeBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try body(UnsafeRawBufferPointer(memory))
    }

    public static func == (left: StoredSecret, right: StoredSecret) -> Bool {
        guard left.count == right.count else { return false }
        var difference: UInt8 = 0
        for index in 0..<left.count { difference |= left.memory[index] ^ right.memory[index] }
        return difference == 0
    }

    public var description: String { "secret" }
    public var debugDescription: String { "secret" }
    public var customMirror: Mirror { Mirror(self, children: []) }
}
