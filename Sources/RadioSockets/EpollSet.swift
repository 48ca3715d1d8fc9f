import CLinux
import Glibc
import Wire

/// An epoll set. Each descriptor in it carries a token that comes back with its events.
public struct EpollSet: ~Copyable {
    public static let readable = EPOLLIN.rawValue
    public static let writable = EPOLLOUT.rawValue

    public let descriptor: Int32

    /// Nil if the system gives none; `errno` says why.
    public init?() {
        descriptor = epoll_create1(Int32(EPOLL_CLOEXEC))
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    /// 0, or the value of errno.
    @discardableResult public func add(_ target: Int32, _ events: UInt32, token: UInt64) -> Int32 {
        control(EPOLL_CTL_ADD, target, events, token)
    }
    @discardableResult public func modify(_ target: Int32, _ events: UInt32, token: UInt64) -> Int32 {
        control(EPOLL_CTL_MOD, target, events, token)
    }
    @discardableResult public func remove(_ target: Int32) -> Int32 { control(EPOLL_CTL_DEL, target, 0, 0) }

    /// How many of `events` were filled in with what is ready now.
    public func ready(_ events: UnsafeMutableBufferPointer<epoll_event>, atMost limit: Int) -> Int {
        guard let start = events.baseAddress, limit > 0 else { return 0 }
        return max(0, Int(epoll_wait(descriptor, start, Int32(min(events.count, limit)), 0)))
    }

    private func control(_ operation: Int32, _ target: Int32, _ events: UInt32, _ token: UInt64) -> Int32 {
        var event = epoll_event(events: events, data: epoll_data_t(u64: token))
        return epoll_ctl(descriptor, operation, target, &event) == 0 ? 0 : errno
    }
}

extension Instant {
    /// A deadline that has come, on any clock that starts at 0, and that differences can be taken of.
    public static let atOnce = Instant(microseconds: 0)
}
