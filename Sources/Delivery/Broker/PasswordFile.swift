import Glibc

/// Reads a password from a file, and forgets it as soon as it has been used.
enum PasswordFile {
    static let bytesMax = 4096

    /// Calls `body` with the first line of the file and a zero behind it, then wipes it.
    /// Throws a trouble of the kind `settings` for a file that cannot be read, is empty or too long.
    static func withPassword<Result>(
        _ path: String, _ body: (UnsafePointer<CChar>) -> Result
    ) throws(BrokerTrouble) -> Result {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw trouble(path, "cannot be read: \(String(cString: strerror(errno)))") }
        defer { close(descriptor) }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: bytesMax, alignment: 1)
        defer { buffer.deallocate() }
        guard let start = buffer.baseAddress else { throw trouble(path, "cannot be read: no memory") }
        defer { explicit_bzero(start, bytesMax) }
        let count = read(descriptor, start, bytesMax)
        guard count >= 0 else { throw trouble(path, "cannot be read: \(String(cString: strerror(errno)))") }
        guard count < bytesMax else { throw trouble(path, "is longer than \(bytesMax - 1) bytes") }
        let lineEnd = buffer[..<count].firstIndex { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") } ?? count
        guard lineEnd > 0 else { throw trouble(path, "has an empty first line") }
        guard !buffer[..<lineEnd].contains(0) else { throw trouble(path, "holds a zero byte") }
        buffer[lineEnd] = 0
        return body(UnsafePointer(start.assumingMemoryBound(to: CChar.self)))
    }

    private static func trouble(_ path: String, _ problem: String) -> BrokerTrouble {
        BrokerTrouble(
            kind: .settings,
            explanation: "the password file \(path) \(problem): put the broker's password on its first line and let "
                + "the daemon's user read it")
    }
}
