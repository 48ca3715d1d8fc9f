import CBluetooth
import CLinux
import Glibc

/// Opens the kernel's management socket. It is as privileged as the process is at that moment: CAP_NET_ADMIN may be
/// given up afterwards.
public enum ManagementSocket {
    /// Room for what comes while the daemon is busy: about a thousand advertisements.
    private static let receiveBytes: Int32 = 1 << 20

    /// A descriptor that does not block. Throws `noBluetooth`, `system`.
    public static func open() throws(BlueZError) -> Int32 {
        let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(AF_BLUETOOTH, type, Int32(BTPROTO_HCI))
        guard descriptor >= 0 else {
            throw errno == EAFNOSUPPORT ? .noBluetooth : .system(call: "socket", errno: errno)
        }
        var address = sockaddr_hci()
        address.hci_family = sa_family_t(AF_BLUETOOTH)
        address.hci_dev = UInt16(HCI_DEV_NONE)
        address.hci_channel = UInt16(HCI_CHANNEL_CONTROL)
        let isBound = withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_hci>.size)) == 0
            }
        }
        guard isBound else {
            let number = errno
            close(descriptor)
            throw .system(call: "bind", errno: number)
        }
        var room = receiveBytes
        if setsockopt(descriptor, SOL_SOCKET, SO_RCVBUFFORCE, &room, socklen_t(MemoryLayout<Int32>.size)) != 0 {
            setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &room, socklen_t(MemoryLayout<Int32>.size))
        }
        return descriptor
    }
}

/// Why there is no radio.
public enum BlueZError: Error, Hashable, Sendable {
    /// The kernel has no Bluetooth.
    case noBluetooth
    /// None is left of the management sockets that were opened while there was the right to.
    case managementUsedUp
    /// A call to the system failed.
    case system(call: String, errno: Int32)
}

extension BlueZError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .noBluetooth:
            "this kernel has no Bluetooth: load its module (`modprobe bluetooth`) or install a kernel that has it; "
                + "in a service, RestrictAddressFamilies= must name AF_BLUETOOTH and PrivateNetwork= be off"
        case .managementUsedUp:
            "the kernel has stopped answering on every management socket that was opened at the start: restart sidegated"
        case .system(let call, let number) where number == EPERM || number == EACCES:
            "\(call): not permitted: a sandbox or container around this process keeps Bluetooth from it"
        case .system(let call, let number): "\(call): \(errorWords(number))"
        }
    }
}

/// The system's words for a value of errno.
func errorWords(_ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress else { return "error \(number)" }
        sidegate_error_words(number, start, buffer.count)
        return String(cString: start)
    }
}
