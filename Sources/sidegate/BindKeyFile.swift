import ControlAPI
import Glibc
import Wire

/// A bind key comes from a file or from standard input, never from the command line, where everybody could read it.
enum BindKeyFile {
    private static let bytesMax = 128

    /// Reads 32 hexadecimal digits, with or without space around them, or 16 bytes.
    static func read(_ path: String) throws -> BindKey {
        var bytes = try contents(path)
        defer { bytes.withUnsafeMutableBytes { if let start = $0.baseAddress { explicit_bzero(start, $0.count) } } }
        let isText = bytes.allSatisfy { $0 >= 0x20 && $0 < 0x7f || (9...13).contains($0) }
        if bytes.count == BindKey.byteCount, !isText, let key = BindKey(bytes: bytes) { return key }
        if isText {
            let isSpace = { (byte: UInt8) in byte == 0x20 || (9...13).contains(byte) }
            let digits = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
            if let key = BindKey(hexadecimal: String(decoding: digits, as: UTF8.self)) { return key }
            // Raw keys of nothing but printable characters are as good as never; half a key is not.
            throw wrong(path, "it holds \(digits.count) characters")
        }
        throw wrong(path, bytes.count > bytesMax ? "it is too long" : "it holds \(bytes.count) bytes")
    }

    private static func wrong(_ path: String, _ what: String) -> CommandEnd {
        CommandEnd(
            ExitMeaning.usage, "\(path == "-" ? "standard input" : path) holds no bind key: \(what)",
            remedy: "a bind key is 32 hexadecimal digits, or 16 bytes")
    }

    private static func contents(_ path: String) throws -> [UInt8] {
        let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreadable(path) }
        defer { if path != "-" { close(descriptor) } }
        if path != "-" { warnIfOpenToAll(descriptor, path) }
        var bytes = [UInt8](repeating: 0, count: bytesMax + 1)
        var length = 0
        while length < bytes.count {
            let count = bytes.withUnsafeMutableBytes {
                Glibc.read(descriptor, $0.baseAddress?.advanced(by: length), $0.count - length)
            }
            if count < 0, errno == EINTR { continue }
            if count < 0 { throw unreadable(path) }
            if count == 0 { break }
            length += count
        }
        bytes.removeLast(bytes.count - length)
        return bytes
    }

    private static func unreadable(_ path: String) -> CommandEnd {
        CommandEnd(ExitMeaning.usage, "cannot read \(path): \(String(cString: strerror(errno)))")
    }

    private static func warnIfOpenToAll(_ descriptor: Int32, _ path: String) {
        var found = stat()
        guard fstat(descriptor, &found) == 0, found.st_mode & S_IFMT == S_IFREG, found.st_mode & S_IROTH != 0 else {
            return
        }
        Console.complain("everybody on this machine can read \(path)", remedy: "chmod 600 it, or delete it when done")
    }
}
