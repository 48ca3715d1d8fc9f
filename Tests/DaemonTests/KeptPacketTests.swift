import Foundation
import Logging
import RadioInterface
import Storage
import Testing
import Wire

@testable import Bridging
@testable import Daemon

/// What waits for the radio when a grant ends.
@Suite struct KeptPacketTests {
    private static let channel = ChannelID(index: 3, generation: 1)
    /// The first byte alone says what it is.
    private static let revocation: [UInt8] = [1 << 4 | RecordKind.revocation.rawValue]

    private struct Desk {
        let core: HostCore
        let radio: StubbornRadio
        let path: String

        init() throws {
            path = "/tmp/kept-\(getpid())-\(UInt32.random(in: 0 ... .max))"
            let store = try BridgeStore(directory: path)
            let logger = Logger(label: "test") { _ in SwiftLogNoOpLogHandler() }
            let configuration = BridgeConfiguration(
                lending: .standard, classesLent: EventClass.allCases, linksMax: 4, isOptedOut: false)
            radio = StubbornRadio()
            core = HostCore(
                bridge: try BridgeMemory.read(from: store, name: "x").bridge(configuration: configuration),
                radio: radio, worker: try StoreWorker(store: store, logger: logger), hub: WatchHub(), logger: logger)
            core.noteOpen(KeptPacketTests.channel)
        }

        /// The bridge has a message for the channel.
        func send(_ type: MessageType) {
            guard let room = core.effects.room(1) else { return }
            room[0] = type.rawValue
            core.effects.send(1, to: LinkChannel(KeptPacketTests.channel), type: type.rawValue)
        }
    }

    @Test(arguments: [MessageType.packet, .routes])
    func packetThatIsKeptIsNotSentInTheTurnInWhichItsGrantEnds(_ type: MessageType) throws {
        let desk = try Desk()
        defer { try? FileManager.default.removeItem(atPath: desk.path) }
        desk.radio.isFull = true
        desk.send(type)
        desk.send(.keepalive)
        desk.core.settle(SystemTime.now)
        #expect(desk.core.keptMessages.count == 2 && desk.radio.sent == [])
        // The radio tells of the revocation first, and then that it takes messages again.
        desk.radio.isFull = false
        desk.core.effects.act(.store(record: Self.revocation, id: 1))
        var sink = RadioSink(core: desk.core, now: SystemTime.now)
        sink.writable(Self.channel)
        desk.core.settle(SystemTime.now)
        #expect(desk.radio.sent == (type == .packet ? [] : [type.rawValue, MessageType.keepalive.rawValue]))
        #expect(desk.radio.closed == (type == .packet ? [Self.channel] : []))
        #expect(desk.core.keptMessages.count == 0)
    }

    /// What is kept goes out before a channel is closed, but for that.
    @Test func packetThatIsKeptIsNotSentWithTheEndOfItsChannelAndOfItsGrant() throws {
        let desk = try Desk()
        defer { try? FileManager.default.removeItem(atPath: desk.path) }
        desk.radio.isFull = true
        desk.send(.packet)
        desk.core.settle(SystemTime.now)
        desk.radio.isFull = false
        desk.core.effects.act(.close(LinkChannel(Self.channel)))
        desk.core.effects.act(.store(record: Self.revocation, id: 1))
        desk.core.settle(SystemTime.now)
        #expect(desk.radio.sent == [] && desk.radio.closed.first == Self.channel)
    }
}

/// A radio that takes messages when it likes.
private final class StubbornRadio: Radio {
    var isFull = false
    /// The first byte of each message.
    var sent: [UInt8] = []
    var closed: [ChannelID] = []

    let fileDescriptor: Int32 = -1
    let nextDeadline: Instant? = nil
    let messageBytesMax = 512
    let limits = RadioLimits()
    let summary = "stubborn"
    let address = RadioAddress(value: 0, kind: .public)

    func poll<Sink: RadioEventSink>(now: Instant, limit: Int, into sink: inout Sink) {}
    func advertise(_ payloads: [[UInt8]]) throws(RadioError) {}
    func connect(to address: RadioAddress, timeoutMilliseconds: Int, now: Instant) throws(RadioError) -> ChannelID {
        throw .down
    }
    func send(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome {
        if isFull { return .wouldBlock }
        sent.append(bytes.first ?? 0)
        return .sent
    }
    func sendMany(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int {
        0
    }
    func close(_ channel: ChannelID) { closed.append(channel) }
    func stop() {}
}
