import CLinux
import Glibc

/// Privileges that are needed at the start only.
enum GivenUp {
    /// Gives up CAP_NET_ADMIN for good, in the calling thread and those that it will make: the kernel looks at it when the
    /// management socket is opened and not again. Nil, or why it could not be.
    static func networkAdministration() -> String? {
        let number = sidegate_give_up_network_administration()
        return number == 0 ? nil : String(cString: strerror(number))
    }
}
