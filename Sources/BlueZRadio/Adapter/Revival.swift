import RadioSockets
import Wire

/// Whether a controller that tells nothing has been reset behind the kernel's back (HCIDEVRESET), and what to do then.
/// A value: answers and events in, commands out.
///
/// A reset takes from a controller what the kernel told it when it was switched on, that it is to tell of Low Energy among
/// it (Bluetooth Core 4.E.7.3.1): it takes every command, and nobody hears anything from it until it is switched off and
/// on. The kernel drops all connections without a word. So a link that breaks without a word is a sign, and so is a long
/// silence where there was none; the kernel's list of connections then shows whether it is one.
struct Revival {
    enum Step: Hashable {
        case idle
        case switchingOff
        /// It is off because of us, and to be switched on whatever the settings say.
        case switchingOn
    }

    private enum Sign {
        case linkBroke
        case silence
    }

    /// The kernel tells that a connection ended before its channels do, but it may be busy.
    static let linkMilliseconds: Int64 = 1_000
    /// What was heard before may be read so long after the link's end.
    static let lateMilliseconds: Int64 = 200
    /// Who breaks links again and again has the kernel asked no more often.
    static let askGapMilliseconds: Int64 = 5_000
    /// So long a silence is a sign where there was none of a quarter of it, over at least four times as long.
    static let silenceMilliseconds: Int64 = 600_000
    /// Between two times, four times as long each time; after a day without one it begins anew.
    static let gapMilliseconds: Int64 = 60_000
    static let gapMillisecondsMax: Int64 = 86_400_000
    /// Something is heard so soon afterwards: it helped.
    static let successMilliseconds: Int64 = 60_000
    /// After so many refusals to switch it on again it stays off, and another adapter may take over.
    static let refusalsMax = 3
    static let connectionsMax = 64

    private(set) var step = Step.idle
    /// Times that it was switched off and on, and that something was heard by it soon afterwards.
    private(set) var count = 0
    private(set) var successes = 0
    /// Connections that the kernel has told of and not taken back: address 6 and its kind 1.
    private(set) var connections: [UInt64] = []
    private var sign: Sign?
    private var askDue = Instant.distantFuture
    private var asked = Instant.atOnce
    private var brokeAt = Instant.atOnce
    private var heardAt: Instant?
    /// Before it was switched off and on.
    private var heardBefore: Instant?
    /// Since when it hears.
    private var heardSince = Instant(microseconds: 0)
    private var longestSilenceMicroseconds: Int64 = 0
    private var allowed = Instant.atOnce
    private var revivedAt: Instant?
    private var gap = Self.gapMilliseconds
    private var refusals = 0

    /// The adapter is off.
    mutating func stop() {
        if step == .switchingOff { step = .idle }
        connections.removeAll()
        sign = nil
        askDue = .distantFuture
        heardBefore = heardAt ?? heardBefore
        heardAt = nil
    }

    /// The socket was lost: what was told meanwhile is not known.
    mutating func inherit(_ former: Revival) {
        self = former
        // It may have been switched off.
        if step == .switchingOff { step = .switchingOn }
        stop()
    }

    // MARK: Signs

    mutating func heard(now: Instant) {
        if let heardAt {
            noteSilence(from: heardAt, to: now)
        } else {
            heardSince = now
            if let revivedAt, now.microseconds(since: revivedAt) < Self.successMilliseconds * 1_000 {
                successes &+= 1
            } else if revivedAt != nil, let heardBefore {
                // Nothing was wrong: it is quiet for so long here.
                noteSilence(from: heardBefore, to: now)
            }
            revivedAt = nil
        }
        heardAt = now
    }

    private mutating func noteSilence(from start: Instant, to end: Instant) {
        longestSilenceMicroseconds = max(longestSilenceMicroseconds, end.microseconds(since: start))
    }

    mutating func connected(_ peer: UInt64) {
        guard !connections.contains(peer), connections.count < Self.connectionsMax else { return }
        connections.append(peer)
    }

