import CLinux
import Glibc
import RadioInterface

/// Sending over a channel's descriptor, a socket that keeps messages apart.
public enum MessageSocket {
    private static let flags = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)
    /// A signal storm must not hold the thread.
    private static let attemptsMax = 4

    /// What `Radio.send` does on an open channel. `isBlocked`: it takes nothing until it is writable.
    public static func send(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, bytesMax: Int, isBlocked: Bool
    ) -> SendOutcome {
        guard bytes.count <= bytesMax else { return .tooLong }
        guard !bytes.isEmpty else { return .sent }
        guard !isBlocked else { return .wouldBlock }
        for _ in 0..<attemptsMax {
            if Glibc.send(descriptor, bytes.baseAddress, bytes.count, flags) >= 0 { return .sent }
            if errno != EINTR { break }
        }
        switch errno {
        case EAGAIN, ENOBUFS, ENOMEM, EINTR: return .wouldBlock
        // The descriptor has hung up: the next poll tells the end.
        default: return .closed
        }
    }

    /// What `Radio.sendMany` does on an open channel that is not blocked, with one call to the system.
    public static func sendMany(
        _ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>, bytesMax: Int
    ) -> Int {
        guard lengths.count <= RadioLimits.messagesAtOnceMax else { return 0 }
        var total = 0
        for length in lengths {
            guard length > 0, Int(length) <= bytesMax else { return 0 }
            total &+= Int(length)
        }
        guard total <= bytes.count else { return 0 }
        return max(0, Int(sidegate_send_many(descriptor, bytes.baseAddress, lengths.baseAddress, Int32(lengths.count))))
    }
}
