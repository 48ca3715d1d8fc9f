import Consent
import Relaying
import Sealing
import Wire

/// A message about records that waits for its turn in the scheduler.
struct RecordMessage {
    enum Content {
        case record(UInt64)
        case offers([UInt64], isLast: Bool)
        case request([UInt64])
    }

    let content: Content
    let isNo: Bool
    let isLent: Bool

    /// `Scheduler.withdraw` drops such messages.
    var isGivenUpWithHosting: Bool { isLent && !isNo }

    var bytes: Int {
        switch content {
        case .record: FrameLayout.bytesBodyMax
        case .offers(let ids, _): 1 + ids.count * FrameLayout.bytesIdentifier
        case .request(let ids): ids.count * FrameLayout.bytesIdentifier
        }
    }
}

/// How records come in, are believed, kept and passed on (`docs/protocol.md`, section 6.1).
extension Bridge {
    /// Messages about records that wait in the scheduler for one link at once; the rest waits in the session.
    static var recordMessagesPerLinkMax: Int { 4 }

    mutating func addToRegistry(_ bytes: [UInt8], now: Moment) -> RecordOutcome {
        guard let network else { return .rejected(.unknownSigner) }
        return network.registry.add(bytes, now: now.wall, into: &network.registryEffects)
    }

    mutating func restoreToRegistry(_ bytes: [UInt8], now: Moment) -> RecordOutcome {
        guard let network else { return .rejected(.unknownSigner) }
        return network.registry.restore(bytes, now: now.wall, into: &network.registryEffects)
    }

    /// Takes a record from a neighbour, or of this bridge's own making (`session` nil).
    @discardableResult
    mutating func take(
        record bytes: [UInt8], from session: LinkSession?, now: Moment, into effects: inout Effects
    ) -> RecordOutcome {
        let outcome = addToRegistry(bytes, now: now)
        actOnRegistry(now: now, into: &effects)
        switch outcome {
        case .added(let kind, let id, let isNo):
            spread(id, isNo: isNo, except: session)
            if kind == .member || kind == .departure { reviewMembership(now: now, into: &effects) }
            if kind == .member { takeEarlyRoutes(now: now) }
            if kind == .member || kind == .grant {
                for case let link? in sessions.links { link.exchange.askForEarly() }
            }
        case .superseded(let id):
            let isNo = network?.registry.record(of: id)?.isNo ?? false
            session?.exchange.push(id, isNo: isNo)
        case .known: break
        case .rejected(let rejection):
            counters.recordsRejected[Int(rejection.rawValue)] &+= 1
            if rejection == .unknownSigner || rejection == .unknownGrant {
                session?.exchange.cameEarly(Names.recordID(bytes))
            }
        }
        return outcome
    }

    /// Sends a new record over every link but the one it came from.
    private func spread(_ id: UInt64, isNo: Bool, except session: LinkSession?) {
        for link in sessions.links {
            guard let link, link !== session else { continue }
            link.exchange.push(id, isNo: isNo)
        }
    }

    /// What the registry asks for after records came or time passed.
    mutating func actOnRegistry(now: Moment, into effects: inout Effects) {
        guard let network, !network.registryEffects.isEmpty else { return }
        let pending = network.registryEffects
        network.registryEffects.removeAll()
        for effect in pending {
            switch effect {
            case .store(let id):
                guard let bytes = network.registry.bytes(of: id) else { continue }
                effects.act(.store(record: bytes, id: id))
            case .forget(let id): effects.act(.forget(recordID: id))
            case .grantEnded(let grant, let reason): relay.grantEnded(grant, reason: reason, now: now)
            case .grantForgotten(let grant): relay.grantEnded(grant, reason: .noGrant, now: now)
            case .memberJoined, .memberDeparted, .grantLive: break
            }
        }
    }

    // MARK: Messages of a link

    mutating func startExchange(_ session: LinkSession, now: Moment) {
        guard let network else { return }
        var ids: [UInt64] = []
        network.registry.list(ownOnly: host.isNo, into: &ids)
        session.exchange.offer(ids)
        session.nextExchange = now.instant.advanced(milliseconds: RecordExchange.hourMilliseconds)
    }

    mutating func recordsOffered(_ ids: IdentifiersView, _ session: LinkSession) {
        guard let network else { return }
        var missing: [UInt64] = []
        var refutations: [UInt64] = []
        network.registry.judge(offered: ids, missing: &missing, refutations: &refutations)
        for id in missing { session.exchange.want(id) }
        for id in refutations { session.exchange.push(id, isNo: true) }
    }

    mutating func recordsRequested(_ ids: IdentifiersView, _ session: LinkSession) {
        guard let network else { return }
        for index in 0..<ids.count where network.registry.isOffered(ids[index], ownOnly: host.isNo) {
            session.exchange.push(ids[index], isNo: network.registry.record(of: ids[index])?.isNo ?? false)
        }
    }

