import Foundation

/// What goes between the kernel and its controllers, with the kernel's own times: `btmon`'s socket.
public final class PacketWatch: @unchecked Sendable {
    public enum Kind: UInt16, Sendable {
        case event = 3
        /// Data to the controller, and from it.
        case sent = 4
        case received = 5
    }

    public struct Packet: Sendable {
        /// Since 1970.
        public var seconds: Double
        public var kind: Kind
        /// `hci0` and so on.
        public var adapter: String
        public var bytes: [UInt8]
    }

    private static let packetsMax = 100_000
    private let descriptor: Int32
    private let lock = NSLock()
    private var packets: [Packet] = []

    public init() throws {
        descriptor = try BareSocket.hci(index: 0xffff, channel: 2)
        var yes: Int32 = 1
        setsockopt(descriptor, SOL_SOCKET, SO_TIMESTAMP, &yes, socklen_t(MemoryLayout<Int32>.size))
        var patience = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        Thread.detachNewThread { [weak self, descriptor] in
            while let watch = self { watch.read() }
            close(descriptor)
        }
    }

    /// What came since this was asked last.
    public func take() -> [Packet] {
        lock.withLock {
            defer { packets = [] }
            return packets
        }
    }

    /// Header: kind 2, adapter 2, length 2; then the packet.
    private func read() {
        var bytes = [UInt8](repeating: 0, count: 4_096)
        var control = [UInt64](repeating: 0, count: 8)
        let count = bytes.withUnsafeMutableBytes { bytes in
            control.withUnsafeMutableBytes { control in
                var part = iovec(iov_base: bytes.baseAddress, iov_len: bytes.count)
                return withUnsafeMutablePointer(to: &part) { part in
                    var message = msghdr()
                    message.msg_iov = part
                    message.msg_iovlen = 1
                    message.msg_control = control.baseAddress
                    message.msg_controllen = control.count
                    return recvmsg(descriptor, &message, 0)
                }
            }
        }
        guard count >= 6, let kind = Kind(rawValue: UInt16(bytes[0]) | UInt16(bytes[1]) << 8) else { return }
        // `struct cmsghdr` has 16 bytes; the time follows, seconds and microseconds.
        let packet = Packet(
            seconds: Double(control[2]) + Double(control[3]) / 1e6, kind: kind,
            adapter: "hci\(UInt16(bytes[2]) | UInt16(bytes[3]) << 8)", bytes: Array(bytes[6..<count]))
        lock.withLock { if packets.count < Self.packetsMax { packets.append(packet) } }
    }
}
