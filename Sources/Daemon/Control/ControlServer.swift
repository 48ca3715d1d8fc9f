import ControlAPI
import Glibc
import Logging
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization

/// The control API: HTTP/1.1 over a Unix socket, one request a connection, on one event loop thread of its own.
///
/// Who may ask is decided by the socket's mode (0660) and again by each peer's credentials. Whatever a caller sends,
/// the memory and the time that it takes up here are bounded by `Limits`.
public final class ControlServer: Sendable {
    /// What callers can take up at most.
    public struct Limits: Sendable {
        public var headBytesMax = 16 * 1024
        public var bodyBytesMax = 64 * 1024
        public var connectionsMax = 64
        public var watchersMax = 16
        /// Bytes that may wait for a slow watcher before events are dropped and counted.
        public var watcherBufferBytesMax = 64 * 1024
        /// Within this time from its start a connection must have sent its request, and within this time from the
        /// answer it must have taken it.
        public var patienceMilliseconds: Int64 = 10_000

        public init() {}
    }

    /// Never shut down: an answer that is still under way when the server stops finds its loop alive.
    private static let loops = MultiThreadedEventLoopGroup(numberOfThreads: 1)

    private let place: SocketPlace
    private let listener: any Channel
    private let callers: Callers
    private let occupancy: Occupancy

    private init(place: SocketPlace, listener: any Channel, callers: Callers, occupancy: Occupancy) {
        self.place = place
        self.listener = listener
        self.callers = callers
        self.occupancy = occupancy
    }

    /// Listens at `path`. A stale socket there is replaced; one that answers is an error.
    /// `group` becomes the socket's group; nil leaves the daemon's own.
    public static func start(
        path: String, group: gid_t? = nil, backend: any ControlBackend,
        logger: Logger = Logger(label: "sidegate.control"), limits: Limits = Limits()
    ) async throws(SocketPlaceError) -> ControlServer {
        let place = try SocketPlace.claim(path: path)
        let socket = try place.bind(group: group)
        let policy = PeerPolicy(daemonUserID: geteuid(), socketGroupID: socket.groupID)
        let occupancy = Occupancy(connectionsMax: limits.connectionsMax, watchersMax: limits.watchersMax)
        let callers = Callers()
        let bootstrap = ServerBootstrap(group: loops)
            .serverChannelOption(.backlog, value: 128)
            .childChannelOption(.allowRemoteHalfClosure, value: true)
            .childChannelOption(
                .writeBufferWaterMark,
                value: .init(low: limits.watcherBufferBytesMax / 2, high: limits.watcherBufferBytesMax)
            )
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    callers.add(channel)
                    try addHandlers(
                        to: channel, policy: policy, occupancy: occupancy, backend: backend, logger: logger,
                        limits: limits)
                }
            }
        do {
            let listener = try await bootstrap.withBoundSocket(socket.descriptor).get()
            return ControlServer(place: place, listener: listener, callers: callers, occupancy: occupancy)
        } catch {
            place.withdraw()
            throw error as? SocketPlaceError ?? .system(path: path, what: "listen on", errorNumber: EIO)
        }
    }

    /// Takes the socket away and ends every connection. Answers under way run to their end, unheard.
    public func stop() async {
        place.withdraw()
        try? await listener.close()
        for caller in callers.open { try? await caller.close() }
    }

    /// Connections and watchers now, for tests.
    var occupied: (connections: Int, watchers: Int) { occupancy.now }

    private static func addHandlers(
        to channel: any Channel, policy: PeerPolicy, occupancy: Occupancy, backend: any ControlBackend,
        logger: Logger, limits: Limits
    ) throws {
        let pipeline = channel.pipeline.syncOperations
        let peer = try pipeline.withUnsafeTransportIfAvailable(of: NIOBSDSocket.Handle.self, PeerCredentials.init(of:))
        let gate = RequestGate(headBytesMax: limits.headBytesMax)
        let connection = ControlConnection(
            gate: gate, lease: occupancy.enter(), isAllowed: peer.flatMap { $0 }.map(policy.allows) ?? false,
            isOwnUser: peer.flatMap { $0 }.map(policy.isOwnUser) ?? false,
            occupancy: occupancy, backend: backend, logger: logger, limits: limits)
        try pipeline.addHandlers(
            gate, HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()), connection)
    }
}

/// The connections that are open now.
private final class Callers: Sendable {
    private let channels = Mutex<[ObjectIdentifier: any Channel]>([:])

    var open: [any Channel] { channels.withLock { Array($0.values) } }

    func add(_ channel: any Channel) {
        let id = ObjectIdentifier(channel)
        channels.withLock { $0[id] = channel }
        channel.closeFuture.whenComplete { [weak self] _ in
            self?.channels.withLock { _ = $0.removeValue(forKey: id) }
        }
    }
}