    /// Hands the scheduler what is next to be told to each neighbour.
    mutating func queueRecordMessages() {
        guard sessions.haveRecordsToTell else { return }
        for case let session? in sessions.links {
            while session.recordMessages.count < Self.recordMessagesPerLinkMax, !session.exchange.isIdle {
                guard queueRecordMessage(session) else { break }
            }
        }
    }

    private mutating func queueRecordMessage(_ session: LinkSession) -> Bool {
        let message: RecordMessage.Content
        var isNo = false
        if let id = session.exchange.nextRecord {
            guard let network, network.registry.isOffered(id, ownOnly: host.isNo) else {
                session.exchange.sentRecord()
                return true
            }
            isNo = network.registry.record(of: id)?.isNo ?? false
            message = .record(id)
        } else if !session.exchange.wanted.isEmpty {
            message = .request(Array(session.exchange.nextWanted(FrameLayout.recordIDsMax)))
        } else {
            let next = session.exchange.nextOffers(FrameLayout.recordIDsMax)
            message = .offers(Array(next.ids), isLast: next.isLast)
        }
        guard queue(message, isNo: isNo, session) else { return false }
        switch message {
        case .record: session.exchange.sentRecord()
        case .request(let ids): session.exchange.askedFor(ids.count)
        case .offers(let ids, _): session.exchange.offered(ids.count)
        }
        return true
    }

    /// What is others' counts as lent; what this host asks for, or says of itself, is its own.
    private mutating func queue(_ content: RecordMessage.Content, isNo: Bool, _ session: LinkSession) -> Bool {
        guard let link = session.number else { return false }
        let isLent =
            switch content {
            case .record(let id): !isOwnRecord(id)
            case .request: false
            case .offers: !host.isNo
            }
        let message = RecordMessage(content: content, isNo: isNo, isLent: isLent)
        var bytes = message.bytes
        if case .record(let id) = content {
            bytes = network?.registry.bytes(of: id)?.count ?? bytes
        }
        recordMessageHandle &+= 1
        guard
            relay.queueMessage(recordMessageHandle, bytes: bytes, link: link, isFirst: isNo, isLent: isLent)
        else { return false }
        recordMessages[recordMessageHandle] = message
        session.recordMessages.append(recordMessageHandle)
        return true
    }

    func isOwnRecord(_ id: UInt64) -> Bool {
        switch network?.registry.record(of: id) {
        case .member(let record):
            record.staticKey == identity.staticKey.publicKey && record.signingKey == identity.signingKey.publicKey
        case .grant(let record): record.home == identity.memberID
        case .proof(let record): network?.ownGrants.contains { $0.id == record.grantID } ?? false
        case .deviceOptOut(let record): record.maker == identity.memberID
        case .departure(let record): record.member == identity.memberID
        case .revocation: network?.ownRevocations.contains(id) ?? false
        case nil: false
        }
    }

    /// The scheduler says that this message's turn has come.
    mutating func sendRecordMessage(_ handle: UInt64, _ session: LinkSession, into effects: inout Effects) {
        guard let message = recordMessages.removeValue(forKey: handle) else { return }
        session.recordMessages.removeAll { $0 == handle }
        switch message.content {
        case .record(let id):
            guard let bytes = network?.registry.bytes(of: id) else { return }
            send(session, into: &effects) { target throws(WireError) in try Self.recordFrame(bytes, into: target) }
        case .offers(let ids, let isLast):
            send(session, into: &effects) { target throws(WireError) in
                try FrameWriter.recordIDs(ids, isLast: isLast, into: target)
            }
        case .request(let ids):
            send(session, into: &effects) { target throws(WireError) in try FrameWriter.recordRequest(ids, into: target)
            }
        }
    }

    /// The scheduler gave up what was lent and no no: nothing is waited for that will never be sent.
    mutating func forgetLentRecordMessages() {
        for case let session? in sessions.links {
            let given = session.recordMessages.filter { recordMessages[$0]?.isGivenUpWithHosting ?? true }
            session.recordMessages.removeAll { given.contains($0) }
            for handle in given { recordMessages[handle] = nil }
        }
    }

    /// The link has ended, and with it what the scheduler held for it.
    mutating func forgetRecordMessages(of session: LinkSession) {
        for handle in session.recordMessages { recordMessages[handle] = nil }
        session.recordMessages.removeAll()
    }

    static func recordFrame(
        _ record: [UInt8], into target: UnsafeMutableRawBufferPointer
    ) throws(WireError) -> Int {
        do {
            return try record.withUnsafeBytes { try FrameWriter.record($0, into: target) }
        } catch {
            throw error as? WireError ?? .noRoom
        }
    }
}
