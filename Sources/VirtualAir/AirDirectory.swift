import Glibc

/// The directory that is an air: `NAME.air` and `NAME.link` of every radio, and perhaps `street`.
struct AirDirectory: Sendable {
    /// Radios in one air.
    static let radiosMax = 256
    /// Names looked at in one directory: junk beyond them is not seen.
    private static let entriesMax = 4_096

    let path: String

    var streetPath: String { "\(path)/\(Street.fileName)" }
    func datagramPath(_ name: AirName) -> String { "\(path)/\(name.text).air" }
    func linkPath(_ name: AirName) -> String { "\(path)/\(name.text).link" }

    /// The radios in this air, living or not, in order of name; at most `radiosMax`.
    func radioNames() throws(AirError) -> [AirName] {
        guard let stream = opendir(path) else { throw .directoryUnusable(path: path, errno: errno) }
        defer { closedir(stream) }
        var names: [AirName] = []
        for _ in 0..<AirDirectory.entriesMax {
            guard let entry = readdir(stream) else { break }
            let length = strnlen(&entry.pointee.d_name.0, 256)
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                AirDirectory.radioName(UnsafeRawBufferPointer(rebasing: bytes.prefix(length)))
            }
            if let name { names.append(name) }
        }
        return Array(names.sorted().prefix(AirDirectory.radiosMax))
    }

    /// The name in a file name `NAME.air`.
    static func radioName(_ fileName: UnsafeRawBufferPointer) -> AirName? {
        guard fileName.count > 4, fileName.suffix(4).elementsEqual(".air".utf8) else { return nil }
        return AirName(bytes: UnsafeRawBufferPointer(rebasing: fileName.dropLast(4)))
    }

    func readStreet() throws(StreetError) -> Street {
        let path = streetPath
        func unreadable(_ number: Int32) -> StreetError {
            StreetError(path: path, line: 1, column: 1, problem: .unreadable(errno: number))
        }
        // Not blocking: a pipe by that name must not hold the radio up.
        let file = Descriptor(open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK))
        guard file.value >= 0 else {
            if errno == ENOENT { return .open }
            throw unreadable(errno)
        }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: Street.fileBytesMax + 1, alignment: 1)
        defer { buffer.deallocate() }
        var length = 0
        while length < buffer.count {
            let count = read(file.value, buffer.baseAddress?.advanced(by: length), buffer.count &- length)
            if count < 0 { throw unreadable(errno) }
            if count == 0 { break }
            length &+= count
        }
        return try StreetParser.parse(UnsafeRawBufferPointer(rebasing: buffer[..<length]), path: path)
    }

    /// Changes whenever the file at `path` does, or comes, or goes.
    static func stamp(_ path: String) -> FileStamp {
        var status = stat()
        guard stat(path, &status) == 0 else { return FileStamp() }
        return FileStamp(
            inode: UInt64(status.st_ino), bytes: Int64(status.st_size), seconds: Int64(status.st_mtim.tv_sec),
            nanoseconds: Int64(status.st_mtim.tv_nsec))
    }
}

struct FileStamp: Equatable {
    var inode: UInt64 = 0
    var bytes: Int64 = 0
    var seconds: Int64 = 0
    var nanoseconds: Int64 = 0
}
