import CBluetooth
import CLinux
import Glibc
import RadioInterface
import Wire

/// LE L2CAP connection-oriented channels of the kernel, at low security: never paired, and sealed by the bridges.
public final class KernelSockets: ChannelSockets {
    /// Of the dynamic range (Bluetooth Core 3.A.4.22), fixed so that a bridge can be called without asking it first.
    public static let psm: UInt16 = 0x00a3
    private static let backlog: Int32 = 16

    public init() {}

    public func listen(on adapter: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError> {
        open(on: adapter, psm: Self.psm, messageBytesMax: messageBytesMax).flatMap { descriptor in
            // BT_DEFER_SETUP would let us say when a channel is taken. But the kernel gives a channel that was asked for 40 s
            // to be set up, forgets to stop that clock when a deferred one is taken (l2cap_sock_recvmsg in
            // net/bluetooth/l2cap_sock.c does not do what l2cap_chan_ready does), and then ends it.
            guard Glibc.listen(descriptor, Self.backlog) == 0 else { return fail(descriptor, errno) }
            return .success(descriptor)
        }
    }

    public func accept(_ listener: Int32) -> Result<IncomingChannel, SystemError> {
        let descriptor = sidegate_accept(listener)
        guard descriptor >= 0 else { return .failure(SystemError(errno)) }
        var address = sockaddr_l2()
        let number = withUnsafeMutableBytes(of: &address) { bytes in
            var length = socklen_t(bytes.count)
            guard let start = bytes.baseAddress?.assumingMemoryBound(to: sockaddr.self) else { return EINVAL }
            return getpeername(descriptor, start, &length) == 0 ? 0 : errno
        }
        guard number == 0 else {
            close(descriptor)
            // One that has gone already.
            return .failure(SystemError(ECONNABORTED))
        }
        return .success(IncomingChannel(descriptor: descriptor, peer: Self.peer(address)))
    }

    public func admit(_ descriptor: Int32, messageBytesMax: Int) -> Int32 {
        checkRoom(descriptor, messageBytesMax)
    }

    public func connect(
        from adapter: RadioAddress, to peer: RadioAddress, messageBytesMax: Int
    ) -> Result<Int32, SystemError> {
        open(on: adapter, psm: 0, messageBytesMax: messageBytesMax).flatMap { descriptor in
            let number = with(Self.address(of: peer, psm: Self.psm)) {
                Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno
            }
            guard number == 0 || number == EINPROGRESS else { return fail(descriptor, number) }
            return .success(descriptor)
        }
    }

    public var connectEvents: UInt32 { EPOLLOUT.rawValue }

    public func finishConnect(_ descriptor: Int32, messageBytesMax: Int) -> ConnectProgress {
        var number: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_ERROR, &number, &length) == 0 else { return .failed(errno) }
        guard number == 0 else { return .failed(number) }
        let room = checkRoom(descriptor, messageBytesMax)
        if room == ENOTCONN { return .pending }
        return room == 0 ? .connected : .failed(room)
    }

    public func isDrained(_ descriptor: Int32) -> Bool {
        var free: Int32 = 0
        guard ioctl(descriptor, UInt(sidegate_bytes_unsent), &free) == 0 else { return true }
        var size: Int32 = 0
        var length = socklen_t(MemoryLayout<Int32>.size)
        // For Bluetooth it is the room that is left (bt_sock_ioctl in net/bluetooth/af_bluetooth.c).
        guard getsockopt(descriptor, SOL_SOCKET, SO_SNDBUF, &size, &length) == 0 else { return true }
        return free >= size
    }

    public func end(of number: Int32) -> ChannelEnd? {
        switch number {
        case ECONNABORTED, ENODEV, ENETDOWN: .adapterGone
        case ETIMEDOUT, EHOSTDOWN, EHOSTUNREACH: .timedOut
        case ECONNREFUSED, EMSGSIZE, EACCES: .refused
        case ECONNRESET, EPIPE, ENOTCONN, EBADE: .reset
        default: .failed
        }
    }

    // MARK: Sockets

    private func open(on adapter: RadioAddress, psm: UInt16, messageBytesMax: Int) -> Result<Int32, SystemError> {
        let type = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_BLUETOOTH, type, Int32(BTPROTO_L2CAP))
        guard descriptor >= 0 else { return .failure(SystemError(errno)) }
        let bound = with(Self.address(of: adapter, psm: psm)) { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno }
        guard bound == 0 else { return fail(descriptor, bound) }
        var security = bt_security(level: UInt8(BT_SECURITY_LOW), key_size: 0)
        var room = UInt16(clamping: messageBytesMax)
        for number in [set(descriptor, BT_SECURITY, &security), set(descriptor, BT_RCVMTU, &room)] where number != 0 {
            return fail(descriptor, number)
        }
        return .success(descriptor)
    }

    private func fail(_ descriptor: Int32, _ number: Int32) -> Result<Int32, SystemError> {
        close(descriptor)
        return .failure(SystemError(number))
    }

    private func set<Value: BitwiseCopyable>(_ descriptor: Int32, _ option: Int32, _ value: inout Value) -> Int32 {
        setsockopt(descriptor, SOL_BLUETOOTH, option, &value, socklen_t(MemoryLayout<Value>.size)) == 0 ? 0 : errno
    }

    /// 0 if the peer takes messages of that length.
    private func checkRoom(_ descriptor: Int32, _ messageBytesMax: Int) -> Int32 {
        var room: UInt16 = 0
        var length = socklen_t(MemoryLayout<UInt16>.size)
        guard getsockopt(descriptor, SOL_BLUETOOTH, BT_SNDMTU, &room, &length) == 0 else { return errno }
        return Int(room) >= messageBytesMax ? 0 : EMSGSIZE
    }

    private static func address(of peer: RadioAddress, psm: UInt16) -> sockaddr_l2 {
        var address = sockaddr_l2()
        address.l2_family = sa_family_t(AF_BLUETOOTH)
        address.l2_psm = psm.littleEndian
        withUnsafeMutableBytes(of: &address.l2_bdaddr) { bytes in
            for index in 0..<min(bytes.count, 6) { bytes[index] = peer[5 - index] }
        }
        address.l2_bdaddr_type = UInt8(peer.kind == .public ? BDADDR_LE_PUBLIC : BDADDR_LE_RANDOM)
        return address
    }

    private static func peer(_ address: sockaddr_l2) -> RadioAddress {
        let value = withUnsafeBytes(of: address.l2_bdaddr) { $0.address(at: 0) }
        return RadioAddress(value: value, kind: Int32(address.l2_bdaddr_type) == BDADDR_LE_PUBLIC ? .public : .random)
    }

    private func with<Value>(_ address: sockaddr_l2, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Value) -> Value {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_l2>.size))
            }
        }
    }
}
