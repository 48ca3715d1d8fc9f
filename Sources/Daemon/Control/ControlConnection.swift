import ControlAPI
import Logging
import NIOCore
import NIOHTTP1

/// One caller: reads one request, has it answered, and closes; or sends a watcher its events.
final class ControlConnection: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private enum State {
        case waiting
        case reading(HTTPRequestHead)
        case answering
        case watching(Task<Void, Never>)
        case closing
    }

    private let gate: RequestGate
    private let isAllowed: Bool
    private let isOwnUser: Bool
    /// The most bytes that this request's body may have.
    private var bodyBytesMax = 0
    private let occupancy: Occupancy
    private let backend: any ControlBackend
    private let logger: Logger
    private let limits: ControlServer.Limits
    private var lease: Occupancy.Lease?
    private var state = State.waiting
    private var body: [UInt8] = []
    private var deadline: Scheduled<Void>?
    private var missedCount = 0

    init(
        gate: RequestGate, lease: Occupancy.Lease?, isAllowed: Bool, isOwnUser: Bool, occupancy: Occupancy,
        backend: any ControlBackend, logger: Logger, limits: ControlServer.Limits
    ) {
        self.gate = gate
        self.lease = lease
        self.isAllowed = isAllowed
        self.isOwnUser = isOwnUser
        self.occupancy = occupancy
        self.backend = backend
        self.logger = logger
        self.limits = limits
    }

    func channelActive(context: ChannelHandlerContext) {
        guard lease != nil else {
            return refuse(ControlFailure(.busy, "too many connections", remedy: "try again"), context)
        }
        setDeadline(context) { connection, context in
            connection.refuse(ControlFailure(.tooSlow, "the request did not arrive in time"), context)
        }
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        if case .watching(let task) = state { task.cancel() }
        state = .closing
        lease = nil
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch (unwrapInboundIn(data), state) {
        case (.head(let head), .waiting): start(head, context)
        case (.body(let bytes), .reading): add(bytes, context)
        case (.end, .reading(let head)): finish(head, context)
        default: break
        }
    }

    func userInboundEventTriggered(context: ChannelHandlerContext, event: Any) {
        guard case .some(.inputClosed) = event as? ChannelEvent else {
            return context.fireUserInboundEventTriggered(event)
        }
        // A caller who has said all may still listen; a half request comes to nothing, and a watcher has left.
        switch state {
        case .waiting, .reading, .watching: context.close(promise: nil)
        case .answering, .closing: break
        }
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) {
        switch (error, state) {
        case (is RequestGate.HeadTooLarge, .waiting):
            refuse(ControlFailure(.tooLarge, "the head is beyond \(limits.headBytesMax) bytes"), context)
        case (is HTTPParserError, .waiting), (is HTTPParserError, .reading):
            refuse(ControlFailure(.badRequest, "this is not HTTP/1.1"), context)
        case (is HTTPParserError, _): break
        default: context.close(promise: nil)
        }
    }

    private func start(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        gate.stage = .body
        guard isAllowed else {
            logger.notice("refused a caller who is neither root, this user nor in the socket's group")
            let remedy = "become a member of the socket's group, or use sudo"
            return refuse(ControlFailure(.notAllowed, "you may not control this bridge", remedy: remedy), context)
        }
        do throws(ControlFailure) {
            let route = try Route.find(method: head.method.rawValue, target: head.uri).route
            guard isOwnUser || !route.isForOwnUserOnly else {
                throw ControlFailure(
                    .notAllowed, "only root and the daemon's own user may move a home", remedy: "use sudo")
            }
            bodyBytesMax = route.bodyBytesMax(usual: limits.bodyBytesMax)
        } catch {
            return refuse(error, context)
        }
        if let length = head.headers.first(name: "content-length").flatMap({ Int($0) }), length > bodyBytesMax {
            return refuseBody(context)
        }
        state = .reading(head)
    }

    private func add(_ bytes: ByteBuffer, _ context: ChannelHandlerContext) {
        guard body.count + bytes.readableBytes <= bodyBytesMax else { return refuseBody(context) }
        body.append(contentsOf: bytes.readableBytesView)
    }

    private func refuseBody(_ context: ChannelHandlerContext) {
        refuse(ControlFailure(.tooLarge, "the body is beyond \(bodyBytesMax) bytes"), context)
    }

    private func finish(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        gate.stage = .shut
        deadline?.cancel()
        let matched: Matched
        do throws(ControlFailure) {
            matched = try Route.parse(method: head.method.rawValue, target: head.uri, body: body)
        } catch {
            return refuse(error, context)
        }
        body = []
        switch matched {
        case .request(let request): answer(request, context)
        case .watch: watch(context)
        case .openAPI:
            state = .answering
            send(.document(OpenAPIDocument.json), context)
        }
    }

    private func answer(_ request: ControlRequest, _ context: ChannelHandlerContext) {
        state = .answering
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (backend, lease) = (self.backend, self.lease)
        context.eventLoop.makeFutureWithTask {
            defer { withExtendedLifetime(lease) {} }
            return await backend.answer(request)
        }.whenSuccess { reply in
            let (connection, context) = bound.value
            connection.send(reply, context)
        }
    }

    private func refuse(_ failure: ControlFailure, _ context: ChannelHandlerContext) {
        gate.stage = .shut
        state = .answering
        send(.failed(failure), context)
    }

    private func send(_ reply: ControlReply, _ context: ChannelHandlerContext) {
        guard case .answering = state else { return }
        let (status, body) = (try? reply.http()) ?? (500, Array("{}".utf8))
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status))
        head.headers.add(name: "content-type", value: "application/json")
        head.headers.add(name: "content-length", value: String(body.count))
        head.headers.add(name: "cache-control", value: "no-store")
        head.headers.add(name: "connection", value: "close")
        state = .closing
        setDeadline(context) { _, context in context.close(promise: nil) }
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: body)))), promise: nil)
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }

    private func setDeadline(
        _ context: ChannelHandlerContext, _ action: @escaping (ControlConnection, ChannelHandlerContext) -> Void
    ) {
        deadline?.cancel()
        let bound = NIOLoopBound((self, context, action), eventLoop: context.eventLoop)
        deadline = context.eventLoop.scheduleTask(in: .milliseconds(limits.patienceMilliseconds)) {
            let (connection, context, action) = bound.value
            action(connection, context)
        }
    }
}