    mutating func disconnected(_ peer: UInt64) { connections.removeAll { $0 == peer } }

    /// A channel broke off by the kernel's own doing. So soon after the last time it is no sign.
    mutating func linkBroke(now: Instant) {
        guard step == .idle, sign == nil, allowed <= now else { return }
        sign = .linkBroke
        brokeAt = now
        askDue = max(
            now.advanced(milliseconds: Self.linkMilliseconds), asked.advanced(milliseconds: Self.askGapMilliseconds))
    }

    /// A controller that was reset tells of nothing any more.
    private var hasHeardSinceBreak: Bool {
        heardAt.map { brokeAt.advanced(milliseconds: Self.lateMilliseconds) < $0 } ?? false
    }

    private var silenceDue: Instant {
        guard let heardAt, step == .idle,
            heardAt.microseconds(since: heardSince) >= 4 * Self.silenceMilliseconds * 1_000
        else { return .distantFuture }
        let wait = max(
            Self.silenceMilliseconds * 1_000, 4 * min(longestSilenceMicroseconds, Self.gapMillisecondsMax * 1_000))
        return max(max(heardAt, asked).advanced(microseconds: wait), allowed)
    }

    // MARK: Commands

    var nextDue: Instant { min(askDue, silenceDue) }

    mutating func command(_ index: UInt16, now: Instant) -> ManagementCommand? {
        if step == .switchingOff { return .setPowered(index, isOn: false) }
        guard nextDue <= now else { return nil }
        if sign == nil { sign = .silence }
        asked = now
        askDue = .distantFuture
        return .getConnections(index)
    }

    /// What the kernel says that there is in the way of connections.
    mutating func answered(_ end: CommandEnd, _ parameters: UnsafeRawBufferPointer, now: Instant) {
        guard step == .idle else { return switchingOffAnswered(end, now: now) }
        guard let sign else { return }
        self.sign = nil
        guard end.isSuccess, let there = Self.connections(parameters) else { return }
        let isLost = there.isEmpty && !connections.isEmpty
        connections = Array(there.prefix(Self.connectionsMax))
        switch sign {
        case .linkBroke: guard isLost, !hasHeardSinceBreak else { return }
        case .silence: guard there.isEmpty, let heardAt, heardAt < asked else { return }
        }
        step = .switchingOff
    }

    private mutating func switchingOffAnswered(_ end: CommandEnd, now: Instant) {
        guard step == .switchingOff else { return }
        // What was not answered may have been done all the same.
        step = end.isSuccess || end == .silent ? .switchingOn : .idle
        if allowed.advanced(milliseconds: Self.gapMillisecondsMax) < now { gap = Self.gapMilliseconds }
        allowed = now.advanced(milliseconds: gap)
        gap = min(4 * gap, Self.gapMillisecondsMax)
        guard step == .switchingOn else { return }
        count &+= 1
        refusals = 0
        revivedAt = now
        heardBefore = heardAt
        heardAt = nil
    }

    /// The adapter is on, whoever did it.
    mutating func switchedOn() {
        if step == .switchingOn { step = .idle }
    }

    /// It was not switched on. Whoever blocks it wants it off.
    mutating func refused(isBlocked: Bool) {
        guard step == .switchingOn else { return }
        refusals &+= 1
        if isBlocked || refusals >= Self.refusalsMax { step = .idle }
    }

    /// Count 2, then address 6 and its kind 1 for each.
    private static func connections(_ bytes: UnsafeRawBufferPointer) -> [UInt64]? {
        guard bytes.count >= 2 else { return nil }
        let count = Int(bytes.integer(at: 0, as: UInt16.self))
        guard bytes.count &- 2 >= 7 &* count else { return nil }
        return (0..<count).map { peer(bytes, at: 2 &+ 7 &* $0) }
    }

    /// Address 6 and its kind 1, which the caller has checked to be inside.
    static func peer(_ bytes: UnsafeRawBufferPointer, at offset: Int) -> UInt64 {
        bytes.address(at: offset) | UInt64(bytes[offset &+ 6]) << 48
    }
}
