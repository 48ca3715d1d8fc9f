import CLinux
import Glibc

/// An epoll set. Each descriptor in it carries a token that comes back with its events.
struct RadioPoll: ~Copyable {
    static let readable = EPOLLIN.rawValue
    static let writable = EPOLLOUT.rawValue

    let descriptor: Int32

    init() throws(BlueZError) {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        guard descriptor >= 0 else { throw .system(call: "epoll_create1", errno: errno) }
    }

    deinit { close(descriptor) }

    /// 0, or the value of errno.
    func add(_ target: Int32, _ events: UInt32, token: PollToken) -> Int32 {
        control(EPOLL_CTL_ADD, target, events, token.value)
    }
    @discardableResult func modify(_ target: Int32, _ events: UInt32, token: PollToken) -> Int32 {
        control(EPOLL_CTL_MOD, target, events, token.value)
    }
    @discardableResult func remove(_ target: Int32) -> Int32 { control(EPOLL_CTL_DEL, target, 0, 0) }

    /// How many of `events` were filled in with what is ready now.
    func ready(_ events: UnsafeMutableBufferPointer<epoll_event>, atMost limit: Int) -> Int {
        guard let start = events.baseAddress, limit > 0 else { return 0 }
        return max(0, Int(epoll_wait(descriptor, start, Int32(min(events.count, limit)), 0)))
    }

    private func control(_ operation: Int32, _ target: Int32, _ events: UInt32, _ token: UInt64) -> Int32 {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        return epoll_ctl(descriptor, operation, target, &event) == 0 ? 0 : errno
    }
}

/// What a descriptor in the radio's epoll set is.
enum PollToken {
    case channel(UInt32)
    case management
    case listener(UInt16)

    init(_ value: UInt64) {
        switch value >> 32 {
        case 0: self = .channel(UInt32(truncatingIfNeeded: value))
        case 1: self = .management
        default: self = .listener(UInt16(truncatingIfNeeded: value))
        }
    }

    var value: UInt64 {
        switch self {
        case .channel(let raw): UInt64(raw)
        case .management: 1 << 32
        case .listener(let adapter): 2 << 32 | UInt64(adapter)
        }
    }
}
