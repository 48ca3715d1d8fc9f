import Bridging
import Consent
import Sealing
import SeededRandom
import Wire

/// The other end of a channel: a member, or whoever has an invitation's code, that sends whatever it likes.
final class FuzzPeer {
    let channel: LinkChannel
    let identity: BridgeIdentity
    private let random: SplitMix64
    private var noise: NoiseHandshake?
    private var sealing: LinkCipher?
    private var opening: LinkCipher?
    private(set) var isOpen = true
    var isRunning: Bool { isOpen && sealing != nil }
    /// The number that the bridge gives the next frame it gets, and that of the last packet which it sent.
    private(set) var framesSent: UInt16 = 0
    private var framesReceived: UInt16 = 0
    private(set) var packetsReceived: [(frame: UInt16, eventID: UInt64)] = []
    private(set) var byeReceived = false

    /// What a session is opened under.
    struct Keys {
        let kind: BeaconKind
        let hello: KeyedHash
        let session: SecretBytes
        let networkID: [UInt8]
    }

    init(channel: LinkChannel, identity: BridgeIdentity, seed: UInt64) {
        self.channel = channel
        self.identity = identity
        random = SplitMix64(seed: seed)
    }

    private func handshake(_ role: NoiseHandshake.Role, _ keys: Keys, _ beacon: [UInt8]) throws -> NoiseHandshake {
        var random = random
        return try NoiseHandshake(
            role: role, prologue: Array("sidegate 1".utf8) + keys.networkID + beacon, presharedKey: keys.session,
            staticKey: identity.staticKey, ephemeralKey: AgreementKey(SecretBytes(random.bytes(32))))
    }

    /// A hello that answers `beacon`.
    func hello(_ keys: Keys, beacon: [UInt8]) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: HandshakeLayout.bytesHello)
        do {
            let noise = try handshake(.initiator, keys, beacon)
            try bytes.withUnsafeMutableBytes { room in
                let hello = try MutableHello(kind: keys.kind, in: room)
                _ = try [UInt8(1), 1].withUnsafeBytes { try noise.writeMessage($0, into: hello.noiseMessage) }
                beacon.withUnsafeBytes { keys.hello.tag16(over: hello.bytesBeforeMAC, $0) }.write(into: hello.mac)
            }
            self.noise = noise
        } catch {
            require(false, "no hello")
        }
        return bytes
    }

    /// The reply to the bridge's hello.
    func reply(to hello: [UInt8], _ keys: Keys, beacon: [UInt8]) -> [UInt8]? {
        do {
            let noise = try handshake(.responder, keys, beacon)
            let message = try hello.withUnsafeBytes { try Array(HelloView($0).noiseMessage) }
            _ = try noise.readMessage(message)
            self.noise = noise
            return try [HandshakeStep.reply.rawValue] + noise.writeMessage([1, 0])
        } catch {
            return nil
        }
    }

    /// Takes what the bridge sent. Returns what goes back at once: the finish of a handshake.
    func take(_ message: [UInt8]) -> [UInt8]? {
        require(message.count <= FrameLayout.bytesMessageMax, "a message longer than a channel carries")
        guard isOpen, let opening else { return noise == nil ? nil : shakeHands(message) }
        var plain = [UInt8](repeating: 0, count: message.count)
        let count = plain.withUnsafeMutableBytes { target in
            message.withUnsafeBytes { sealed in
                try? opening.open(
                    associatedData: UnsafeRawBufferPointer(start: nil, count: 0), sealed: sealed, into: target)
            }
        }
        guard let count else {
            require(false, "a message that does not open")
            return nil
        }
        read(Array(plain[..<count]))
        framesReceived &+= 1
        return nil
    }

    private func shakeHands(_ message: [UInt8]) -> [UInt8]? {
        guard let noise else { return nil }
        do {
            _ = try noise.readMessage(Array(message.dropFirst()))
            var finish: [UInt8]?
            if noise.isWriter { finish = try [HandshakeStep.finish.rawValue] + noise.writeMessage([]) }
            (sealing, opening) = try noise.split()
            self.noise = nil
            return finish
        } catch {
            isOpen = false
            return nil
        }
    }

    private func read(_ frame: [UInt8]) {
        frame.withUnsafeBytes { bytes in
            guard let view = try? FrameView(bytes) else { return require(false, "a frame that is none") }
            switch view {
            case .packet(let packet):
                guard let packet = try? PacketView(packet) else { return require(false, "a packet that is none") }
                require(packet.hopLimit >= 1, "a packet whose hop limit is used up")
                packetsReceived.append((framesReceived, packet.eventID))
                if packetsReceived.count > 200 { packetsReceived.removeFirst() }
            case .record(let record):
                require((try? RegistryRecord(record)) != nil, "a record that is none")
            case .bye: byeReceived = true
            case .ignored: require(false, "a frame of an unknown type")
            default: break
            }
        }
    }

    /// A frame as the link carries it; nil without a session.
    func seal(_ frame: [UInt8]) -> [UInt8]? {
        guard isOpen, let sealing else { return nil }
        var message = [UInt8](repeating: 0, count: frame.count + LinkCipher.tagLength)
        let count = message.withUnsafeMutableBytes { target in
            frame.withUnsafeBytes { plain in
                try? sealing.seal(
                    associatedData: UnsafeRawBufferPointer(start: nil, count: 0), plaintext: plain, into: target)
            }
        }
        guard count != nil else { return nil }
        framesSent &+= 1
        return message
    }

    func close() { isOpen = false }

    func takePacket(at place: Int) -> (frame: UInt16, eventID: UInt64)? {
        packetsReceived.isEmpty ? nil : packetsReceived.remove(at: place % packetsReceived.count)
    }
}
