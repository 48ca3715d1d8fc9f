import Consent
import Glibc
import RadioInterface
import Sealing
import VirtualAir
import Wire

/// A member of the network with a radio of its own, who joined by a code and holds a link to the bridge in the middle.
/// It speaks the protocol as `docs/protocol.md` has it, but neither consents, keeps nor opens anything: so that the
/// bridge in the middle is what limits a flood from one such member to another.
final class Member {
    private enum Phase {
        /// Waits to hear a beacon under these keys.
        case listening(Keys)
        case calling(Keys, BeaconValue, NoiseHandshake?)
        case running(BeaconKind)
    }

    /// Under which a session begins: those of an invitation, or the network's.
    private struct Keys {
        let kind: BeaconKind
        let hello: KeyedHash
        let session: SecretBytes
        let networkID: [UInt8]
        let recognises: (BeaconValue) -> Bool
    }

    /// What a join reply brings.
    struct Network {
        let networkKey: SecretBytes
        let recognitionKey: SecretBytes
        let founder: Bytes32
        let recordCount: Int
        /// The chain from the founder to this member.
        var records: [[UInt8]] = []

        var keys: NetworkKeys { get throws { try NetworkKeys(networkKey: networkKey, recognitionKey: recognitionKey) } }
    }

    let staticKey: AgreementKey
    let signingKey: SigningKey
    let identifier: UInt64
    let radio: VirtualRadio
    private let name: MemberName
    private var phase: Phase?
    private var channel: ChannelID?
    private var sealing: LinkCipher?
    private var opening: LinkCipher?
    private(set) var network: Network?
    /// The bridge in the middle takes it for a neighbour.
    private(set) var isLinked = false
    private(set) var problem: String?
    /// Answered after the round, not to disturb the order of what was sealed before it.
    private var keepalives: [Keepalive] = []

    // Of the round.
    private(set) var received = 0
    private(set) var answered = 0
    /// Event ids, as they come.
    private(set) var confirmed: [UInt64] = []
    /// Frame numbers answered by "confirmed" at once.
    private(set) var confirmedFrames: [UInt16] = []
    private var answers: [PacketAnswer] = []
    private var confirms: [UInt64] = []
    private var answersSince: UInt64 = 0
    private var lengths = [UInt32](repeating: 0, count: RadioLimits.messagesAtOnceMax)
    private static let gatherCount = 32
    private static let gatherNanoseconds: UInt64 = 20_000_000

    private let plain = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    private let sealed = UnsafeMutableRawBufferPointer.allocate(byteCount: 512, alignment: 16)
    private let empty = UnsafeRawBufferPointer(start: nil, count: 0)

    init(_ name: String, air: String) throws {
        var random = SystemRandomNumberGenerator()
        staticKey = try AgreementKey(Self.secret(32))
        signingKey = try SigningKey(seed: Self.secret(32))
        identifier = Names.memberID(staticKey: staticKey.publicKey, signingKey: signingKey.publicKey)
        self.name = try MemberName(name)
        radio = try VirtualRadio(directory: air, name: name, settings: AirSettings(seed: random.next()))
    }

    deinit {
        radio.stop()
        plain.deallocate()
        sealed.deallocate()
    }

    static func secret(_ count: Int) -> SecretBytes { SecretBytes(bytes(count)) }
    static func bytes(_ count: Int) -> [UInt8] { (0..<count).map { _ in UInt8.random(in: .min ... .max) } }

