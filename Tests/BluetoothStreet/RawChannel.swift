import Glibc

/// A blocking LE L2CAP channel on a kernel socket of its own, by anybody: no radio of Sidegate's is involved.
public final class RawChannel: @unchecked Sendable {
    /// Any of the dynamic ones that needs no privilege.
    public static let psm: UInt16 = 0x0080
    private static let family: Int32 = 31  // AF_BLUETOOTH
    private let descriptor: Int32

    private init(descriptor: Int32) { self.descriptor = descriptor }

    /// A socket on the adapter that goes by `address`; `psm` 0 for one that will connect.
    private init(at address: String, psm: UInt16) throws {
        descriptor = socket(Self.family, Int32(SOCK_SEQPACKET.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw Trouble("no L2CAP socket: errno \(errno)") }
        try Self.check(Self.with(address, psm) { bind(descriptor, $0, $1) }, "bind to \(address)")
    }

    deinit { close(descriptor) }

    public static func listen(at address: String, psm: UInt16 = psm) throws -> RawChannel {
        let channel = try RawChannel(at: address, psm: psm)
        try check(Glibc.listen(channel.descriptor, 8), "listen")
        return channel
    }

    /// `takes`: the longest message that it says it takes; otherwise the kernel's.
    public static func connect(
        from own: String, to peer: String, psm: UInt16 = psm, takes: UInt16? = nil, seconds: Int = 10
    ) throws -> RawChannel {
        let channel = try RawChannel(at: own, psm: 0)
        if var takes {
            // SOL_BLUETOOTH, BT_RCVMTU
            try check(setsockopt(channel.descriptor, 274, 13, &takes, 2), "messages of \(takes) bytes at most")
        }
        channel.patience(seconds: seconds)
        try check(with(peer, psm) { Glibc.connect(channel.descriptor, $0, $1) }, "connect from \(own) to \(peer)")
        return channel
    }

    public func accept(seconds: Int = 10) throws -> RawChannel {
        patience(seconds: seconds)
        let taken = Glibc.accept(descriptor, nil, nil)
        try Self.check(taken, "accept")
        return RawChannel(descriptor: taken)
    }

    /// How long each call waits at most.
    public func patience(seconds: Int) {
        var time = timeval(tv_sec: seconds, tv_usec: 0)
        for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
            setsockopt(descriptor, SOL_SOCKET, option, &time, socklen_t(MemoryLayout<timeval>.size))
        }
    }

    public func send(_ bytes: [UInt8]) throws {
        try Self.check(Int32(Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))), "send")
    }

    /// One message; empty once the peer has closed.
    public func receive(max: Int = 1024) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: max)
        let count = recv(descriptor, &buffer, max, 0)
        try Self.check(Int32(count), "receive")
        return Array(buffer.prefix(count))
    }

    /// Ends it for both sides, and for threads that wait in it.
    public func end() { shutdown(descriptor, Int32(SHUT_RDWR)) }

    /// Whether the peer closes or resets within that time, whatever it says before.
    public func isEnded(withinSeconds seconds: Int) -> Bool {
        patience(seconds: seconds)
        while true {
            do {
                if try receive().isEmpty { return true }
            } catch {
                return (error as? Trouble)?.number != EAGAIN
            }
        }
    }

    /// Passes messages on to `next` until either ends.
    public func pass(to next: RawChannel) {
        var buffer = [UInt8](repeating: 0, count: 1024)
        while case let count = recv(descriptor, &buffer, buffer.count, 0), count > 0,
            Glibc.send(next.descriptor, buffer, count, Int32(MSG_NOSIGNAL)) == count
        {}
    }

    /// `struct sockaddr_l2`: family, PSM, address and channel identifier, little endian, and LE public as its type.
    private static func with(
        _ address: String, _ psm: UInt16, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) throws -> Int32 {
        let parts = address.split(separator: ":").compactMap { UInt8($0, radix: 16) }
        guard parts.count == 6 else { throw Trouble("no address: \(address)") }
        let bytes: [UInt8] =
            [UInt8(family), 0, UInt8(psm & 0xff), UInt8(psm >> 8)] + parts.reversed() + [0, 0, 1, 0]
        return bytes.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { rebound in
                rebound.baseAddress.map { body($0, socklen_t(bytes.count)) } ?? -1
            }
        }
    }

    private static func check(_ result: Int32, _ what: String) throws {
        guard result < 0 else { return }
        let number = errno
        throw Trouble("\(what): \(String(cString: strerror(number)))", number: number)
    }
}
