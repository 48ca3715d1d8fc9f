import Glibc

/// Reads whole files. Never waits: what is no regular file, such as a pipe that nobody writes to, is refused.
public enum RegularFile {
    public enum Failure: Error, Hashable, Sendable {
        case notRegular
        /// A value of errno.
        case system(Int32)

        /// The reason, as the end of a sentence.
        public var words: String {
            switch self {
            case .notRegular: "it is no regular file"
            case .system(let number): String(cString: strerror(number))
            }
        }
    }

    /// What the file holds, or its first `limit` bytes if there are more.
    public static func read(_ path: String, atMost limit: Int) throws(Failure) -> [UInt8] {
        let descriptor = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC | O_NOCTTY)
        guard descriptor >= 0 else { throw .system(errno) }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0 else { throw .system(errno) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notRegular }
        // Where the size says nothing, as in /proc, what is read first shows that there is more.
        var bytes = [UInt8](repeating: 0, count: min(limit, max(Int(status.st_size) + 1, 4_096)))
        var count = 0
        while count < limit {
            if count == bytes.count { bytes += [UInt8](repeating: 0, count: min(limit - count, count)) }
            let read = bytes.withUnsafeMutableBytes { buffer in
                Glibc.read(descriptor, buffer.baseAddress.map { $0 + count }, buffer.count - count)
            }
            if read == 0 { break }
            if read < 0 {
                if errno == EINTR { continue }
                throw .system(errno)
            }
            count += read
        }
        bytes.removeLast(bytes.count - count)
        return bytes
    }
}
