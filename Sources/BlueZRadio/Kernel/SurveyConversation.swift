import Glibc

/// Why an `AdapterSurvey` could not be taken.
public struct SurveyError: Error, Hashable, Sendable {
    /// The value of errno; `ETIMEDOUT` if the kernel said nothing.
    public let number: Int32
}

/// Commands and their answers, one after another, over a management socket that nobody else reads.
struct SurveyConversation {
    /// Events that have nothing to do with a question are passed over, up to so many.
    private static let packetsMax = 10_000
    private static let packetBytesMax = 4_096

    let descriptor: Int32
    let deadline: ContinuousClock.Instant

    init(descriptor: Int32, timeoutMilliseconds: Int) {
        self.descriptor = descriptor
        deadline = .now + .milliseconds(timeoutMilliseconds)
    }

    /// What `read` makes of the answer's parameters; nil if the kernel refuses.
    func ask<Value>(
        _ command: ManagementCommand, _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(SurveyError) -> Value? {
        let packet = command.encoded
        let sent = packet.withUnsafeBytes { send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        // The kernel may return 0 for what it took.
        guard sent >= 0 else { throw SurveyError(number: errno) }
        var buffer = [UInt8](repeating: 0, count: Self.packetBytesMax)
        for _ in 0..<Self.packetsMax {
            let count = try receive(&buffer)
            let answer: (status: ManagementStatus, value: Value?)? = buffer.withUnsafeBytes { bytes in
                guard let packet = try? ManagementPacket(UnsafeRawBufferPointer(rebasing: bytes[..<count])),
                    packet.index == command.index, let found = try? CommandAnswer(packet),
                    found.opcode == command.opcode
                else { return nil }
                return (found.status, found.status == .success ? read(found.parameters) : nil)
            }
            if let answer { return answer.value }
        }
        throw SurveyError(number: ETIMEDOUT)
    }

    private func receive(_ buffer: inout [UInt8]) throws(SurveyError) -> Int {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(clamping: max(0, milliseconds)))
            if ready < 0 && errno == EINTR { continue }
            guard ready >= 0 else { throw SurveyError(number: errno) }
            guard ready > 0 else { throw SurveyError(number: ETIMEDOUT) }
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 { return count }
            if count == 0 { throw SurveyError(number: ECONNRESET) }
            guard errno == EINTR || errno == EAGAIN else { throw SurveyError(number: errno) }
        }
    }
}
