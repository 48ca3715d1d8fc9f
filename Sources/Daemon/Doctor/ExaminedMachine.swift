import BlueZRadio
import CLinux
import Glibc

/// What the doctor asks of the machine beyond files of its own; tests put other answers in its place.
struct ExaminedMachine: Sendable {
    /// Whether the kernel's clock is held to another one; nil where it does not say.
    var isClockKept: @Sendable () -> Bool? = {
        var state = timex()
        // Asks only: no mode is set.
        guard adjtimex(&state) >= 0 else { return nil }
        return state.status & STA_UNSYNC == 0
    }

    /// A socket of the kernel's Bluetooth management.
    var opensManagement: @Sendable () throws(BlueZError) -> Int32 = { () throws(BlueZError) in
        try ManagementSocket.open()
    }

    /// BlueZ's tool for adapters, which works without bluetoothd.
    var btmgmt = "/usr/bin/btmgmt"
    /// bluetoothd's own settings.
    var bluetoothdSettings = "/etc/bluetooth/main.conf"
    /// Where the kernel says which one it is.
    var kernelVersion = "/proc/version"
    /// Where processes are listed.
    var processes = "/proc"
    /// Where switches of radios are listed.
    var radioSwitches = "/sys/class/rfkill"
}
