import Consent
import Glibc
import RadioInterface
import Sealing
import SeededRandom
import Wire

/// Packets from member a through a real `sidegated` to member c, their home, as fast as that bridge carries them.
final class Flood {
    /// Grants of c: as many as a member may have live, each with the highest rate.
    static let grantCount = Registry.grantsOfMemberMax
    /// Type and packet.
    private static let frameBytes = 1 + PacketLayout.bytesSmall
    static let messageBytes = frameBytes + FrameLayout.bytesSessionTag

    let middle: Daemon
    private let sender: Member
    private let home: Member
    private var registry: Registry
    private var grants: [GrantIndex] = []
    /// The round's packets, each with its type before it, and the event id of the first.
    private var packets: [UInt8] = []
    private var eventBase: UInt64 = 0
    /// Those to be sent next, sealed for the link, and which packet went in which frame.
    private var messages: [UInt8] = []
    private var frames: [UInt16: Int] = [:]

    /// The middle founds a network, a and c join by code, c enrols, and the middle learns of it over the link.
    init(in directory: String) throws {
        middle = try Daemon(in: directory)
        do {
            (sender, home) = (try Member("a", air: directory), try Member("c", air: directory))
            try middle.ask("network", "create")
            try middle.ask("opt-in", "hosting")
            for member in [sender, home] {
                try member.join(middle.invite())
                try member.link()
            }
            registry = Registry(
                founder: home.network?.founder ?? Bytes32(), ownMember: sender.identifier,
                tableSeed: .random(in: 0 ... .max))
            for record in home.network?.records ?? [] { try learn(record) }
            for index in 0..<Self.grantCount { try enrol(UInt64(index)) }
            try home.announceHome()
            try wait("the grants are live in the middle") {
                try middle.status("liveGrants") == Self.grantCount && middle.status("routeCount") > 0
            }
        } catch {
            middle.end()
            throw error
        }
    }

    /// A grant of c, made and told as a home does.
    private func enrol(_ address: UInt64) throws {
        guard let keys = try home.network?.keys, let relayKey = Bytes16(Member.bytes(16)) else { return }
        let now = Member.now.wall
        let grant = try OwnGrant(
            terms: GrantTerms(
                recognitionValue: keys.recognitionValue(.public, address: address), eventClass: .event,
                scope: [.relay], ratePerMinute: .max),
            home: home.identifier, signingKey: home.signingKey, relayKey: relayKey,
            secrets: GrantSecrets(
                sealingKey: Member.secret(32), validitySeed: Member.secret(20), revocationSecret: Member.secret(20)),
            now: now)
        var records = [try grant.record.array()]
        if let proof = try grant.proofDue(after: 0, now: now) { records.append(try proof.array()) }
        for record in records {
            try learn(record)
            try home.tell(record)
        }
        if let index = registry.grantIndex(of: grant.id) { grants.append(index) }
    }

    private func learn(_ record: [UInt8]) throws {
        var effects: [RegistryEffect] = []
        let outcome = registry.add(record, now: Member.now.wall, into: &effects)
        guard case .added = outcome else { throw BenchmarkError.record("\(outcome)") }
    }

    /// Both members take what comes, every millisecond, until `condition` holds; that is asked every 200 ms.
    private func wait(_ what: String, until condition: () throws -> Bool) throws {
        for turn in 0..<30_000 {
            try Interruption.check()
            for member in [sender, home] {
                member.poll()
                try member.answerKeepalives()
                if let problem = member.problem { throw BenchmarkError.setUp(problem) }
            }
            if turn % 200 == 199, try condition() { return }
            usleep(1_000)
        }
        throw BenchmarkError.setUp("still not: \(what)")
    }

    // MARK: A round

    /// Seals `count` packets, each of its own event, for the link of a: what a round then sends. HPKE's part is random
    /// bytes, for nobody on the way can tell.
    func prepare(_ count: Int) throws {
        try home.announceHome()
        for member in [sender, home] { try member.answerKeepalives() }
        var random = SplitMix64(seed: .random(in: 0 ... .max))
        eventBase = random.next()
        packets = [UInt8](repeating: 0, count: count * Self.frameBytes)
        let now = Member.now.wall
        try packets.withUnsafeMutableBytes { packets in
            for index in 0..<count {
                let frame = UnsafeMutableRawBufferPointer(
                    rebasing: packets[(index * Self.frameBytes)..<((index + 1) * Self.frameBytes)])
                frame[0] = MessageType.packet.rawValue
                try write(index, into: UnsafeMutableRawBufferPointer(rebasing: frame[1...]), now: now, &random)
            }
        }
        try seal(Array(0..<count))
        sender.startRound(count)
        home.startRound(count)
    }

