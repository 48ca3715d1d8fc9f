import ControlAPI
import Foundation

/// A blocking Unix socket that sends any bytes.
final class RawSocket: Sendable {
    enum Failure: Error {
        case system(Int32)
        case noAnswer
    }

    struct Answer: Sendable {
        var status: Int
        var head: String
        var body: String
        var failure: ControlFailure? { try? ControlJSON.decode(ControlFailure.self, from: Array(body.utf8)) }
    }

    private let descriptor: Int32

    init(_ path: String) throws {
        descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: path.utf8) }
        var patience = timeval(tv_sec: 30, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &patience, socklen_t(MemoryLayout<timeval>.size))
        let result = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        guard result == 0 else { throw Failure.system(errno) }
    }

    deinit { close(descriptor) }

    /// Returns how many bytes were taken before the other side closed.
    @discardableResult func send(_ text: String) -> Int {
        let bytes = Array(text.utf8)
        var sent = 0
        while sent < bytes.count {
            let count = bytes[sent...].withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 { break }
            sent += count
        }
        return sent
    }

    func endSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// What arrives next; empty at the end.
    func receive(max: Int = 65_536) throws -> [UInt8] {
        var buffer = [UInt8](repeating: 0, count: max)
        let count = recv(descriptor, &buffer, max, 0)
        if count < 0, errno == ECONNRESET { return [] }
        guard count >= 0 else { throw Failure.system(errno) }
        return Array(buffer.prefix(count))
    }

    func receiveAll() throws -> String {
        var bytes: [UInt8] = []
        while case let part = try receive(), !part.isEmpty { bytes += part }
        return String(decoding: bytes, as: UTF8.self)
    }

    func receive(until mark: String) throws -> String {
        var bytes: [UInt8] = []
        let mark = Array(mark.utf8)
        while true {
            let part = try receive()
            if part.isEmpty { throw Failure.noAnswer }
            bytes += part
            if Data(bytes.suffix(part.count + mark.count)).range(of: Data(mark)) != nil { break }
        }
        return String(decoding: bytes, as: UTF8.self)
    }

    func answer() throws -> Answer {
        let text = try receiveAll()
        guard let end = text.range(of: "\r\n\r\n"), let status = Int(text.dropFirst(9).prefix(3)) else {
            throw Failure.noAnswer
        }
        return Answer(status: status, head: String(text[..<end.lowerBound]), body: String(text[end.upperBound...]))
    }
}

func http(_ method: String, _ target: String, body: String = "") -> String {
    "\(method) \(target) HTTP/1.1\r\nhost: sidegate\r\ncontent-length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// One request over a connection of its own.
func ask(_ path: String, _ method: String, _ target: String, body: String = "") async throws -> RawSocket.Answer {
    try await offPool {
        let socket = try RawSocket(path)
        socket.send(http(method, target, body: body))
        return try socket.answer()
    }
}

/// The status of one request over a connection of its own; 0 if there was no answer.
func status(_ path: String, _ method: String, _ target: String, body: String = "") async -> Int {
    (try? await ask(path, method, target, body: body).status) ?? 0
}
