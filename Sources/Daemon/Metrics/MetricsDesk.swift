import Logging
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves `/metrics` on the loopback interface while the settings name a port.
actor MetricsDesk {
    static let connectionsMax = 8

    private let logger: Logger
    private let page: @Sendable () async -> String?
    private let occupancy = Occupancy(connectionsMax: connectionsMax, watchersMax: 0)
    private let loops = MultiThreadedEventLoopGroup.singleton
    private var port: Int?
    private var listener: (any Channel)?

    /// `page` makes the text; nil while there is none.
    init(logger: Logger, page: @escaping @Sendable () async -> String?) {
        self.logger = logger
        self.page = page
    }

    /// The port that is listened on now.
    var listening: Int? { listener?.localAddress?.port }

    /// Listens on `port` of 127.0.0.1 from now on; nil: nowhere. A port that is taken is told in the log, and nothing
    /// else suffers.
    func use(port: Int?) async {
        guard port != self.port else { return }
        self.port = port
        try? await listener?.close()
        listener = nil
        guard let port else { return }
        let (occupancy, page) = (occupancy, page)
        do {
            listener = try await ServerBootstrap(group: loops)
                .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
                .serverChannelOption(.backlog, value: 16)
                .childChannelInitializer { channel in
                    channel.eventLoop.makeCompletedFuture {
                        let pipeline = channel.pipeline.syncOperations
                        let gate = RequestGate(headBytesMax: MetricsConnection.headBytesMax)
                        try pipeline.addHandlers(
                            gate, HTTPResponseEncoder(), ByteToMessageHandler(HTTPRequestDecoder()),
                            MetricsConnection(gate: gate, lease: occupancy.enter(), page: page))
                    }
                }
                .bind(host: "127.0.0.1", port: port).get()
        } catch {
            logger.error("no metrics: port \(port) of 127.0.0.1 cannot be listened on")
        }
    }
}

/// One reader of `/metrics`: a request, an answer, closed.
private final class MetricsConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    static let headBytesMax = 4 * 1024
    private static let patienceSeconds: Int64 = 5

    private let gate: RequestGate
    private var lease: Occupancy.Lease?
    private let page: @Sendable () async -> String?
    private var head: HTTPRequestHead?
    private var isAnswered = false
    private var deadline: Scheduled<Void>?

    init(gate: RequestGate, lease: Occupancy.Lease?, page: @escaping @Sendable () async -> String?) {
        self.gate = gate
        self.lease = lease
        self.page = page
    }

    func channelActive(context: ChannelHandlerContext) {
        guard lease != nil else { return answer(.serviceUnavailable, "busy\n", context) }
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .seconds(Self.patienceSeconds)) {
            bound.value.close(promise: nil)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        lease = nil
        context.fireChannelInactive()
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head) where self.head == nil: self.head = head
        case .end where !isAnswered: finish(context)
        // There is no use for a body.
        case .body where !isAnswered: answer(.payloadTooLarge, "no body is taken\n", context)
        default: break
        }
    }

    private func finish(_ context: ChannelHandlerContext) {
        guard let head, head.uri == "/metrics" else { return answer(.notFound, "see /metrics\n", context) }
        guard head.method == .GET else { return answer(.methodNotAllowed, "GET only\n", context) }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (page, lease) = (page, lease)
        context.eventLoop.makeFutureWithTask {
            defer { withExtendedLifetime(lease) {} }
            return await page()
        }.whenSuccess { text in
            let (connection, context) = bound.value
            connection.answer(text == nil ? .serviceUnavailable : .ok, text ?? "starting or stopping\n", context)
        }
    }

    private func answer(_ status: HTTPResponseStatus, _ text: String, _ context: ChannelHandlerContext) {
        guard !isAnswered else { return }
        isAnswered = true
        gate.stage = .shut
        var head = HTTPResponseHead(version: .http1_1, status: status)
        head.headers.add(name: "content-type", value: "text/plain; version=0.0.4; charset=utf-8")
        head.headers.add(name: "content-length", value: String(text.utf8.count))
        head.headers.add(name: "connection", value: "close")
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(string: text)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
