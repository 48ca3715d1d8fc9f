import Relaying
import Sealing
import Wire

/// How messages leave: written, sealed for the link, and handed to the radio.
extension Bridge {
    /// Writes a message into the scratch buffer and sends it.
    mutating func send(
        _ session: LinkSession, into effects: inout Effects,
        _ write: (UnsafeMutableRawBufferPointer) throws(WireError) -> Int
    ) {
        let target = UnsafeMutableRawBufferPointer(rebasing: scratch.outgoing[..<FrameLayout.bytesFrameMax])
        guard let count = try? write(target) else { return }
        seal(UnsafeRawBufferPointer(rebasing: target[..<count]), for: session.hot, into: &effects)
    }

    /// Seals type and body for the link. Returns the number by which answers will name it, or nil if it cannot be sent.
    @discardableResult
    mutating func seal(
        _ message: UnsafeRawBufferPointer, for session: UnsafeMutablePointer<LinkSession.Hot>,
        into effects: inout Effects
    ) -> UInt16? {
        guard let cipher = session.pointee.sealingUncounted,
            let room = effects.room(message.count + LinkCipher.tagLength)
        else {
            return nil
        }
        let empty = UnsafeRawBufferPointer(start: nil, count: 0)
        let number = UInt16(truncatingIfNeeded: cipher._withUnsafeGuaranteedRef { $0.counter })
        let sealed = cipher._withUnsafeGuaranteedRef {
            try? $0.seal(associatedData: empty, plaintext: message, into: room)
        }
        guard let sealed else { return nil }
        effects.send(sealed, to: session.pointee.channel, type: message[0])
        return number
    }

    /// Says why, and ends the session.
    mutating func bye(_ reason: ByeReason, _ session: LinkSession, now: Moment, into effects: inout Effects) {
        if session.isRunning {
            send(session, into: &effects) { target throws(WireError) in try FrameWriter.bye(reason, into: target) }
        }
        end(session, now: now, into: &effects)
    }

    /// Ends the session from this side.
    mutating func end(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        effects.act(.close(session.channel))
        forget(session, now: now, into: &effects)
    }

    /// The session is gone, from whichever side: whatever hung on it moves on.
    mutating func forget(_ session: LinkSession, now: Moment, into effects: inout Effects) {
        let wasLink = session.isLink
        if let number = session.number {
            relay.linkEnded(number, now: now)
            home.linkEnded(number)
            neighbours.linkEnded(number, isRefused: session.isRefused, now: now.instant)
            forgetRecordMessages(of: session)
            effects.note(.linkDown)
            effects.trace(.linkDown(session.channel))
        } else if session.isCaller && session.kind == .network {
            neighbours.callFailed(session.address, isRefused: session.isRefused, now: now.instant)
            if session.peerStatic == nil {
                neighbours.answered(
                    beacon: session.beacon, at: session.address, byMember: false, now: now.instant)
            }
        }
        sessions.remove(session)
        session.phase = .over
        beaconsChanged = true
        if wasLink { lendingMayChange(now) }
    }
}
