import ControlAPI
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix

/// Asks the daemon: one connection, one request, read to the end.
struct ControlClient: Sendable {
    private static let bodyBytesMax = 32 * 1024 * 1024

    /// The daemon's socket.
    let path: String

    private typealias Answers = NIOAsyncChannel<HTTPClientResponsePart, Never>
    private struct TimedOut: Error {}

    /// The answer's JSON. Throws `CommandEnd` with the exit code that fits.
    func ask(_ request: ControlRequest) async throws -> [UInt8] {
        // Joining waits for a neighbour's bridge to be heard.
        let usualSeconds: Int64 =
            switch request {
            case .joinNetwork: 60
            case .testDevice, .exportHome, .importHome: 30
            default: 10
            }
        let patienceSeconds = max(usualSeconds, try Self.wishedSeconds())
        let body = try request.body()
        return try await talk(request.route.method, request.target, body, patienceSeconds: patienceSeconds) { answers in
            var status = 0
            var answer: [UInt8] = []
            for try await part in answers {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes):
                    guard answer.count + bytes.readableBytes <= Self.bodyBytesMax else { throw Self.strange }
                    answer.append(contentsOf: bytes.readableBytesView)
                case .end:
                    guard status == 200 else { throw Self.failure(answer) }
                    return answer
                }
            }
            throw Self.hungUp
        }
    }

    /// How long whoever calls wants to wait at least, for a machine that has too much to do.
    private static func wishedSeconds() throws -> Int64 {
        guard let wish = getenv("SIDEGATE_PATIENCE").map({ String(cString: $0) }), !wish.isEmpty else { return 0 }
        guard let seconds = Int64(wish), (1...3600).contains(seconds) else {
            throw CommandEnd(
                ExitMeaning.usage, "SIDEGATE_PATIENCE is '\(wish)': it wants whole seconds from 1 to 3600")
        }
        return seconds
    }

    /// Decodes an answer.
    static func decode<Value: Decodable>(_ type: Value.Type, from answer: [UInt8]) throws -> Value {
        do throws(ControlFailure) {
            return try ControlJSON.decode(type, from: answer)
        } catch {
            throw strange
        }
    }

    /// Hands each event's JSON to `tell` until the daemon ends; then throws `CommandEnd`.
    func watch(_ tell: @Sendable (_ json: String) throws -> Void) async throws {
        try await talk("GET", Route.watch.target(name: ""), [], patienceSeconds: nil) { answers in
            var status = 0
            var lines = EventLines()
            var answer: [UInt8] = []
            for try await part in answers {
                switch part {
                case .head(let head): status = Int(head.status.code)
                case .body(let bytes) where status == 200:
                    for json in try lines.add(bytes.readableBytesView) { try tell(json) }
                case .body(let bytes): answer.append(contentsOf: bytes.readableBytesView.prefix(65_536))
                case .end: throw status == 200 ? Self.hungUp : Self.failure(answer)
                }
            }
            throw Self.hungUp
        }
    }

    private func talk<Value: Sendable>(
        _ method: String, _ target: String, _ body: [UInt8], patienceSeconds: Int64?,
        _ listen: (NIOAsyncChannelInboundStream<HTTPClientResponsePart>) async throws -> Value
    ) async throws -> Value {
        do {
            let answers = try await connect(RequestSender(method: method, target: target, body: body))
            if let patienceSeconds {
                let pipeline = answers.channel.pipeline
                answers.channel.eventLoop.scheduleTask(in: .seconds(patienceSeconds)) {
                    pipeline.fireErrorCaught(TimedOut())
                }
            }
            return try await answers.executeThenClose { inbound, _ in try await listen(inbound) }
        } catch let end as CommandEnd {
            throw end
        } catch is TimedOut {
            throw CommandEnd(
                ExitMeaning.unreachable, "the daemon at \(path) did not answer within \(patienceSeconds ?? 0) s",
                remedy: "If the machine is only slow, set SIDEGATE_PATIENCE to more seconds.")
        } catch {
            throw unreachable(error)
        }
    }

    /// One event loop is plenty for a command; the suggestion may be made once a process only.
    private static let oneEventLoop: Void = { NIOSingletons.groupLoopCountSuggestion = 1 }()

    private func connect(_ request: RequestSender) async throws -> Answers {
        Self.oneEventLoop
        return try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .connectTimeout(.seconds(10))
            .connect(unixDomainSocketPath: path) { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.addHTTPClientHandlers()
                    try channel.pipeline.syncOperations.addHandler(RequestHandler(request))
                    return try Answers(wrappingChannelSynchronously: channel)
                }
            }
    }

    private func unreachable(_ error: any Error) -> CommandEnd {
        if let error = error as? SocketAddressError, case .unixDomainSocketPathTooLong = error {
            return CommandEnd(ExitMeaning.usage, "\(path) is too long for a socket's path")
        }
        switch (error as? IOError)?.errnoCode {
        case EACCES, EPERM:
            let group = SocketGroup.name(path).map { "sudo adduser \"$USER\" \($0), then log in again; or " } ?? ""
            return CommandEnd(
                ExitMeaning.refused, "you may not use \(path)", remedy: "\(group)use sudo", isForbidden: true)
        case ENOENT, ECONNREFUSED:
            return CommandEnd(
                ExitMeaning.unreachable, "no daemon answers at \(path)",
                remedy: "start it (systemctl start sidegated), or say where it is with --socket")
        default: return Self.hungUp
        }
    }

    private static let hungUp = CommandEnd(ExitMeaning.unreachable, "the daemon hung up")
    private static let strange = CommandEnd(
        ExitMeaning.unreachable, "the daemon's answer makes no sense to this version of sidegate",
        remedy: "restart the daemon if it was upgraded")

    private static func failure(_ answer: [UInt8]) -> CommandEnd {
        do throws(ControlFailure) {
            return CommandEnd(try ControlJSON.decode(ControlFailure.self, from: answer))
        } catch {
            return strange
        }
    }
}

/// One request, as it is sent.
private struct RequestSender: Sendable {
    var method: String
    var target: String
    var body: [UInt8]
}

/// Sends the request once the connection stands, and passes the answer on.
private final class RequestHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPClientResponsePart
    typealias InboundOut = HTTPClientResponsePart
    typealias OutboundOut = HTTPClientRequestPart

    private let request: RequestSender

    init(_ request: RequestSender) { self.request = request }

    func channelActive(context: ChannelHandlerContext) {
        var head = HTTPRequestHead(version: .http1_1, method: .RAW(value: request.method), uri: request.target)
        head.headers.add(name: "host", value: "sidegate")
        head.headers.add(name: "connection", value: "close")
        head.headers.add(name: "content-length", value: String(request.body.count))
        context.write(wrapOutboundOut(.head(head)), promise: nil)
        context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: request.body)))), promise: nil)
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: nil)
        context.fireChannelActive()
    }
}

/// Server-sent events: hands out what follows `data: `, whatever pieces it comes in.
struct EventLines {
    private static let lineBytesMax = 65_536
    private var line: [UInt8] = []

    mutating func add(_ bytes: some Sequence<UInt8>) throws -> [String] {
        var found: [String] = []
        for byte in bytes {
            guard byte == UInt8(ascii: "\n") else {
                guard line.count < Self.lineBytesMax else {
                    throw CommandEnd(ExitMeaning.unreachable, "the daemon sent a line without an end")
                }
                line.append(byte)
                continue
            }
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("data: ") { found.append(String(text.dropFirst(6))) }
            line.removeAll(keepingCapacity: true)
        }
        return found
    }
}
