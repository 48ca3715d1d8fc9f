/// Sizes and offsets of the three messages before a session, in bytes.
public enum HandshakeLayout {
    public static let bytesHello = 67
    public static let bytesReply = 99
    public static let bytesFinish = 65
    /// Type and Noise message: what, followed by the beacon value, the hello's MAC covers.
    public static let bytesHelloBeforeMAC = 51
    public static let bytesEphemeralKey = 32
}

/// A caller's first message, in borrowed bytes: type 1 (0x11 network, 0x12 join) ‖ Noise message 1 (50) ‖ MAC 16.
@frozen public struct HelloView {
    public let bytes: UnsafeRawBufferPointer
    public let kind: BeaconKind

    /// Throws `wrongLength`, `unknownType`. Both close the channel without a word.
    public init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        guard bytes.count == HandshakeLayout.bytesHello else { throw .wrongLength }
        guard bytes[0] >> 4 == 1, let kind = BeaconKind(rawValue: bytes[0] & 15) else { throw .unknownType }
        self.bytes = bytes
        self.kind = kind
    }

    public var noiseMessage: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[1..<HandshakeLayout.bytesHelloBeforeMAC])
    }
    /// The caller's ephemeral key: the first 32 bytes of the Noise message.
    public var ephemeralKey: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[1..<1 + HandshakeLayout.bytesEphemeralKey])
    }
    /// The 51 bytes that, followed by the beacon value, the MAC covers.
    public var bytesBeforeMAC: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[..<HandshakeLayout.bytesHelloBeforeMAC])
    }
    public var mac: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[HandshakeLayout.bytesHelloBeforeMAC...])
    }
}

/// A hello being made. Type first, then Noise writes its message, then the MAC over what stands before it.
@frozen public struct MutableHello {
    public let bytes: UnsafeMutableRawBufferPointer

    /// Writes the type to the start of `target`. Throws `noRoom` for fewer than 67 bytes.
    public init(kind: BeaconKind, in target: UnsafeMutableRawBufferPointer) throws(WireError) {
        guard target.count >= HandshakeLayout.bytesHello else { throw .noRoom }
        bytes = UnsafeMutableRawBufferPointer(rebasing: target[..<HandshakeLayout.bytesHello])
        bytes.initializeMemory(as: UInt8.self, repeating: 0)
        bytes[0] = 0x10 | kind.rawValue
    }

    public var noiseMessage: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[1..<HandshakeLayout.bytesHelloBeforeMAC])
    }
    public var bytesBeforeMAC: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[..<HandshakeLayout.bytesHelloBeforeMAC])
    }
    public var mac: UnsafeMutableRawBufferPointer {
        UnsafeMutableRawBufferPointer(rebasing: bytes[HandshakeLayout.bytesHelloBeforeMAC...])
    }
}

/// The messages that are a type and a Noise message.
@frozen public enum HandshakeStep: UInt8, Hashable, Sendable, CaseIterable {
    /// Called to caller, 99 bytes.
    case reply = 0x21
    /// Caller to called, 65 bytes.
    case finish = 0x31

    public var byteCount: Int { self == .reply ? HandshakeLayout.bytesReply : HandshakeLayout.bytesFinish }

    /// The Noise message in `bytes`. Throws `wrongLength`, `unknownType`. Both close the channel.
    public func noiseMessage(in bytes: UnsafeRawBufferPointer) throws(WireError) -> UnsafeRawBufferPointer {
        guard bytes.count == byteCount else { throw .wrongLength }
        guard bytes[0] == rawValue else { throw .unknownType }
        return UnsafeRawBufferPointer(rebasing: bytes[1...])
    }

    /// Writes the type to the start of `target` and returns where the Noise message goes. Throws `noRoom`.
    public func start(in target: UnsafeMutableRawBufferPointer) throws(WireError) -> UnsafeMutableRawBufferPointer {
        guard target.count >= byteCount else { throw .noRoom }
        target[0] = rawValue
        return UnsafeMutableRawBufferPointer(rebasing: target[1..<byteCount])
    }
}
