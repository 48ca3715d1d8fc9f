import CLinux
import Glibc
import RadioInterface
import RadioSockets
import Wire

/// A radio made of Unix sockets in a directory, the air.
///
/// `NAME.air` is a datagram socket that takes advertisements (`AirDatagram` has the layout), `NAME.link` a listening
/// `SOCK_SEQPACKET` socket that takes channels (`AirGreeting`). The file `street` says who hears whom (`Street`).
///
/// A channel works only while both ends hear each other. Loss makes its messages late, as sending again at the link
/// layer would, and never loses or reorders one. Where they cannot hear each other for the supervision time, both
/// ends time out. Delay and loss are applied by the receiving radio.
public final class VirtualRadio: Radio {
    public static let messageBytesMax = 512

    public let name: AirName
    public let settings: AirSettings
    public internal(set) var address: RadioAddress
    public internal(set) var counters = AirCounters()
    /// What is wrong with the street file. The last good one stays in force meanwhile.
    public internal(set) var streetProblem: StreetError?

    public var summary: String { "\(name) on \(directory.path)" }

    let directory: AirDirectory
    var presence: AirPresence?
    var generator: AirGenerator
    var street: Street
    var streetStamp: FileStamp
    var directoryStamp: FileStamp
    var streetDue = Instant.distantFuture
    var stampsDue = Instant.atOnce
    /// The other radios in this air, by name; at most 255.
    var peers: [AirPeer] = []

    var beacons: [[UInt8]] = []
    /// `beacons` as datagrams, each with room for the path's bytes to be filled in.
    var beaconDatagrams: [[UInt8]] = []
    var beaconNext = 0
    var beaconDue = Instant.distantFuture
    /// Advertisements that are still to be sent in quick succession.
    var beaconsQuick = 0
    var heldAdvertisements: [HeldAdvertisement] = []

    let table: ChannelTable<AirChannel>
    /// The table's entries.
    let channels: UnsafeMutableBufferPointer<AirChannel>
    var channelDue = Instant.distantFuture
    var searchingCount = 0
    var greetings: [PendingGreeting] = []
    var greetingSerial: UInt32 = 0
    var acceptRate: AcceptRate
    var acceptsResume = Instant.distantFuture

    let buffer = MessageBuffer(messageBytesMax: VirtualRadio.messageBytesMax)
    let events: UnsafeMutableBufferPointer<epoll_event>
    var state = RadioState.up
    var stateTold: RadioState?
    var isPolling = false
    var stopsAfterPoll = false

    /// Puts a radio called `name` into the air at `directory`.
    /// - Throws: any `AirError` but `dataTooLong`. A street file that is wrong is an error here.
    public convenience init(directory path: String, name: String, settings: AirSettings) throws(AirError) {
        try self.init(directory: path, name: name, settings: settings, watches: true)
    }

    /// Without `watches` it makes do with looking now and then, as on file systems that tell of nothing.
    init(directory path: String, name text: String, settings: AirSettings, watches: Bool) throws(AirError) {
        guard let name = AirName(text) else { throw .nameInvalid(text) }
        self.name = name
        self.settings = settings
        directory = AirDirectory(path: path)
        streetStamp = AirDirectory.stamp(directory.streetPath)
        directoryStamp = AirDirectory.stamp(path)
        do throws(StreetError) { street = try directory.readStreet() } catch { throw .street(error) }
        presence = try AirPresence(name, in: directory, watches: watches)
        generator = AirGenerator(seed: settings.seed)
        address = VirtualRadio.randomAddress(using: &generator)
        acceptRate = AcceptRate(settings.limits)
        table = ChannelTable(count: settings.limits.channelsMax)
        channels = table.entries
        events = .allocate(capacity: 32)
        watchSockets()
        findPeers()
    }

    deinit {
        stop()
        events.deallocate()
    }

