import Glibc
import RadioInterface
import Testing
import Wire

@testable import RadioConformance
@testable import VirtualAir

/// Whoever can open the sockets, but does not keep to what is said over them. The test turns the clock.
@Suite struct StrangerTests {
    private let start = Instant(seconds: 50)

    private func connect(to radio: VirtualRadio, saying bytes: [UInt8] = []) throws -> Int32 {
        let socket = try AirSocket.open(SOCK_SEQPACKET)
        try #require(AirSocket.connect(socket.value, try AirSocket.address(radio.directory.linkPath(radio.name))) == 0)
        if !bytes.isEmpty { try #require(AirSocket.send(socket.value, bytes) == 0) }
        return socket.release()
    }

    private func isClosed(_ descriptor: Int32) -> Bool {
        var byte: UInt8 = 0
        return recv(descriptor, &byte, 1, AirSocket.flagsReceive) == 0
    }

    private func poll(_ radio: VirtualRadio, _ recorder: inout Recorder, at now: Instant) {
        for _ in 0..<20 { radio.poll(now: now, limit: 100, into: &recorder) }
    }

    @Test func silentConnectionsAreFewAndDoNotLast() throws {
        let fixture = try AirFixture()
        let radio = try fixture.radio("left", limits: RadioLimits(acceptsBurst: 100))
        var recorder = Recorder()
        let strangers = try (0..<20).map { _ in try connect(to: radio) }
        defer { for stranger in strangers { close(stranger) } }
        poll(radio, &recorder, at: start)
        #expect(radio.greetings.count == 8)
        #expect(radio.counters.greetingsMissed == 12)
        #expect(strangers.map(isClosed) == (0..<20).map { $0 < 12 })
        #expect(radio.nextDeadline.map { $0 <= start.advanced(milliseconds: 1_000) } == true)
        poll(radio, &recorder, at: start.advanced(milliseconds: 1_000))
        #expect(radio.greetings.isEmpty)
        #expect(strangers.allSatisfy(isClosed))
        #expect(recorder.opened.isEmpty && recorder.ended.isEmpty)
    }

    @Test func connectionThatSaysSomethingElseIsClosed() throws {
        let fixture = try AirFixture()
        let radio = try fixture.radio("left")
        var recorder = Recorder()
        let early = try [[1], [UInt8](repeating: 0x53, count: 600)].map { try connect(to: radio, saying: $0) }
        let late = try connect(to: radio)
        poll(radio, &recorder, at: start)
        #expect(early.allSatisfy(isClosed) && !isClosed(late))
        #expect(AirSocket.send(late, [0x53, 1, 0]) == 0)
        poll(radio, &recorder, at: start)
        #expect(isClosed(late))
        #expect(radio.counters.greetingsMalformed == 3)
        for stranger in early + [late] { close(stranger) }
    }

    @Test func connectionsAreTakenNoFasterThanTheRate() throws {
        let fixture = try AirFixture()
        let radio = try fixture.radio("left", limits: RadioLimits(acceptsPerSecond: 10, acceptsBurst: 5))
        var recorder = Recorder()
        let strangers = try (0..<20).map { _ in try connect(to: radio, saying: [1]) }
        defer { for stranger in strangers { close(stranger) } }
        poll(radio, &recorder, at: start)
        #expect(radio.counters.greetingsMalformed == 5)
        var waiting = pollfd(fd: radio.fileDescriptor, events: Int16(POLLIN), revents: 0)
        #expect(Glibc.poll(&waiting, 1, 0) == 0, "those that wait should not wake the radio")
        for tenth in Int64(1)...10 {
            let now = start.advanced(milliseconds: tenth * 101)
            #expect(radio.nextDeadline.map { $0 <= now } == true)
            poll(radio, &recorder, at: now)
            #expect(radio.counters.greetingsMalformed == 5 + Int(tenth))
        }
        poll(radio, &recorder, at: start.advanced(seconds: 3_600))
        #expect(radio.counters.greetingsMalformed == 20)
    }

    @Test func messageTooLongEndsItsChannel() throws {
        let fixture = try AirFixture()
        let radio = try fixture.radio("left")
        var recorder = Recorder()
        try radio.advertise([[2, 0xff, 1]])
        let name = try #require(AirName("stranger"))
        let own = RadioAddress(value: 0x0102_0304_0506, kind: .public)
        let stranger = try connect(
            to: radio, saying: AirGreeting(to: radio.address, from: own, name: name).encoded)
        defer { close(stranger) }
        poll(radio, &recorder, at: start)
        let channel = try #require(recorder.opened.first?.channel)
        #expect(recorder.opened.first?.address == own)
        #expect(AirSocket.send(stranger, [UInt8](repeating: 1, count: 512)) == 0)
        #expect(AirSocket.send(stranger, [UInt8](repeating: 2, count: 513)) == 0)
        poll(radio, &recorder, at: start)
        #expect(recorder.messages(channel).map(\.count) == [512])
        #expect(recorder.end(of: channel) == .reset)
        #expect(radio.counters.messagesTooLong == 1)
    }

    @Test func malformedDatagramsAreCountedAndNotHeard() throws {
        let fixture = try AirFixture()
        let radio = try fixture.radio("left")
        var recorder = Recorder()
        let socket = try AirSocket.open(SOCK_DGRAM)
        let address = try AirSocket.address(radio.directory.datagramPath(radio.name))
        var sent = 0
        for length in stride(from: 0, through: 2_000, by: 50) {
            let junk = [UInt8](repeating: 0x53, count: length)
            #expect(junk.withUnsafeBytes { AirSocket.send(socket.value, $0, to: address) } == 0)
            sent += 1
            poll(radio, &recorder, at: start)
        }
        #expect(radio.counters.datagramsMalformed == sent)
        #expect(recorder.heard.isEmpty)
    }
}
