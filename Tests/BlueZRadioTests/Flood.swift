import Dispatch
import Foundation
import Synchronization

@testable import BlueZRadio

/// Advertisements that an adapter of no concern hears, one each millisecond: the kernel tells every management socket.
final class Flood: @unchecked Sendable {
    private let air: ScriptedAir
    private let kernel: ScriptedKernel
    private let last: (ScriptedKernel) -> Void
    private let done = DispatchSemaphore(value: 0)
    private let over = Mutex(false)
    private let ending = Mutex(false)

    /// Begins; when it is over `last` happens.
    init(_ air: ScriptedAir, _ kernel: ScriptedKernel, milliseconds: Int, last: @escaping (ScriptedKernel) -> Void) {
        self.air = air
        self.kernel = kernel
        self.last = last
        Thread.detachNewThread { [self] in run(milliseconds) }
    }

    private func run(_ milliseconds: Int) {
        for _ in 0..<milliseconds where !ending.withLock({ $0 }) {
            air.locked { kernel.event(ManagementEvent.deviceFound, 7, [UInt8](repeating: 0, count: 30)) }
            usleep(1_000)
        }
        over.withLock { $0 = true }
        air.locked { last(kernel) }
        done.signal()
    }

    var isOver: Bool { over.withLock { $0 } }

    func awaitEnd() { done.wait() }

    /// Before its time.
    func end() {
        ending.withLock { $0 = true }
        awaitEnd()
    }
}
