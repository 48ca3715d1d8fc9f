import CLinux
import Glibc
import RadioInterface

/// What one call to the system takes: messages, each with room for more than the longest, so that one too long shows.
public struct MessageBuffer: ~Copyable {
    private let messageBytesMax: Int
    private let stride: Int
    private let lengths: UnsafeMutablePointer<UInt32>
    /// All of it, for whatever else is read.
    public let bytes: UnsafeMutableRawBufferPointer

    public init(messageBytesMax: Int) {
        self.messageBytesMax = messageBytesMax
        stride = messageBytesMax + 16
        bytes = .allocate(byteCount: RadioLimits.messagesAtOnceMax * stride, alignment: 16)
        lengths = .allocate(capacity: RadioLimits.messagesAtOnceMax)
        lengths.initialize(repeating: 0, count: RadioLimits.messagesAtOnceMax)
    }

    deinit {
        bytes.deallocate()
        lengths.deallocate()
    }

    /// Takes at most `limit` messages that wait, and never more than `RadioLimits.messagesAtOnceMax`. Returns how many; not
    /// positive if none came: `errno` says why.
    public func receive(from descriptor: Int32, atMost limit: Int) -> Int {
        let count = min(limit, RadioLimits.messagesAtOnceMax)
        return Int(sidegate_receive_many(descriptor, bytes.baseAddress, stride, Int32(count), lengths))
    }

    /// One of the messages that `receive` took last: empty at the end of file, nil if it was longer than the longest.
    public func message(_ place: Int) -> UnsafeRawBufferPointer? {
        let count = Int(lengths[place])
        guard count <= messageBytesMax else { return nil }
        return UnsafeRawBufferPointer(rebasing: bytes[(place &* stride)..<(place &* stride &+ count)])
    }
}