// Watching: what the bridge tells is passed on as server-sent events.
extension ControlConnection {
    private func watch(_ context: ChannelHandlerContext) {
        guard let place = occupancy.enterAsWatcher() else {
            return refuse(ControlFailure(.busy, "too many watchers", remedy: "end one of them"), context)
        }
        let bound = NIOLoopBound((self, context), eventLoop: context.eventLoop)
        let (loop, backend) = (context.eventLoop, self.backend)
        state = .watching(
            Task {
                let events = await backend.watch()
                // One step at a time: what is not yet passed on waits in the stream, which is bounded.
                func step(_ action: @escaping @Sendable (ControlConnection, ChannelHandlerContext) -> Void) async {
                    try? await loop.submit { action(bound.value.0, bound.value.1) }.get()
                }
                await step { $0.openEvents($1) }
                for await event in events { await step { $0.tell(event, $1) } }
                await step { $0.endEvents($1) }
                withExtendedLifetime(place) {}
            })
    }

    /// The head goes out only now that the watcher misses nothing more.
    private func openEvents(_ context: ChannelHandlerContext) {
        guard case .watching = state else { return }
        var head = HTTPResponseHead(version: .http1_1, status: .ok)
        head.headers.add(name: "content-type", value: "text/event-stream")
        head.headers.add(name: "cache-control", value: "no-store")
        head.headers.add(name: "connection", value: "close")
        context.writeAndFlush(wrapOutboundOut(.head(head)), promise: nil)
    }

    private func tell(_ event: WatchEvent, _ context: ChannelHandlerContext) {
        guard case .watching = state else { return }
        guard context.channel.isWritable else {
            missedCount += event.kind == .missed ? event.count ?? 1 : 1
            return
        }
        write(event, context)
    }

    private func write(_ event: WatchEvent, _ context: ChannelHandlerContext) {
        guard let json = try? ControlJSON.encode(event) else { return }
        var bytes = context.channel.allocator.buffer(capacity: json.count + 40)
        bytes.writeString("event: \(event.kind.rawValue)\ndata: ")
        bytes.writeBytes(json)
        bytes.writeString("\n\n")
        context.writeAndFlush(wrapOutboundOut(.body(.byteBuffer(bytes))), promise: nil)
    }

    private func tellMissed(_ context: ChannelHandlerContext) {
        guard missedCount > 0, case .watching = state else { return }
        write(WatchEvent(.missed, unixMilliseconds: WallClock.unixMilliseconds, count: missedCount), context)
        missedCount = 0
    }

    func channelWritabilityChanged(context: ChannelHandlerContext) {
        if context.channel.isWritable { tellMissed(context) }
        context.fireChannelWritabilityChanged()
    }

    private func endEvents(_ context: ChannelHandlerContext) {
        guard case .watching = state else { return }
        tellMissed(context)
        state = .closing
        let bound = NIOLoopBound(context, eventLoop: context.eventLoop)
        context.writeAndFlush(wrapOutboundOut(.end(nil))).whenComplete { _ in bound.value.close(promise: nil) }
    }
}
