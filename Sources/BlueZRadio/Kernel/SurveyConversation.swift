import Glibc

/// Why an `AdapterSurvey` could not be taken.
public struct SurveyError: Error, Hashable, Sendable {
    /// The value of errno; `ETIMEDOUT` if the kernel said nothing.
    public let number: Int32
}

/// Commands and their answers over a management socket that nobody else reads.
struct SurveyConversation {
    struct Answer<Value> {
        var status: ManagementStatus
        /// What was made of the parameters; nil if the kernel refuses.
        var value: Value?
    }

    /// Events that have nothing to do with a question are passed over, up to so many.
    private static let packetsMax = 10_000
    private static let packetBytesMax = 4_096

    let descriptor: Int32
    /// For what is asked at once.
    let timeoutMilliseconds: Int

    /// What `read` makes of the answer's parameters; nil if the kernel refuses.
    func ask<Value>(
        _ command: ManagementCommand, _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(SurveyError) -> Value? {
        guard let answer = try ask([command], read)[command] else { throw SurveyError(number: ETIMEDOUT) }
        return answer.value
    }

    /// Asks all at once, so that who does not answer keeps no other waiting; those that did not in time are left out.
    func ask<Value>(
        _ commands: [ManagementCommand], _ read: (UnsafeRawBufferPointer) -> Value
    ) throws(SurveyError) -> [ManagementCommand: Answer<Value>] {
        let deadline = ContinuousClock.now + .milliseconds(timeoutMilliseconds)
        for command in commands { try send(command) }
        var answers: [ManagementCommand: Answer<Value>] = [:]
        var buffer = [UInt8](repeating: 0, count: Self.packetBytesMax)
        for _ in 0..<Self.packetsMax {
            guard answers.count < commands.count, let count = try receive(&buffer, until: deadline) else { break }
            buffer.withUnsafeBytes { bytes in
                guard let packet = try? ManagementPacket(UnsafeRawBufferPointer(rebasing: bytes[..<count])),
                    let found = try? CommandAnswer(packet),
                    let command = commands.first(where: { $0.index == packet.index && $0.opcode == found.opcode })
                else { return }
                let value = found.status == .success ? read(found.parameters) : nil
                answers[command] = Answer(status: found.status, value: value)
            }
        }
        return answers
    }

    private func send(_ command: ManagementCommand) throws(SurveyError) {
        let packet = command.encoded
        let sent = packet.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL)) }
        // The kernel may return 0 for what it took.
        guard sent >= 0 else { throw SurveyError(number: errno) }
    }

    /// The next packet's length; nil if none comes in time.
    private func receive(
        _ buffer: inout [UInt8], until deadline: ContinuousClock.Instant
    ) throws(SurveyError) -> Int? {
        while true {
            let left = ContinuousClock.now.duration(to: deadline)
            let milliseconds = left.components.seconds * 1_000 + left.components.attoseconds / 1_000_000_000_000_000
            var waiting = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
            let ready = poll(&waiting, 1, Int32(clamping: max(0, milliseconds)))
            if ready < 0 && errno == EINTR { continue }
            guard ready >= 0 else { throw SurveyError(number: errno) }
            guard ready > 0 else { return nil }
            let count = buffer.withUnsafeMutableBytes { recv(descriptor, $0.baseAddress, $0.count, 0) }
            if count > 0 { return count }
            if count == 0 { throw SurveyError(number: ECONNRESET) }
            guard errno == EINTR || errno == EAGAIN else { throw SurveyError(number: errno) }
        }
    }
}
