import CLinux
import Foundation
import Glibc
import Wire

@testable import BlueZRadio

/// An air for scripted controllers: who hears whom, beacons on their way, and calls. Served by a thread, or by hand.
final class ScriptedAir: @unchecked Sendable {
    private let lock = NSRecursiveLock()
    private(set) var kernels: [ScriptedKernel] = []
    private var listeners: [UInt64: Listener] = [:]
    private var calls: [Call] = []
    private var isServing = false
    private let done = DispatchSemaphore(value: 0)
    /// Whether the controller with the first address hears the one with the second.
    var hears: (UInt64, UInt64) -> Bool = { _, _ in true }
    /// A controller that took a call stops advertising, as the kernel does.
    var stopsAdvertisingOnLinks = true
    private var adverted = Instant(microseconds: 0)
    /// Calls wait, and are then all carried at once.
    var holdsCalls = false
    /// The kernel answers who calls, before or after it tells the listener; nil: whoever takes the call does.
    var answer: Answer?

    enum Answer: CaseIterable { case before, after }

    private final class Listener {
        let descriptor: Int32
        var waiting: [(descriptor: Int32, from: RadioAddress)] = []
        init(_ descriptor: Int32) { self.descriptor = descriptor }
        deinit {
            close(descriptor)
            for call in waiting { close(call.descriptor) }
        }
    }

    private struct Call {
        var descriptor: Int32
        var from: RadioAddress
        var to: RadioAddress
    }

    static var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    func kernel(_ controllers: [ScriptedController]) -> ScriptedKernel {
        lock.withLock {
            let kernel = ScriptedKernel(air: self, controllers: controllers)
            kernels.append(kernel)
            return kernel
        }
    }

    func locked<Value>(_ body: () throws -> Value) rethrows -> Value { try lock.withLock(body) }

    func startServing() {
        isServing = true
        Thread { [self] in
            while locked({ isServing }) {
                locked { serve() }
                var waiting = locked { kernels.flatMap(\.descriptors) }
                    .map { pollfd(fd: $0, events: Int16(POLLIN), revents: 0) }
                Glibc.poll(&waiting, nfds_t(waiting.count), 2)
            }
            done.signal()
        }.start()
    }

    func stop() {
        if locked({ isServing }) {
            locked { isServing = false }
            done.wait()
        }
        locked {
            for kernel in kernels { kernel.closeAll() }
            for call in calls { close(call.descriptor) }
            calls.removeAll()
            listeners.removeAll()
        }
    }

    /// Answers what is asked, and lets advertisements and calls reach whom they are for.
    func serve(at time: Instant = ScriptedAir.now) {
        for kernel in kernels { kernel.serve() }
        if adverted.advanced(milliseconds: 20) <= time {
            adverted = time
            for sender in kernels.flatMap(\.controllers) {
                for payload in sender.onAir { spread(payload, from: sender) }
            }
        }
        carryCalls()
    }

    private func spread(_ payload: [UInt8], from sender: ScriptedController) {
        for kernel in kernels {
            for controller in kernel.controllers
            where controller !== sender && hears(controller.address, sender.address) {
                kernel.report(payload, from: sender.airAddress, to: controller)
            }
        }
    }

    private func controller(goingBy address: RadioAddress) -> ScriptedController? {
        kernels.flatMap(\.controllers).first { $0.airAddress == address }
    }

    private func controller(calling address: RadioAddress) -> ScriptedController? {
        kernels.flatMap(\.controllers).first { $0.address == address.value && address.kind == .public }
    }

    // MARK: Calls

    func listen(on address: UInt64) -> Int32 {
        lock.withLock {
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, nonblocking, 0, &ends) == 0 else { return -1 }
            listeners[address] = Listener(ends[1])
            return ends[0]
        }
    }

    func call(from: RadioAddress, to: RadioAddress) -> Int32 {
        lock.withLock {
            var ends: [Int32] = [-1, -1]
            guard socketpair(AF_UNIX, nonblocking, 0, &ends) == 0 else { return -1 }
            calls.append(Call(descriptor: ends[1], from: from, to: to))
            return ends[0]
        }
    }

    func take(on address: UInt64) -> (descriptor: Int32, from: RadioAddress)? {
        lock.withLock {
            guard let listener = listeners[address], !listener.waiting.isEmpty else { return nil }
            return listener.waiting.removeFirst()
        }
    }

    /// How many calls wait.
    var callCount: Int { locked { calls.count } }

    private func carryCalls() {
        guard !holdsCalls else { return }
        for address in listeners.keys.sorted() {
            // Closed by the radio.
            if let listener = listeners[address], hasEnded(listener.descriptor) { listeners[address] = nil }
        }
        calls.removeAll { call in
            if hasEnded(call.descriptor) {
                close(call.descriptor)
                return true
            }
            guard let target = controller(goingBy: call.to), !target.onAir.isEmpty,
                hears(call.from.value, target.address), hears(target.address, call.from.value)
            else { return false }
            let from = controller(calling: call.from)?.callerAddress ?? call.from
            guard let listener = listeners[target.address], listener.waiting.count < 16 else {
                close(call.descriptor)
                return true
            }
            listener.waiting.append((call.descriptor, from))
            let told = [listener.descriptor] + (answer == nil ? [] : [call.descriptor])
            var byte: UInt8 = 1
            for end in answer == .before ? told.reversed() : told { send(end, &byte, 1, Int32(MSG_NOSIGNAL)) }
            if stopsAdvertisingOnLinks { target.instances.removeAll() }
            for kernel in kernels { kernel.tellLink(from, call.to) }
            return true
        }
    }

    private func hasEnded(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, Int32(MSG_PEEK) | Int32(MSG_DONTWAIT)) == 0
    }
}

let nonblocking = Int32(SOCK_SEQPACKET.rawValue | SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue)
