import CLinux
import Glibc
import RadioInterface
import Wire

/// Stands where there can be no radio: the daemon still answers its host, and says why nothing is heard.
final class AbsentRadio: Radio {
    let fileDescriptor: Int32
    let limits: RadioLimits
    private let reason: String
    private var isTold = false

    /// - Throws: `system`.
    init(_ reason: String, limits: RadioLimits) throws(RadioError) {
        self.reason = reason
        self.limits = limits
        fileDescriptor = eventfd(0, Int32(EFD_CLOEXEC) | Int32(EFD_NONBLOCK))
        if fileDescriptor < 0 { throw .system(errno) }
    }

    deinit { Glibc.close(fileDescriptor) }

    var nextDeadline: Instant? { isTold ? nil : Instant(microseconds: 0) }
    var messageBytesMax: Int { 512 }
    var summary: String { reason }
    var address: RadioAddress { RadioAddress(value: 0, kind: .public) }

    func poll<Sink: RadioEventSink>(now: Instant, limit: Int, into sink: inout Sink) {
        if !isTold { sink.changed(.down(reason)) }
        isTold = true
    }

    func advertise(_ payloads: [[UInt8]]) throws(RadioError) {}

    func connect(to address: RadioAddress, timeoutMilliseconds: Int, now: Instant) throws(RadioError) -> ChannelID {
        throw .down
    }

    func send(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) -> SendOutcome { .closed }
    func sendMany(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer, lengths: UnsafeBufferPointer<UInt32>) -> Int {
        0
    }
    func close(_ channel: ChannelID) {}
    func stop() {}
}
