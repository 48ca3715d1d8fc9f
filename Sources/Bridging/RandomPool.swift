import Sealing

/// Random bytes that were handed in. The core draws from it and never asks the system; whoever drives the core tops it
/// up from the system's source, a test from a seed.
public struct RandomPool: ~Copyable {
    /// How many bytes a full pool holds: enough for the dearest single input (sealing four grants' copies of one event).
    public static let capacity = 1024

    private let storage: UnsafeMutableRawBufferPointer
    /// Bytes from 0 to `available` have not been drawn yet.
    public private(set) var available = 0

    public init() {
        storage = UnsafeMutableRawBufferPointer.allocate(byteCount: Self.capacity, alignment: 16)
        storage.initializeMemory(as: UInt8.self, repeating: 0)
    }

    deinit {
        storage.initializeMemory(as: UInt8.self, repeating: 0)
        storage.deallocate()
    }

    /// Fills the pool; `source` must write random bytes over the whole of what it is given.
    public mutating func fill(_ source: (UnsafeMutableRawBufferPointer) -> Void) {
        guard available < Self.capacity else { return }
        source(UnsafeMutableRawBufferPointer(rebasing: storage[available...]))
        available = Self.capacity
    }

    /// Draws `count` bytes, which are then gone from the pool.
    /// - Throws: `RandomnessExhausted` if fewer are left; nothing is drawn then.
    public mutating func draw(_ count: Int) throws(RandomnessExhausted) -> [UInt8] {
        guard count >= 0, count <= available else { throw RandomnessExhausted() }
        available -= count
        let slice = UnsafeMutableRawBufferPointer(rebasing: storage[available..<(available + count)])
        defer { slice.initializeMemory(as: UInt8.self, repeating: 0) }
        return Array(slice)
    }

    /// As `draw`, straight into memory that is wiped.
    public mutating func drawSecret(_ count: Int) throws(RandomnessExhausted) -> SecretBytes {
        guard count >= 0, count <= available else { throw RandomnessExhausted() }
        available -= count
        let slice = UnsafeMutableRawBufferPointer(rebasing: storage[available..<(available + count)])
        defer { SecretBytes.wipe(slice) }
        return SecretBytes(copying: UnsafeRawBufferPointer(slice))
    }

    /// A number from 0 up to, not including, `bound` (its bias is below 1 in 2^32). 0 if the pool is empty:
    /// jitter and hop limits may degrade, keys may not.
    public mutating func number(below bound: UInt32) -> UInt32 {
        guard bound > 1, let bytes = try? draw(8) else { return 0 }
        let value = bytes.reduce(UInt64(0)) { $0 << 8 | UInt64($1) }
        return UInt32(truncatingIfNeeded: value % UInt64(bound))
    }
}

/// The random pool was not topped up in time; the input may be given again.
public struct RandomnessExhausted: Error {}
