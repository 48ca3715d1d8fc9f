import CBluetooth
import CLinux
import Glibc
import RadioSockets
import Wire

/// The management socket in use, a spare one, and the packets that were read from it last.
struct ManagementLink: ~Copyable {
    static let packetsAtOnce = 32
    /// The longest packet that is read: an event about a chained extended advertisement is longer, and dropped.
    static let packetBytesMax = 2_048
    /// The kernel answers what concerns no controller at once.
    static let answerMilliseconds: Int64 = 5_000
    static let farewellMilliseconds: Int64 = 3_000
    static let retryMilliseconds: Int64 = 1_000
    static let retryMillisecondsMax: Int64 = 60_000

    let opens: () throws(BlueZError) -> Int32
    private(set) var descriptor: Int32 = -1
    /// Opened at the start, while there was the privilege for it, and those that did not answer; whose turn it is first.
    private var spares: [Int32] = []
    /// Why there is none.
    private(set) var problem: String?
    /// Until when something has to answer, if anything is asked.
    private(set) var answerDeadline = Instant.distantFuture
    private(set) var reopenDue = Instant.atOnce
    private var retry = Self.retryMilliseconds

    private let packets = UnsafeMutableRawBufferPointer.allocate(
        byteCount: Self.packetsAtOnce * Self.packetBytesMax, alignment: 16)
    private let lengths = UnsafeMutablePointer<UInt32>.allocate(capacity: Self.packetsAtOnce)
    private var packetNext = 0
    private var packetCount = 0

    init(opens: @escaping () throws(BlueZError) -> Int32) { self.opens = opens }

    deinit {
        packets.deallocate()
        lengths.deallocate()
    }

    var isOpen: Bool { descriptor >= 0 }
    var hasPackets: Bool { packetNext < packetCount }
    /// As many came as one call takes: there may be more.
    var isFull: Bool { packetCount == Self.packetsAtOnce }
    var isAsking: Bool { answerDeadline != .distantFuture }

    var nextDue: Instant {
        guard isOpen else { return reopenDue }
        return hasPackets ? .atOnce : answerDeadline
    }

    mutating func use(_ descriptor: Int32) {
        self.descriptor = descriptor
        problem = nil
        reopenDue = .distantFuture
        answerDeadline = .distantFuture
        packetNext = 0
        packetCount = 0
    }

    /// Opens the first one, and if it can a second one for when that fails or stops answering.
    mutating func openSpares() throws(BlueZError) {
        spares = [try opens()]
        if let second = try? opens() { spares.append(second) }
    }

    /// A descriptor to go on with: a spare one, or a new one.
    mutating func next() throws(BlueZError) -> Int32 {
        guard !spares.isEmpty else { return try opens() }
        let spare = spares.removeFirst()
        Self.drain(spare)
        return spare
    }

    /// For what needs no answer.
    mutating func useSpare() {
        if !spares.isEmpty { use(spares.removeFirst()) }
    }

    /// Nobody has read it: it is full of news of another day, and would have no room for an answer.
    private static func drain(_ descriptor: Int32) {
        var byte: UInt8 = 0
        var left = 100_000
        while left > 0, recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT)) > 0 { left &-= 1 }
    }

    /// It does not answer. It is kept and asked again in its turn: there may be no others to be had.
    mutating func rest(_ words: String, now: Instant) {
        if descriptor >= 0 { spares.append(descriptor) }
        descriptor = -1
        lose(words, now: now)
    }

    mutating func lose(_ words: String, now: Instant) {
        close()
        problem = words
        reopenDue = now.advanced(milliseconds: retry)
        retry = min(2 * retry, Self.retryMillisecondsMax)
    }

    mutating func close() {
        if descriptor >= 0 { Glibc.close(descriptor) }
        descriptor = -1
        packetNext = 0
        packetCount = 0
        answerDeadline = .distantFuture
    }

    mutating func closeSpares() {
        for spare in spares { Glibc.close(spare) }
        spares.removeAll()
    }

    /// Sends something that is answered in any case.
    mutating func ask(_ command: ManagementCommand, now: Instant) {
        send(command)
        answerDeadline = min(answerDeadline, now.advanced(milliseconds: Self.answerMilliseconds))
    }

    mutating func answered() {
        answerDeadline = .distantFuture
        retry = Self.retryMilliseconds
    }

    /// What is not taken is not answered: whoever waits for that knows what to do.
    func send(_ command: ManagementCommand) {
        guard descriptor >= 0 else { return }
        command.encoded.withUnsafeBytes { bytes in
            _ = Glibc.send(descriptor, bytes.baseAddress, bytes.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
    }

    /// Waits until a command was answered, three seconds at most; what else comes is dropped.
    mutating func awaitAnswer(
        to opcode: ManagementOpcode, of index: UInt16, milliseconds: Int64 = farewellMilliseconds
    ) {
        // The kernel tells this socket what every adapter hears: what comes says nothing of how much time went by.
        let end = Self.now.advanced(milliseconds: milliseconds)
        while descriptor >= 0 {
            while hasPackets {
                if let packet, isAnswer(packet, to: opcode, of: index) { return }
                advance()
            }
            let left = end.microseconds(since: Self.now)
            guard left > 0 else { return }
            var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            poll(&entry, 1, Int32(clamping: (left + 999) / 1_000))
            guard receive() || errno == EAGAIN || errno == EINTR else { return }
        }
    }

    private static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    private func isAnswer(_ bytes: UnsafeRawBufferPointer, to opcode: ManagementOpcode, of index: UInt16) -> Bool {
        guard let packet = try? ManagementPacket(bytes), packet.index == index,
            let answer = try? CommandAnswer(packet)
        else { return false }
        return answer.opcode == opcode
    }

    /// Reads some packets. False if there are none; then `errno` tells why, 0 for the end of file.
    mutating func receive() -> Bool {
        let count = sidegate_receive_many(
            descriptor, packets.baseAddress, Self.packetBytesMax, Int32(Self.packetsAtOnce), lengths)
        packetNext = 0
        packetCount = max(0, Int(count))
        if packetCount > 0, lengths[0] == 0 {
            packetCount = 0
            errno = 0
        }
        return packetCount > 0
    }

    /// The packet whose turn it is; whole, or nil if it was cut.
    var packet: UnsafeRawBufferPointer? {
        let length = Int(lengths[packetNext])
        guard length <= Self.packetBytesMax, let start = packets.baseAddress else { return nil }
        return UnsafeRawBufferPointer(start: start + packetNext &* Self.packetBytesMax, count: length)
    }

    mutating func advance() { packetNext &+= 1 }
}
