import CLinux
import Glibc
import RadioInterface
import Wire

@testable import BlueZRadio

/// Channels over socket pairs, brought together by a scripted air. Whoever takes one says so with a first message, or the
/// air does.
final class ScriptedSockets: ChannelSockets {
    private let air: ScriptedAir
    private var listening: [Int32: UInt64] = [:]
    /// What the next `listen` and `connect` fail with.
    var listenFails: Int32 = 0
    var connectFails: [Int32] = []
    /// What the next `accept` that there is a call for fails with, and the next `admit` and `finishConnect`.
    var acceptFails: [Int32] = []
    var admitFails: [Int32] = []
    var finishFails: [Int32] = []
    /// So many of the next descriptors are none that epoll takes.
    var unpollable = 0
    /// Whether sockets say that something is still on its way out.
    var drains = true
    /// What it means that the far end closed without reading everything.
    var resetMeans: ChannelEnd?

    init(air: ScriptedAir) { self.air = air }

    func listen(on adapter: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError> {
        guard listenFails == 0 else { return .failure(SystemError(listenFails)) }
        if let descriptor = takeUnpollable() { return .success(descriptor) }
        let descriptor = air.listen(on: adapter.value)
        guard descriptor >= 0 else { return .failure(SystemError(errno)) }
        listening[descriptor] = adapter.value
        return .success(descriptor)
    }

    func accept(_ listener: Int32) -> Result<IncomingChannel, SystemError> {
        var byte: UInt8 = 0
        guard recv(listener, &byte, 1, Int32(MSG_DONTWAIT) | Int32(MSG_PEEK)) == 1, let address = listening[listener]
        else { return .failure(SystemError(EAGAIN)) }
        // Only one that has gone does not stay where it is.
        if let number = acceptFails.first, number != ECONNABORTED {
            return .failure(SystemError(acceptFails.removeFirst()))
        }
        recv(listener, &byte, 1, Int32(MSG_DONTWAIT))
        guard let call = air.take(on: address) else { return .failure(SystemError(EAGAIN)) }
        if !acceptFails.isEmpty {
            close(call.descriptor)
            return .failure(SystemError(acceptFails.removeFirst()))
        }
        if let descriptor = takeUnpollable() {
            close(call.descriptor)
            return .success(IncomingChannel(descriptor: descriptor, peer: call.from))
        }
        return .success(IncomingChannel(descriptor: call.descriptor, peer: call.from))
    }

    private func takeUnpollable() -> Int32? {
        guard unpollable > 0 else { return nil }
        unpollable -= 1
        return unpollableDescriptor()
    }

    func admit(_ descriptor: Int32, messageBytesMax: Int) -> Int32 {
        if !admitFails.isEmpty { return admitFails.removeFirst() }
        var byte: UInt8 = 1
        if isUnpollable(descriptor) || air.answer != nil { return 0 }
        return send(descriptor, &byte, 1, Int32(MSG_NOSIGNAL) | Int32(MSG_DONTWAIT)) == 1 ? 0 : errno
    }

    func connect(
        from adapter: RadioAddress, to peer: RadioAddress, messageBytesMax: Int
    ) -> Result<Int32, SystemError> {
        if !connectFails.isEmpty { return .failure(SystemError(connectFails.removeFirst())) }
        if let descriptor = takeUnpollable() { return .success(descriptor) }
        let descriptor = air.call(from: adapter, to: peer)
        return descriptor >= 0 ? .success(descriptor) : .failure(SystemError(errno))
    }

    var connectEvents: UInt32 { EPOLLIN.rawValue }

    func finishConnect(_ descriptor: Int32, messageBytesMax: Int) -> ConnectProgress {
        var byte: UInt8 = 0
        let count = recv(descriptor, &byte, 1, Int32(MSG_DONTWAIT))
        if count == 1 { return finishFails.isEmpty ? .connected : .failed(finishFails.removeFirst()) }
        if count < 0, errno == EAGAIN { return .pending }
        return .failed(ECONNREFUSED)
    }

    func isDrained(_ descriptor: Int32) -> Bool { drains }

    func end(of number: Int32) -> ChannelEnd? {
        switch number {
        // On Unix sockets it says that the peer closed without reading everything; what it sent is still to be read.
        case ECONNRESET: resetMeans
        case ECONNREFUSED, EMSGSIZE: .refused
        case ECONNABORTED: .adapterGone
        case ETIMEDOUT: .timedOut
        default: .failed
        }
    }
}

/// A descriptor that epoll refuses.
func unpollableDescriptor() -> Int32 { Glibc.open("/dev/null", O_RDWR | O_CLOEXEC) }

private func isUnpollable(_ descriptor: Int32) -> Bool {
    var kind: Int32 = 0
    var length = socklen_t(MemoryLayout<Int32>.size)
    return getsockopt(descriptor, SOL_SOCKET, SO_TYPE, &kind, &length) != 0
}
