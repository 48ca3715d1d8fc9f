import CLinux
import RadioInterface

extension BlueZRadio {
    /// Over this machine's kernel. An adapter that is not there, off or blocked is waited for; its state says so.
    /// - Throws: `noBluetooth`, `system`.
    public convenience init(
        adapters: [AdapterName], limits: RadioLimits = RadioLimits(), powersOn: Bool = false
    ) throws(BlueZError) {
        var seed: UInt64 = 0
        _ = withUnsafeMutableBytes(of: &seed) { getrandom($0.baseAddress, $0.count, 0) }
        let settings = BlueZSettings(adapters: adapters, limits: limits, powersOn: powersOn, seed: seed)
        try self.init(settings, sockets: KernelSockets()) { () throws(BlueZError) in try ManagementSocket.open() }
    }
}