    static var now: Moment {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Moment(
            instant: Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000),
            wall: WallTime(seconds: UInt32(clamping: Glibc.time(nil))))
    }

    // MARK: Becoming a neighbour

    /// Joins the network whose invitation has `code`.
    func join(_ code: InvitationCode) throws {
        let keys = try JoinKeys(code: code)
        phase = .listening(
            Keys(
                kind: .join, hello: keys.helloKey, session: keys.sessionKey,
                networkID: [UInt8](repeating: 0, count: 8),
                recognises: { keys.recognises($0, now: Self.now.wall) }))
        try wait("joined") { network.map { $0.records.count == $0.recordCount } ?? false }
        try send { target throws(WireError) in try FrameWriter.joinDone(into: target) }
        try wait("the join session ends") { channel == nil }
    }

    /// Calls the bridge in the middle and shows who this is.
    func link() throws {
        guard let network else { throw BenchmarkError.setUp("there is no network to link in") }
        let keys = try network.keys
        let networkID = Names.networkID(founder: network.founder)
        phase = .listening(
            Keys(
                kind: .network, hello: keys.helloKey, session: keys.sessionKey,
                networkID: withUnsafeBytes(of: networkID.littleEndian) { Array($0) },
                recognises: { keys.memberHint(in: $0, now: Self.now.wall) != nil }))
        try wait("a link to the middle") { isLinked }
    }

    /// Tells the middle of a record of this member's own.
    func tell(_ record: [UInt8]) throws {
        try send { target throws(WireError) in
            do { return try record.withUnsafeBytes { try FrameWriter.record($0, into: target) } } catch {
                throw error as? WireError ?? .noRoom
            }
        }
    }

    /// Announces this member's own home.
    func announceHome() throws {
        let route = RouteEntry(home: identifier, sequenceNumber: 1, metric: 0)
        try send { target throws(WireError) in try FrameWriter.routes([route], into: target) }
    }

    /// Answers what was asked while a round went on.
    func answerKeepalives() throws {
        let asked = keepalives
        keepalives.removeAll()
        for keepalive in asked {
            let answer = Keepalive(isAnswer: true, number: keepalive.number)
            try send { target throws(WireError) in try FrameWriter.keepalive(answer, into: target) }
        }
    }

    func wait(_ what: String, until condition: () throws -> Bool) throws {
        for _ in 0..<30_000 {
            try Interruption.check()
            poll()
            if let problem { throw BenchmarkError.setUp("\(radio.name): \(problem)") }
            if try condition() { return }
            if phase != nil, isLinked { try answerKeepalives() }
            usleep(1_000)
        }
        throw BenchmarkError.setUp("\(radio.name): still not: \(what)")
    }

    /// Takes what has come. Returns whether the radio told anything.
    @discardableResult
    func poll() -> Bool {
        var sink = MemberSink(member: self)
        radio.poll(now: Self.now.instant, limit: 128, into: &sink)
        return sink.hasHeard
    }

    // MARK: Sending

    private func send(_ write: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int) throws {
        guard let sealing, let channel else { throw BenchmarkError.setUp("\(radio.name): there is no session") }
        let frame = UnsafeMutableRawBufferPointer(rebasing: plain[..<FrameLayout.bytesFrameMax])
        let count = try write(frame)
        let length = try sealing.seal(
            associatedData: empty, plaintext: UnsafeRawBufferPointer(rebasing: frame[..<count]), into: sealed)
        for _ in 0..<5_000 {
            switch radio.send(channel, UnsafeRawBufferPointer(rebasing: sealed[..<length])) {
            case .sent: return
            case .wouldBlock:
                usleep(1_000)
                poll()
            case .tooLong, .closed: throw BenchmarkError.setUp("\(radio.name): the channel has ended")
            }
        }
        throw BenchmarkError.setUp("\(radio.name): the channel takes nothing")
    }

    func startRound(_ count: Int) {
        (received, answered) = (0, 0)
        confirmed.removeAll(keepingCapacity: true)
        confirmed.reserveCapacity(count)
        confirmedFrames.removeAll()
    }

    /// Seals `plaintext` as the next message, to be sent before any other. Returns the number that answers name it by.
    func seal(_ plaintext: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer) throws -> UInt16 {
        guard let sealing else { throw BenchmarkError.setUp("\(radio.name): there is no session") }
        let number = UInt16(truncatingIfNeeded: sealing.counter)
        _ = try sealing.seal(associatedData: empty, plaintext: plaintext, into: target)
        return number
    }

    /// Sends sealed messages of one length that stand one after another. Returns how many the radio took.
    func hand(_ messages: UnsafeRawBufferPointer, each bytes: Int) -> Int {
        guard let channel else { return 0 }
        var sent = 0
        while sent < messages.count / bytes {
            let rest = UnsafeRawBufferPointer(rebasing: messages[(sent * bytes)...])
            let count = min(rest.count / bytes, RadioLimits.messagesAtOnceMax)
            let taken = lengths.withUnsafeMutableBufferPointer { lengths in
                lengths.update(repeating: UInt32(bytes))
                return radio.sendMany(channel, rest, lengths: UnsafeBufferPointer(rebasing: lengths[..<count]))
            }
            sent += taken
            if taken < count { break }
        }
        return sent
    }

    /// Answers and confirms what came, as a bridge does: once 32 wait, or after 20 ms.
    func reply() throws {
        guard !answers.isEmpty else { return }
        if answers.count < Self.gatherCount {
            let now = nanoseconds()
            if answersSince == 0 { answersSince = now }
            guard now - answersSince >= Self.gatherNanoseconds else { return }
        }
        answersSince = 0
        try send { target throws(WireError) in
            try FrameWriter.answers(answers.prefix(FrameLayout.answersMax), into: target)
        }
        answers.removeFirst(min(answers.count, FrameLayout.answersMax))
        while !confirms.isEmpty {
            try send { target throws(WireError) in
                try FrameWriter.confirm(confirms.prefix(FrameLayout.confirmMax), into: target)
            }
            confirms.removeFirst(min(confirms.count, FrameLayout.confirmMax))
        }
    }

    // MARK: From the radio

    func heard(_ address: RadioAddress, _ data: UnsafeRawBufferPointer) {
        guard case .listening(let keys) = phase, let beacon = BeaconAdvertisement.find(in: data),
            keys.recognises(beacon)
        else { return }
        guard let channel = try? radio.connect(to: address, timeoutMilliseconds: 5_000, now: Self.now.instant) else {
            return
        }
        self.channel = channel
        phase = .calling(keys, beacon, nil)
    }

    func connected() { attempt { try sayHello() } }

    private func sayHello() throws {
        guard case .calling(let keys, let beacon, nil) = phase, let channel else { return }
        let noise = try NoiseHandshake(
            role: .initiator, prologue: Array("sidegate 1".utf8) + keys.networkID + beacon.bytes.array,
            presharedKey: keys.session, staticKey: staticKey, ephemeralKey: AgreementKey(Self.secret(32)))
        let hello = try MutableHello(kind: keys.kind, in: sealed)
        _ = try [UInt8(1), 1].withUnsafeBytes { try noise.writeMessage($0, into: hello.noiseMessage) }
        let mac = beacon.bytes.withUnsafeBytes { keys.hello.tag16(over: hello.bytesBeforeMAC, $0) }
        mac.write(into: hello.mac)
        _ = radio.send(channel, UnsafeRawBufferPointer(hello.bytes))
        phase = .calling(keys, beacon, noise)
    }

    private func answerReply(_ keys: Keys, _ noise: NoiseHandshake, _ bytes: UnsafeRawBufferPointer) throws {
        _ = try noise.readMessage(Array(HandshakeStep.reply.noiseMessage(in: bytes)))
        let finish = try HandshakeStep.finish.start(in: sealed)
        _ = try noise.writeMessage(empty, into: finish)
        guard let channel else { return }
        _ = radio.send(channel, UnsafeRawBufferPointer(rebasing: sealed[..<HandshakeLayout.bytesFinish]))
        (sealing, opening) = try noise.split()
        phase = .running(keys.kind)
        if keys.kind == .join {
            let request = JoinRequest(signingKey: signingKey.publicKey, name: name)
            try send { target throws(WireError) in try FrameWriter.joinRequest(request, into: target) }
        } else {
            for record in network?.records ?? [] { try tell(record) }
        }
    }

    func received(_ bytes: UnsafeRawBufferPointer) {
        attempt {
            if case .calling(let keys, _, let noise?) = phase { return try answerReply(keys, noise, bytes) }
            guard let opening else { return }
            let number = UInt16(truncatingIfNeeded: opening.counter)
            let count = try opening.open(associatedData: empty, sealed: bytes, into: plain)
            try take(FrameView(UnsafeRawBufferPointer(rebasing: plain[..<count])), number)
        }
    }

    private func take(_ frame: FrameView, _ number: UInt16) throws {
        switch frame {
        case .packet(let bytes):
            received += 1
            answers.append(PacketAnswer(frameNumber: number, answer: .accepted))
            confirms.append(try PacketView(bytes).eventID)
        case .answers(let answers):
            for answer in answers {
                switch answer.answer {
                case .accepted: break
                case .confirmed: confirmedFrames.append(answer.frameNumber)
                case .notNow, .refused: throw BenchmarkError.setUp("a packet was answered \(answer.answer)")
                }
                answered += 1
            }
        case .confirm(let ids): for index in 0..<ids.count { confirmed.append(ids[index]) }
        case .keepalive(let message):
            isLinked = true
            if !message.isAnswer { keepalives.append(message) }
        case .joinReply(let reply):
            network = Network(
                networkKey: SecretBytes(copying: reply.networkKey),
                recognitionKey: SecretBytes(copying: reply.recognitionKey), founder: reply.founderSigningKey,
                recordCount: Int(reply.recordCount))
        case .record(let bytes): if case .running(.join) = phase { network?.records.append(Array(bytes)) }
        case .bye(let reason): throw BenchmarkError.setUp("the middle says bye: \(String(describing: reason))")
        case .routes, .routeRequest, .recordIDs, .recordRequest, .joinRequest, .testRequest, .lending, .joinDone,
            .ignored:
            break
        }
    }

    func ended(_ end: ChannelEnd) {
        channel = nil
        if case .running(.join) = phase { phase = nil } else { problem = "the channel ended: \(end)" }
    }

    private func attempt(_ body: () throws -> Void) {
        do { try body() } catch { problem = "\(error)" }
    }
}

/// Hands what the radio tells to a member.
struct MemberSink: RadioEventSink {
    let member: Member
    var hasHeard = false

    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
        member.heard(address, data)
    }
    mutating func opened(_ channel: ChannelID, from address: RadioAddress) { member.radio.close(channel) }
    mutating func connected(_ channel: ChannelID) { member.connected() }
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {
        hasHeard = true
        member.received(bytes)
    }
    mutating func writable(_ channel: ChannelID) {}
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) { member.ended(end) }
    mutating func changed(_ state: RadioState) {}
}
