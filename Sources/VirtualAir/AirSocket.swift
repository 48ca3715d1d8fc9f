import CLinux
import Glibc

/// The system calls of an air, with errors as values.
enum AirSocket {
    /// Bytes in the longest path that a Unix socket address holds beside its terminating zero (unix(7)).
    static let pathBytesMax = 107
    static let flagsReceive = Int32(MSG_DONTWAIT) | Int32(MSG_TRUNC)
    static let flagsSend = Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL)

    static func address(_ path: String) throws(AirError) -> sockaddr_un {
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.utf8)
        guard bytes.count <= pathBytesMax, !bytes.contains(0) else {
            throw .pathTooLong(path: path, bytesMax: pathBytesMax)
        }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        return address
    }

    static func open(_ type: __socket_type) throws(AirError) -> Descriptor {
        let flags = SOCK_NONBLOCK.rawValue | SOCK_CLOEXEC.rawValue
        let descriptor = socket(AF_UNIX, Int32(type.rawValue | flags), 0)
        guard descriptor >= 0 else { throw .system(call: "socket", errno: errno) }
        return Descriptor(descriptor)
    }

    /// 0, or the value of errno.
    static func bind(_ descriptor: Int32, _ address: sockaddr_un) -> Int32 {
        withGeneric(address) { Glibc.bind(descriptor, $0, $1) == 0 ? 0 : errno }
    }

    /// 0, or the value of errno.
    static func connect(_ descriptor: Int32, _ address: sockaddr_un) -> Int32 {
        withGeneric(address) { Glibc.connect(descriptor, $0, $1) == 0 ? 0 : errno }
    }

    /// 0, or the value of errno.
    static func send(_ descriptor: Int32, _ bytes: UnsafeRawBufferPointer, to address: sockaddr_un) -> Int32 {
        withGeneric(address) {
            Glibc.sendto(descriptor, bytes.baseAddress, bytes.count, flagsSend, $0, $1) < 0 ? errno : 0
        }
    }

    /// 0, or the value of errno.
    static func send(_ descriptor: Int32, _ bytes: [UInt8]) -> Int32 {
        bytes.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, flagsSend) < 0 ? errno : 0 }
    }

    private static func withGeneric<Result>(
        _ address: sockaddr_un, _ body: (UnsafePointer<sockaddr>, socklen_t) -> Result
    ) -> Result {
        withUnsafePointer(to: address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                body($0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
    }
}

/// A file descriptor that is closed with its owner.
struct Descriptor: ~Copyable {
    let value: Int32
    init(_ value: Int32) { self.value = value }

    /// Gives up ownership.
    consuming func release() -> Int32 {
        let value = value
        discard self
        return value
    }

    deinit { if value >= 0 { close(value) } }
}

/// The system's words for a value of errno.
func errorWords(_ number: Int32) -> String {
    withUnsafeTemporaryAllocation(of: CChar.self, capacity: 128) { buffer in
        guard let start = buffer.baseAddress else { return "error \(number)" }
        sidegate_error_words(number, start, buffer.count)
        return String(cString: start)
    }
}
