import Glibc
import RadioInterface
import Wire

/// Radios and what they tell, on real time and one thread.
final class Stage<Subject: Radio> {
    let radios: [Subject]
    let traits: RadioTraits
    var recorders: [Recorder]
    /// Radios that are not polled.
    var asleep: Set<Int> = []
    var pollLimit = 64
    /// Most events that one poll told.
    private(set) var eventsInPollMax = 0
    /// How often `run` had to wake.
    private(set) var wakes = 0

    init(_ radios: [Subject], traits: RadioTraits) {
        self.radios = radios
        self.traits = traits
        recorders = radios.map { _ in Recorder() }
    }

    var now: Instant {
        var time = timespec()
        clock_gettime(CLOCK_MONOTONIC, &time)
        return Instant(microseconds: Int64(time.tv_sec) * 1_000_000 + Int64(time.tv_nsec) / 1_000)
    }

    /// Polls all radios until `isDone`, or for so long. Returns whether it was done.
    @discardableResult func run(milliseconds: Int, until isDone: () -> Bool = { false }) -> Bool {
        let end = now.advanced(milliseconds: Int64(milliseconds))
        while true {
            for index in radios.indices where !asleep.contains(index) { poll(index) }
            if isDone() { return true }
            let time = now
            if time >= end { return false }
            sleep(from: time, until: end)
        }
    }

    private func poll(_ index: Int) {
        let before = recorders[index].eventCount
        radios[index].poll(now: now, limit: pollLimit, into: &recorders[index])
        eventsInPollMax = max(eventsInPollMax, recorders[index].eventCount - before)
    }

    private func sleep(from time: Instant, until end: Instant) {
        var due = end
        var waiting: [pollfd] = []
        for index in radios.indices where !asleep.contains(index) {
            if let deadline = radios[index].nextDeadline { due = min(due, deadline) }
            waiting.append(pollfd(fd: radios[index].fileDescriptor, events: Int16(POLLIN), revents: 0))
        }
        let milliseconds = due <= time ? 0 : (due.microseconds(since: time) + 999) / 1_000
        Glibc.poll(&waiting, nfds_t(waiting.count), Int32(clamping: milliseconds))
        wakes += 1
    }

    func expect(_ words: String, until isDone: () -> Bool) throws {
        try expect(traits.connectMilliseconds, words, until: isDone)
    }

    func expect(_ milliseconds: Int, _ words: String, until isDone: () -> Bool) throws {
        let isMet = run(milliseconds: milliseconds, until: isDone)
        try met(isMet, "\(words), but it did not happen")
    }

    func send(_ radio: Int, _ channel: ChannelID, _ message: [UInt8]) -> SendOutcome {
        message.withUnsafeBytes { radios[radio].send(channel, $0) }
    }

    /// Lets `radio` advertise something of its own, and waits until `listener` has heard it.
    func hear(_ radio: Int, by listener: Int) throws -> RadioAddress {
        let beacon = beacon(radio)
        try radios[radio].advertise([beacon])
        recorders[listener].forgetHeard()
        try expect(traits.hearMilliseconds, "radio \(listener) should hear radio \(radio)") {
            recorders[listener].heard(beacon) != nil
        }
        return recorders[listener].heard(beacon)?.address ?? radios[radio].address
    }

    /// A bridge's beacon with a value of its own: radios may pass over what is neither that nor BTHome.
    func beacon(_ radio: Int, _ variant: UInt8 = 0) -> [UInt8] {
        [27, 0x21] + BeaconAdvertisement.uuid.array + [0x10, UInt8(truncatingIfNeeded: radio), variant]
            + [UInt8](repeating: 0x5a, count: 7)
    }

    /// A channel from `from` to `to`, as each knows it.
    func link(_ from: Int, _ to: Int) throws -> (from: ChannelID, to: ChannelID) {
        let address = try hear(to, by: from)
        return try link(from, to, address)
    }

    func link(_ from: Int, _ to: Int, _ address: RadioAddress) throws -> (from: ChannelID, to: ChannelID) {
        let openedBefore = recorders[to].opened.count
        let channel = try radios[from].connect(
            to: address, timeoutMilliseconds: traits.connectMilliseconds, now: now)
        try expect("radio \(from) should be connected to radio \(to)") {
            recorders[from].connected.contains(channel) && recorders[to].opened.count > openedBefore
        }
        return (channel, recorders[to].opened[openedBefore].channel)
    }

    /// Sends one message, as soon as the channel takes it: how many it takes at once is the radio's own affair.
    func sendWhole(_ radio: Int, _ channel: ChannelID, _ message: [UInt8]) throws {
        var outcome = send(radio, channel, message)
        if outcome == .wouldBlock {
            run(milliseconds: traits.connectMilliseconds) {
                outcome = send(radio, channel, message)
                return outcome != .wouldBlock
            }
        }
        try met(outcome == .sent, "a message should be sent, not \(outcome)")
    }

    /// Sends one message over a channel and waits for it.
    func pass(_ from: Int, _ channel: ChannelID, _ to: Int, _ far: ChannelID, _ message: [UInt8]) throws {
        let before = recorders[to].messages(far).count
        try sendWhole(from, channel, message)
        try expect("a message from \(from) should reach \(to)") { recorders[to].messages(far).count > before }
        try met(
            recorders[to].messages(far)[before] == message, "a message should arrive as it was sent")
    }
}
