import Wire

/// Messages that have left the peer and not yet arrived: a ring of fixed size, in order.
final class HeldMessages {
    static let messagesMax = 32

    private let messageBytesMax: Int
    private let storage: UnsafeMutableRawBufferPointer
    private var lengths = [Int](repeating: 0, count: messagesMax)
    private var dues = [Instant](repeating: .distantFuture, count: messagesMax)
    private var head = 0
    private(set) var count = 0

    init(messageBytesMax: Int) {
        self.messageBytesMax = messageBytesMax
        storage = .allocate(byteCount: messageBytesMax * HeldMessages.messagesMax, alignment: 1)
    }

    deinit { storage.deallocate() }

    var isFull: Bool { count == HeldMessages.messagesMax }
    var firstDue: Instant? { count > 0 ? dues[head] : nil }
    /// Stays valid, and unchanged until the ring has been filled again, whatever is removed.
    var first: UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: place(head)[..<lengths[head]]) }
    /// Where the next message goes; only while not full.
    var free: UnsafeMutableRawBufferPointer { place((head &+ count) % HeldMessages.messagesMax) }

    /// Takes what was written to `free`. It is not due before those ahead of it.
    func append(length: Int, due: Instant) {
        guard !isFull else { return }
        let last = (head &+ count &+ HeldMessages.messagesMax &- 1) % HeldMessages.messagesMax
        let index = (head &+ count) % HeldMessages.messagesMax
        lengths[index] = length
        dues[index] = count > 0 ? max(due, dues[last]) : due
        count &+= 1
    }

    func removeFirst() {
        guard count > 0 else { return }
        head = (head &+ 1) % HeldMessages.messagesMax
        count &-= 1
    }

    func removeAll() { count = 0 }

    private func place(_ index: Int) -> UnsafeMutableRawBufferPointer {
        let start = index &* messageBytesMax
        return UnsafeMutableRawBufferPointer(rebasing: storage[start..<(start &+ messageBytesMax)])
    }
}
