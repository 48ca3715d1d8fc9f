import RadioInterface
import Wire

/// How channels are opened and taken: what the radio asks of the kernel's L2CAP beside reading and writing. Descriptors do
/// not block and are closed with `close`. Numbers are values of errno, 0 for none.
public protocol ChannelSockets: AnyObject {
    /// A socket that listens on the adapter with that address, or errno.
    func listen(on adapter: RadioAddress, messageBytesMax: Int) -> Result<Int32, SystemError>

    /// A channel that waits there. Its peer may hold it for open already; closing it refuses it.
    func accept(_ listener: Int32) -> Result<IncomingChannel, SystemError>

    /// Takes a channel that `accept` gave. Fails if the peer takes shorter messages than `messageBytesMax`.
    func admit(_ descriptor: Int32, messageBytesMax: Int) -> Int32

    /// Begins a channel from an adapter to a peer.
    func connect(
        from adapter: RadioAddress, to peer: RadioAddress, messageBytesMax: Int
    ) -> Result<Int32, SystemError>

    /// What to wait for on what `connect` gave (epoll's bits), and what became of it when that came.
    var connectEvents: UInt32 { get }
    func finishConnect(_ descriptor: Int32, messageBytesMax: Int) -> ConnectProgress

    /// Whether everything that was sent has left the socket, so that closing it loses nothing.
    func isDrained(_ descriptor: Int32) -> Bool

    /// What a failed `recv` or connect means; nil if it means nothing, and the end of file is still to come.
    func end(of number: Int32) -> ChannelEnd?
}

public struct SystemError: Error, Hashable, Sendable {
    public let number: Int32
    public init(_ number: Int32) { self.number = number }
}

public struct IncomingChannel: Sendable {
    public let descriptor: Int32
    public let peer: RadioAddress
    public init(descriptor: Int32, peer: RadioAddress) {
        self.descriptor = descriptor
        self.peer = peer
    }
}

public enum ConnectProgress: Hashable, Sendable {
    case pending
    case connected
    case failed(Int32)
}