    private func write(
        _ index: Int, into target: UnsafeMutableRawBufferPointer, now: WallTime, _ random: inout SplitMix64
    ) throws {
        let grant = grants[index % grants.count]
        let header = PacketHeader(
            consentBits: [.relay], slot: now.slot,
            expiryMinute: EventLife.expiryMinute(heard: now, consentBits: [.relay]),
            token: registry.token(of: grant, slot: now.slot) ?? 0, eventID: eventBase ^ UInt64(index))
        let packet = try MutablePacket(
            starting: header, hopLimit: 6, plaintextBytes: PacketLayout.bytesPlaintextSmall, in: target)
        random.fill(packet.sealed)
        packet.setRelayTag(registry.relayTag(of: grant, for: packet.view) ?? 0)
    }

    /// Seals the packets in `wanted` for the link, to be sent in this order and before anything else.
    private func seal(_ wanted: [Int]) throws {
        messages = [UInt8](repeating: 0, count: wanted.count * Self.messageBytes)
        frames = [:]
        try packets.withUnsafeBytes { packets in
            try messages.withUnsafeMutableBytes { messages in
                for (place, index) in wanted.enumerated() {
                    let frame = packets[(index * Self.frameBytes)..<((index + 1) * Self.frameBytes)]
                    let number = try sender.seal(
                        UnsafeRawBufferPointer(rebasing: frame),
                        into: UnsafeMutableRawBufferPointer(rebasing: messages[(place * Self.messageBytes)...]))
                    frames[number] = index
                }
            }
        }
    }

    /// Sends what was prepared. Done when c has all of it and a has an answer to all.
    func carry() throws {
        try hand(isAgain: false)
        var idle = 0
        while home.received < packets.count / Self.frameBytes { try turn(&idle, "all packets were sent") }
    }

    /// Sends what is sealed, at most 64 packets ahead of their answers. Done when a has an answer to all.
    private func hand(isAgain: Bool) throws {
        let (count, answeredBefore) = (messages.count / Self.messageBytes, sender.answered)
        var (sent, idle) = (0, 0)
        try messages.withUnsafeBytes { messages in
            while sender.answered - answeredBefore < count {
                var room = min(
                    count - sent, FrameLayout.packetsUnansweredMax - (sent - (sender.answered - answeredBefore)))
                if !isAgain { room = min(room, ProcessStep.flyingMax - (sent - home.received)) }
                if room > 0 {
                    let start = sent * Self.messageBytes
                    let run = UnsafeRawBufferPointer(rebasing: messages[start..<(start + room * Self.messageBytes)])
                    sent += sender.hand(run, each: Self.messageBytes)
                }
                try turn(&idle, "\(sent) of \(count) packets were sent")
            }
        }
    }

    /// Waits until nothing comes any more, and hands on again what a was not told to be confirmed: of more than 64
    /// confirmations that wait for one link the oldest give way. (A bridge does so after 15 s.)
    func settle() throws {
        let count = packets.count / Self.frameBytes
        var isConfirmed = [Bool](repeating: false, count: count)
        for _ in 0..<10 {
            for _ in 0..<60 {
                while try takeAll() {}
                usleep(1_000)
            }
            for id in sender.confirmed where eventBase ^ id < UInt64(count) { isConfirmed[Int(eventBase ^ id)] = true }
            for number in sender.confirmedFrames { if let index = frames[number] { isConfirmed[index] = true } }
            let rest = isConfirmed.indices.filter { !isConfirmed[$0] }
            if rest.isEmpty { return }
            try seal(rest)
            try hand(isAgain: true)
        }
        throw BenchmarkError.setUp("some of \(count) packets were never confirmed")
    }

    /// Both members take what has come, and c replies. Gives up after a while in which nothing came.
    private func turn(_ idle: inout Int, _ state: @autoclosure () -> String) throws {
        if try takeAll() {
            idle = 0
            return
        }
        idle += 1
        if idle % 1_000 == 0 { try Interruption.check() }
        guard idle < 5_000_000, sender.problem == nil, home.problem == nil else {
            throw BenchmarkError.setUp(
                "\(state()), \(sender.answered) answered, \(home.received) arrived; "
                    + "\(sender.problem ?? "") \(home.problem ?? "")")
        }
        sched_yield()
    }

    private func takeAll() throws -> Bool {
        let hasCome = home.poll()
        try home.reply()
        return sender.poll() || hasCome
    }
}
