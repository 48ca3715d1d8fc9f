import Glibc

/// A real mosquitto that keeps nothing and logs nothing, with one publisher and one subscriber that write and read as
/// much at once as there is, so that the broker is the limit.
final class Broker {
    /// What its clients reach it by.
    enum Transport: String {
        /// As the virtual air's radios reach each other.
        case unixSocket = "unix"
        /// TCP on the loopback interface, as brokers are usually reached.
        case loopback = "loopback"
    }

    private static let topic = Array("street/house/event".utf8)

    private let child: Child
    private var publisher: Int32 = -1
    private var subscriber: Int32 = -1
    private let publish: [UInt8]
    private var incoming = [UInt8](repeating: 0, count: 64 * 1024)

    /// - Parameter payloadBytes: of each message.
    init(in directory: String, _ transport: Transport, payloadBytes: Int) throws {
        let name = "\(directory)/mosquitto-\(transport.rawValue)"
        let path = "\(name).socket"
        let port = try transport == .loopback ? Self.freePort() : 0
        publish = try Self.packet(
            0x30, Self.text(Self.topic) + (0..<payloadBytes).map { UInt8(truncatingIfNeeded: $0) })
        var settings = """
            listener \(port) \(port == 0 ? path : "127.0.0.1")
            allow_anonymous true
            persistence false
            log_dest none
            sys_interval 0
            set_tcp_nodelay true

            """
        if geteuid() == 0 { settings += "user root\n" }
        try Child.write(settings, toFile: "\(name).conf")
        let program = access("/usr/sbin/mosquitto", X_OK) == 0 ? "/usr/sbin/mosquitto" : "mosquitto"
        child = try Child([program, "-c", "\(name).conf"], log: "\(name).log")
        do {
            try Interruption.wait("mosquitto answers") {
                subscriber = (try? Self.connect(path, port, name: "subscriber")) ?? -1
                return subscriber >= 0
            }
            publisher = try Self.connect(path, port, name: "publisher")
            try Self.ask(
                subscriber, Self.packet(0x82, [0, 1] + Self.text(Self.topic) + [0]), answer: [0x90, 3, 0, 1, 0])
        } catch {
            end()
            throw error
        }
    }

    func end() {
        if publisher >= 0 { close(publisher) }
        if subscriber >= 0 { close(subscriber) }
        child.end()
    }

    func processorNanoseconds() throws -> UInt64 { try child.processorNanoseconds() }

    /// Publishes `count` messages with QoS 0 and takes them all.
    func carry(_ count: Int) throws {
        let messages = Array(repeatElement(publish, count: ProcessStep.flyingMax).joined())
        // In bytes: each message comes out as it went in.
        let (wanted, flyingMax) = (count * publish.count, messages.count)
        var (sent, received) = (0, 0)
        var idle = 0
        while received < wanted {
            let room = min(wanted - sent, flyingMax - (sent - received))
            let place = sent % flyingMax
            let written = messages.withUnsafeBytes {
                send(publisher, $0.baseAddress.map { $0 + place }, min(room, flyingMax - place), Int32(MSG_DONTWAIT))
            }
            if room > 0, written > 0 { sent += written }
            let taken = recv(subscriber, &incoming, incoming.count, Int32(MSG_DONTWAIT))
            if taken > 0 {
                received += taken
                idle = 0
            } else {
                idle += 1
                if idle % 1_000 == 0 { try Interruption.check() }
                guard taken < 0, idle < 5_000_000 else {
                    throw BenchmarkError.setUp("mosquitto brought \(received) of \(wanted) bytes")
                }
                sched_yield()
            }
        }
        guard received == wanted else { throw BenchmarkError.setUp("mosquitto brought more than was published") }
    }

    // MARK: MQTT 3.1.1

    private static func packet(_ first: UInt8, _ body: [UInt8]) throws -> [UInt8] {
        guard body.count < 128 * 128 else { throw BenchmarkError.setUp("an MQTT packet is too long") }
        let length = body.count < 128 ? [UInt8(body.count)] : [UInt8(body.count & 127 | 128), UInt8(body.count >> 7)]
        return [first] + length + body
    }

    private static func text(_ bytes: [UInt8]) -> [UInt8] {
        [UInt8(truncatingIfNeeded: bytes.count >> 8), UInt8(truncatingIfNeeded: bytes.count)] + bytes
    }

    /// A session over TCP to `port`, or over the Unix socket at `path` if that is 0.
    private static func connect(_ path: String, _ port: UInt16, name: String) throws -> Int32 {
        var (unix, internet) = (sockaddr_un(), loopback(port))
        unix.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &unix.sun_path) { $0.copyBytes(from: path.utf8) }
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let descriptor = socket(port == 0 ? AF_UNIX : AF_INET, type, 0)
        let result =
            port == 0
            ? generic(&unix) { Glibc.connect(descriptor, $0, $1) }
            : generic(&internet) { Glibc.connect(descriptor, $0, $1) }
        do {
            guard result == 0 else { throw BenchmarkError.setUp("mosquitto does not answer") }
            var one: Int32 = 1
            let bytes = socklen_t(MemoryLayout<Int32>.size)
            if port != 0 { setsockopt(descriptor, Int32(IPPROTO_TCP), TCP_NODELAY, &one, bytes) }
            // A clean session without keepalive.
            let greeting = text(Array("MQTT".utf8)) + [4, 2, 0, 0] + text(Array(name.utf8))
            try ask(descriptor, packet(0x10, greeting), answer: [0x20, 2, 0, 0])
            return descriptor
        } catch {
            close(descriptor)
            throw error
        }
    }

    private static func loopback(_ port: UInt16) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = port.bigEndian
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        return address
    }

    /// A port that nobody listens on at this moment.
    private static func freePort() throws -> UInt16 {
        var address = loopback(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        defer { close(descriptor) }
        let result = generic(&address) { bind(descriptor, $0, $1) }
        let named = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &length) }
        }
        guard result == 0, named == 0 else { throw BenchmarkError.setUp("there is no free port") }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func generic<Address>(
        _ address: inout Address, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Int32
    ) -> Int32 {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<Address>.size))
            }
        }
    }

    private static func ask(_ descriptor: Int32, _ question: [UInt8], answer: [UInt8]) throws {
        var got: [UInt8] = []
        var byte: UInt8 = 0
        guard write(descriptor, question, question.count) == question.count else {
            throw BenchmarkError.setUp("mosquitto hung up")
        }
        while got.count < answer.count, read(descriptor, &byte, 1) == 1 { got.append(byte) }
        guard got == answer else { throw BenchmarkError.setUp("mosquitto answered \(got)") }
    }
}
