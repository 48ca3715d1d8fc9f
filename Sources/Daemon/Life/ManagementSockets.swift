import BlueZRadio
import CLinux
import Glibc

/// The sockets by which the kernel's Bluetooth management is reached. The kernel trusts one that was bound with
/// CAP_NET_ADMIN for as long as it is open. So a short-lived process of root's opens them before the daemon starts and
/// leaves them with the service manager, which hands them to each start of the daemon; the daemon has no capability.
public enum ManagementSockets {
    /// What the descriptors are called at the service manager.
    static let name = "bluetooth-management"
    /// One to work with, and a spare for when that stops answering.
    static let count = 2
    /// Where descriptors that a service manager hands over begin: sd_listen_fds(3).
    private static let firstDescriptor: Int32 = 3
    private static let descriptorsMax: Int32 = 64
    /// Before the manager has taken the descriptors this process must not end.
    private static let barrierMilliseconds: Int32 = 5_000

    /// The sockets that this process was handed at its start, first come first; from here on they are the caller's.
    /// Empty if there are none, and at every call but the first.
    public static func take() -> [Int32] {
        func text(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let found = descriptors(
            process: getpid(), listenProcess: text("LISTEN_PID"), listenCount: text("LISTEN_FDS"),
            listenNames: text("LISTEN_FDNAMES"))
        for name in ["LISTEN_PID", "LISTEN_FDS", "LISTEN_FDNAMES"] { unsetenv(name) }
        return found.filter { descriptor in
            let flags = fcntl(descriptor, F_GETFL)
            return flags >= 0 && fcntl(descriptor, F_SETFL, flags | O_NONBLOCK) == 0
                && fcntl(descriptor, F_SETFD, FD_CLOEXEC) == 0
        }
    }

    /// What to do where the kernel lets these sockets set up no adapter.
    static func permissionRemedy(isService: Bool) -> String {
        isService
            ? "`sudo systemctl restart sidegated` has systemd open its sockets anew; `sudo journalctl -u sidegated` "
                + "says what is in the way of that"
            : BlueZSettings.permissionRemedyByHand
    }

    /// Which descriptors are called by `name`, as a service manager's three variables tell it.
    static func descriptors(
        process: pid_t, listenProcess: String?, listenCount: String?, listenNames: String?
    ) -> [Int32] {
        guard listenProcess.flatMap({ pid_t($0) }) == process, let count = listenCount.flatMap({ Int32($0) }),
            (1...descriptorsMax).contains(count)
        else { return [] }
        let names = (listenNames ?? "").split(separator: ":", omittingEmptySubsequences: false)
        return zip(firstDescriptor..<firstDescriptor + count, names).filter { $0.1 == name }.map(\.0)
    }

    /// Opens the sockets and leaves them with the service manager, in the place of those of an earlier start. What is in
    /// the way is told in words; it is no failure, since a bridge without Bluetooth still has to answer its host.
    public static func handOver() -> String? {
        guard let manager = ServiceNotice.socketPath else { return "no service manager asked for them" }
        var sockets: [Int32] = []
        defer { for descriptor in sockets { close(descriptor) } }
        while sockets.count < count {
            do throws(BlueZError) { sockets.append(try ManagementSocket.open()) } catch { return "\(error)" }
        }
        let sent =
            tell(manager, "FDSTOREREMOVE=1\nFDNAME=\(name)", [])
            && tell(manager, "FDSTORE=1\nFDNAME=\(name)", sockets) && waitUntilTaken(manager)
        guard sent else { return "the service manager does not take them: \(String(cString: strerror(errno)))" }
        return uselessness(isPrivileged: sidegate_has_network_administration() != 0)
    }

    /// Adapters can be looked at by them, and not set up.
    static func uselessness(isPrivileged: Bool) -> String? {
        isPrivileged ? nil : "this process has no CAP_NET_ADMIN, which a container may keep even from root"
    }

    private static func tell(_ manager: String, _ text: String, _ descriptors: [Int32]) -> Bool {
        let number = sidegate_notify(manager, text, descriptors, Int32(descriptors.count))
        errno = number
        return number == 0
    }

    /// The manager closes what comes with a barrier as soon as it has read all before it.
    private static func waitUntilTaken(_ manager: String) -> Bool {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return false }
        defer { close(ends[0]) }
        let isTold = tell(manager, "BARRIER=1", [ends[1]])
        close(ends[1])
        guard isTold else { return false }
        var waiting = pollfd(fd: ends[0], events: 0, revents: 0)
        let outcome = poll(&waiting, 1, barrierMilliseconds)
        if outcome == 0 { errno = ETIMEDOUT }
        return outcome > 0
    }
}