    public var limits: RadioLimits { settings.limits }
    public var messageBytesMax: Int { VirtualRadio.messageBytesMax }
    public var fileDescriptor: Int32 { presence?.poll.descriptor ?? -1 }

    public var nextDeadline: Instant? {
        guard presence != nil else { return nil }
        // Without a watch the file system has to be asked.
        let stamps = presence?.watch == nil ? stampsDue : .distantFuture
        // Whoever appears is told at once.
        let beacons = peers.contains { $0.outgoing != nil } ? beaconDue : .distantFuture
        let due = min(min(beacons, streetDue), min(channelDue, acceptsResume), min(stamps, heldAdvertisementsDue))
        return due == .distantFuture ? nil : due
    }

    public func poll<Sink: RadioEventSink>(now: Instant, limit: Int, into sink: inout Sink) {
        guard presence != nil, !isPolling else { return }
        isPolling = true
        var budget = limit
        tellState(&budget, into: &sink)
        checkStreet(now: now)
        advertise(now: now)
        tellHeldAdvertisements(now: now, &budget, into: &sink)
        resumeAccepts(now: now)
        if channelDue <= now { runChannels(now: now, &budget, into: &sink) }
        takeReady(now: now, &budget, into: &sink)
        tellState(&budget, into: &sink)
        isPolling = false
        if stopsAfterPoll { stop() }
    }

    public func stop() {
        guard !isPolling else {
            stopsAfterPoll = true
            return
        }
        for index in channels.indices where channels[index].phase != .free { free(index) }
        for greeting in greetings { Glibc.close(greeting.descriptor) }
        greetings.removeAll()
        presence = nil
    }

    private func tellState<Sink: RadioEventSink>(_ budget: inout Int, into sink: inout Sink) {
        guard budget > 0, stateTold != state else { return }
        stateTold = state
        budget &-= 1
        sink.changed(state)
    }

    private func watchSockets() {
        guard let presence else { return }
        presence.poll.add(presence.datagrams.value, EpollSet.readable, token: PollToken.datagrams.value)
        presence.poll.add(presence.listener.value, EpollSet.readable, token: PollToken.listener.value)
        if let watched = presence.watch?.descriptor {
            presence.poll.add(watched, EpollSet.readable, token: PollToken.directory.value)
        }
    }

    private func takeReady<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        guard let count = presence?.poll.ready(events, atMost: budget) else { return }
        for index in 0..<count {
            let ready = events[index].events
            switch PollToken(events[index].data.u64) {
            case .channel(let raw): takeChannel(ChannelID(rawValue: raw), ready, now: now, &budget, into: &sink)
            case .datagrams: takeDatagrams(now: now, &budget, into: &sink)
            case .listener: takeConnections(now: now, &budget, into: &sink)
            case .greeting(let serial): takeGreeting(serial: serial, now: now, &budget, into: &sink)
            case .directory: takeDirectoryChanges(now: now)
            }
        }
    }

    static func randomAddress(using generator: inout AirGenerator) -> RadioAddress {
        // The two highest bits are 0 in a non-resolvable private address (Bluetooth Core 6.B.1.3.2.2).
        RadioAddress(value: generator.next() & 0x3fff_ffff_ffff, kind: .random)
    }
}

/// What a descriptor in the radio's epoll set is.
enum PollToken {
    case channel(UInt32)
    case greeting(UInt32)
    case datagrams
    case listener
    case directory

    init(_ value: UInt64) {
        let low = UInt32(truncatingIfNeeded: value)
        switch value >> 32 {
        case 0: self = .channel(low)
        case 1: self = .greeting(low)
        case 2: self = .datagrams
        case 3: self = .listener
        default: self = .directory
        }
    }

    var value: UInt64 {
        switch self {
        case .channel(let raw): UInt64(raw)
        case .greeting(let serial): 1 << 32 | UInt64(serial)
        case .datagrams: 2 << 32
        case .listener: 3 << 32
        case .directory: 4 << 32
        }
    }
}
