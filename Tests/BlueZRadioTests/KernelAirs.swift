import BlueZRadio
import Foundation

/// The airs whose controllers the checks over the real kernel may use in turn. The kernel holds a connection for 2 s after
/// its last channel, and the next check on an air is to find none: so each rests, while another is used.
final class KernelAirs: @unchecked Sendable {
    static let shared = KernelAirs(ProcessInfo.processInfo.environment["SIDEGATE_AIRS"])
    private static let controllersMin = 5
    private static let restSeconds = 3.0

    private let airs: [[String]]
    private let lock = NSLock()
    private var restedAt: [Double]

    /// - Parameter airs: as in `hci0,hci1 hci2,hci3`, each with those that hear each other; none: hci0 to hci4. Of several
    ///   the last one is left to others.
    init(_ airs: String?) {
        let listed = (airs ?? "").split(separator: " ").map { $0.split(separator: ",").map(String.init) }
        let large = (listed.count > 1 ? listed.dropLast() : listed[...]).filter { $0.count >= Self.controllersMin }
        self.airs = large.isEmpty ? [(0..<Self.controllersMin).map { "hci\($0)" }] : Array(large)
        restedAt = Array(repeating: 0, count: self.airs.count)
    }

    /// Whoever has rested longest, after its rest.
    func take() -> (air: Int, adapters: [AdapterName]) {
        let (air, rested) = lock.withLock {
            let air = restedAt.indices.min { restedAt[$0] < restedAt[$1] } ?? 0
            return (air, restedAt[air])
        }
        Thread.sleep(forTimeInterval: max(0, rested - ProcessInfo.processInfo.systemUptime))
        return (air, airs[air].compactMap { AdapterName($0) })
    }

    /// Its radios have stopped.
    func leave(_ air: Int) {
        lock.withLock { restedAt[air] = ProcessInfo.processInfo.systemUptime + Self.restSeconds }
    }
}
