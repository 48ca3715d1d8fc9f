import NIOCore

/// Stands before the HTTP decoder: counts what arrives until the request's head is whole, since the decoder's own
/// limits leave the request line out, and lets nothing pass once the request has been read.
final class RequestGate: ChannelInboundHandler {
    typealias InboundIn = ByteBuffer
    typealias InboundOut = ByteBuffer

    /// Fired as an error when the head is beyond the limit.
    struct HeadTooLarge: Error {}

    enum Stage { case head, body, shut }

    /// Moved on by the handler that sees decoded requests.
    var stage = Stage.head
    private var headBytesLeft: Int

    init(headBytesMax: Int) { headBytesLeft = headBytesMax }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        var bytes = unwrapInboundIn(data)
        while stage == .head, bytes.readableBytes > 0 {
            guard headBytesLeft > 0 else {
                stage = .shut
                return context.fireErrorCaught(HeadTooLarge())
            }
            guard let part = bytes.readSlice(length: min(headBytesLeft, bytes.readableBytes)) else { return }
            headBytesLeft -= part.readableBytes
            context.fireChannelRead(wrapInboundOut(part))
        }
        if stage == .body, bytes.readableBytes > 0 { context.fireChannelRead(wrapInboundOut(bytes)) }
    }
}
