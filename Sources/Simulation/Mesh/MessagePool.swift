import CPrefetch
import Wire

/// The messages on their way, in places of one size: no allocation for each.
struct MessagePool: ~Copyable {
    private static let placesAtOnce = 1_024
    private static let bytesPerPlace = FrameLayout.bytesMessageMax

    private var blocks: [UnsafeMutableRawBufferPointer] = []
    private var lengths: [Int32] = []
    private var types: [UInt8] = []
    /// Of which event each is a packet.
    private var emissions: [Int64] = []
    private var free: [Int32] = []

    var countInUse: Int { lengths.count - free.count }

    deinit { for block in blocks { block.deallocate() } }

    private func bytes(_ place: Int32) -> UnsafeMutableRawBufferPointer {
        let (block, index) = Int(place).quotientAndRemainder(dividingBy: Self.placesAtOnce)
        let start = index &* Self.bytesPerPlace
        return UnsafeMutableRawBufferPointer(rebasing: blocks[block][start..<start &+ Self.bytesPerPlace])
    }

    /// Keeps a copy of a message; at most 512 bytes of it.
    mutating func add(_ message: UnsafeRawBufferPointer, type: UInt8, emission: Int64) -> Int32 {
        if free.isEmpty { grow() }
        let place = free.removeLast()
        let count = min(message.count, Self.bytesPerPlace)
        bytes(place).copyMemory(from: UnsafeRawBufferPointer(rebasing: message[..<count]))
        lengths[Int(place)] = Int32(count)
        types[Int(place)] = type
        emissions[Int(place)] = emission
        return place
    }

    private mutating func grow() {
        let first = lengths.count
        blocks.append(.allocate(byteCount: Self.placesAtOnce * Self.bytesPerPlace, alignment: 16))
        lengths.append(contentsOf: repeatElement(0, count: Self.placesAtOnce))
        types.append(contentsOf: repeatElement(0, count: Self.placesAtOnce))
        emissions.append(contentsOf: repeatElement(Emission.noNumber, count: Self.placesAtOnce))
        free.append(contentsOf: (first..<first + Self.placesAtOnce).reversed().map { Int32($0) })
    }

    func message(_ place: Int32) -> UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes(place)[..<Int(lengths[Int(place)])])
    }

    /// A hint that a message will be read soon.
    func fetch(_ place: Int32) {
        let start = UnsafeRawPointer(bytes(place).baseAddress)
        for line in 0..<(count(place) + 63) / 64 { cache_prefetch(start.map { $0 + line * 64 }) }
    }

    func type(_ place: Int32) -> UInt8 { types[Int(place)] }
    func emission(_ place: Int32) -> Int64 { emissions[Int(place)] }
    func count(_ place: Int32) -> Int { Int(lengths[Int(place)]) }

    mutating func remove(_ place: Int32) { free.append(place) }
}
