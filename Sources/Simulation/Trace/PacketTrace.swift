import Wire

/// A trace that Wireshark opens: pcapng with LE link-layer PDUs, made of the frames that a run hands to its tap. The same
/// frames give the same bytes.
///
/// Message by message it writes what an LE connection sends for it: L2CAP frames with their credits, data PDUs with
/// sequence numbers, acknowledgements. Idle connection events are not in it. It keeps at most `pendingMax` PDUs to put them
/// into the order of time, and at most `connectionsMax` connections.
public struct PacketTrace {
    public static let pendingMax = 8_192
    public static let connectionsMax = 65_536
    /// A PDU waits for others that are due before it until the run is so far past it.
    private static let orderingMicroseconds: Int64 = 1_000_000
    private static let chunkBytes = 65_536

    /// Frames of connections that are not known, or not any more.
    public private(set) var framesLeftOut = 0
    public private(set) var unitsWritten = 0

    private let startMicroseconds: Int64
    private let connectionsMax: Int
    private let write: ([UInt8]) -> Void
    private var buffer: [UInt8]
    private var pending = PendingUnits()
    private var connections: [Int: TracedConnection] = [:]
    /// Every number that was added, oldest first, from `oldest` on.
    private var numbers: [Int] = []
    private var oldest = 0

    /// - Parameters:
    ///   - name: what the capture's interface is said to be, such as the scenario's name.
    ///   - write: takes the file's bytes in order, in chunks of about 64 kB.
    public init(of name: String, startsAt: WallTime, write: @escaping ([UInt8]) -> Void) {
        self.init(of: name, startsAt: startsAt, connectionsMax: Self.connectionsMax, write: write)
    }

    init(of name: String, startsAt: WallTime, connectionsMax: Int, write: @escaping ([UInt8]) -> Void) {
        self.connectionsMax = connectionsMax
        startMicroseconds = Int64(startsAt.seconds) * 1_000_000
        self.write = write
        buffer = CaptureBlock.beginning(of: name)
    }

    public mutating func add(_ frame: AirFrame) {
        let time = frame.timeMicroseconds
        switch frame.content {
        case .advertisement(let sender, let isConnectable, let data):
            advertise(from: sender, isConnectable: isConnectable, data, at: time)
        case .connection(let number, let central, let peripheral, let terms):
            var connection = TracedConnection(
                number: number, central: central, peripheral: peripheral, terms: terms, at: time)
            queue(connection.opening(at: time))
            keep(connection, as: number)
        case .message(let number, let isFromCentral, let bytes, let retransmissions):
            let units = connections[number]?.message(
                bytes, isFromCentral: isFromCentral, retransmissions: retransmissions, at: time)
            queue(units)
        case .disconnection(let number, let isFromCentral):
            queue(connections[number]?.ending(isFromCentral: isFromCentral, at: time))
            connections[number] = nil
        }
        while let first = pending.earliestTime, first <= time - Self.orderingMicroseconds { writeEarliest() }
    }

    /// Writes what is left. Nothing may be added after it.
    public mutating func finish() {
        while pending.earliestTime != nil { writeEarliest() }
        flush()
    }

    // MARK: Frames

    /// Each PDU follows the one before after 400 us.
    private mutating func advertise(from sender: RadioAddress, isConnectable: Bool, _ data: [UInt8], at time: Int64) {
        let payload = Array(airOrder: sender) + data.prefix(31)
        var start = time
        for channel in 37...39 {
            let unit = AirUnit.advertising(
                isConnectable ? 0x00 : 0x02, at: start, channelIndex: channel, sender: sender, payload: payload)
            queue([unit])
            start += unit.airtimeMicroseconds + 400
        }
    }

    private mutating func keep(_ connection: TracedConnection, as number: Int) {
        connections[number] = connection
        numbers.append(number)
        while connections.count > connectionsMax || numbers.count - oldest > 2 * connectionsMax {
            connections[numbers[oldest]] = nil
            oldest += 1
        }
        if oldest > connectionsMax {
            numbers.removeFirst(oldest)
            oldest = 0
        }
    }

    private mutating func queue(_ units: [AirUnit]?) {
        guard let units else {
            framesLeftOut += 1
            return
        }
        for unit in units {
            if pending.count >= Self.pendingMax { writeEarliest() }
            pending.add(unit)
        }
    }

    // MARK: Bytes

    private mutating func writeEarliest() {
        guard let unit = pending.removeEarliest() else { return }
        unitsWritten += 1
        let time = UInt64(clamping: startMicroseconds + unit.timeMicroseconds)
        buffer += CaptureBlock.packet(unit.captured, timeMicroseconds: time)
        if buffer.count >= Self.chunkBytes { flush() }
    }

    private mutating func flush() {
        guard !buffer.isEmpty else { return }
        write(buffer)
        buffer.removeAll(keepingCapacity: true)
    }
}

/// PDUs in order of time, and of coming where times are the same: a binary heap.
private struct PendingUnits {
    private var heap: [(order: UInt64, unit: AirUnit)] = []
    private var added: UInt64 = 0

    var count: Int { heap.count }
    var earliestTime: Int64? { heap.first?.unit.timeMicroseconds }

    mutating func add(_ unit: AirUnit) {
        heap.append((added, unit))
        added += 1
        var child = heap.count - 1
        while child > 0, isBefore(child, (child - 1) / 2) {
            heap.swapAt(child, (child - 1) / 2)
            child = (child - 1) / 2
        }
    }

    mutating func removeEarliest() -> AirUnit? {
        guard let first = heap.first?.unit else { return nil }
        let last = heap.removeLast()
        guard !heap.isEmpty else { return first }
        heap[0] = last
        var parent = 0
        while true {
            let (left, right) = (2 * parent + 1, 2 * parent + 2)
            guard left < heap.count else { return first }
            let child = right < heap.count && isBefore(right, left) ? right : left
            guard isBefore(child, parent) else { return first }
            heap.swapAt(parent, child)
            parent = child
        }
    }

    private func isBefore(_ first: Int, _ second: Int) -> Bool {
        (heap[first].unit.timeMicroseconds, heap[first].order) < (
            heap[second].unit.timeMicroseconds, heap[second].order
        )
    }
}
