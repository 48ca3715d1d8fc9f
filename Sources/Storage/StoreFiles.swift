import Glibc

/// What the rescue of a store does with files.
enum StoreFiles {
    /// The header, which is the same in every file of this program but for counts.
    static let headerBytes = 100
    /// The first page: the header and what tables there are.
    static let pageBytes = 4_096
    /// The freelist and the count of pages, which SQLite finds out by itself where they are zero.
    private static let countBytes = 28..<40

    static func exists(_ path: String) -> Bool {
        var status = stat()
        return lstat(path, &status) == 0
    }

    static func failure(_ path: String) -> StorageError {
        let number = errno
        let kind: StorageError.Kind = number == ENOSPC || number == EDQUOT ? .full : .unreachable
        return StorageError(
            kind: kind, what: "Cannot rescue the store: \(String(cString: strerror(number)))", path: path,
            remedy: StorageError.remedy(for: kind))
    }

    /// Removes a file, or a directory with its files, two levels deep at most. What is not there is gone already.
    static func remove(_ path: String, depth: Int = 2) {
        guard unlink(path) != 0, depth > 0, let directory = opendir(path) else { return }
        var names: [String] = []
        while let entry = readdir(directory) {
            let name = withUnsafePointer(to: &entry.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
            }
            if name != ".", name != ".." { names.append(name) }
        }
        closedir(directory)
        for name in names { remove("\(path)/\(name)", depth: depth - 1) }
        rmdir(path)
    }

    /// Removes a directory of files that held keys, after overwriting them.
    static func erase(_ directory: String) {
        for name in [StorageFile.name, StorageFile.name + "-wal"] {
            let descriptor = open("\(directory)/\(name)", O_WRONLY | O_CLOEXEC | O_NOFOLLOW)
            guard descriptor >= 0 else { continue }
            defer { close(descriptor) }
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { continue }
            let zeros = [UInt8](repeating: 0, count: 65_536)
            var left = Int(status.st_size)
            while left > 0 {
                let count = Glibc.write(descriptor, zeros, min(left, zeros.count))
                if count <= 0 { break }
                left -= count
            }
            fsync(descriptor)
        }
        remove(directory)
    }

    static func move(_ path: String, _ target: String) throws(StorageError) {
        if rename(path, target) != 0 { throw failure(path) }
    }

    /// Writes a new file and waits until it is on the disk.
    static func write(_ bytes: [UInt8], to path: String) throws(StorageError) {
        let descriptor = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0o600)
        guard descriptor >= 0 else { throw failure(path) }
        defer { close(descriptor) }
        var done = 0
        while done < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + done }, $0.count - done)
            }
            if count <= 0 { throw failure(path) }
            done += count
        }
        if fsync(descriptor) != 0 { throw failure(path) }
    }

    static func sync(_ directory: String) throws(StorageError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw failure(directory) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw failure(directory) }
    }

    static func copy(_ path: String, to target: String) throws(StorageError) {
        let input = open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(path) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard output >= 0 else { throw failure(target) }
        defer { close(output) }
        var buffer = [UInt8](repeating: 0, count: 65_536)
        while true {
            let count = read(input, &buffer, buffer.count)
            if count < 0 { throw failure(path) }
            if count == 0 { return }
            if Glibc.write(output, buffer, count) != count { throw failure(target) }
        }
    }

    /// Puts the first `length` bytes of the file at `path`, a new store's, in place of those of the copy at `target`.
    static func transplant(from path: String, to target: String, _ length: Int) throws(StorageError) {
        let input = open(path, O_RDONLY | O_CLOEXEC)
        guard input >= 0 else { throw failure(path) }
        defer { close(input) }
        let output = open(target, O_WRONLY | O_CLOEXEC)
        guard output >= 0 else { throw failure(target) }
        defer { close(output) }
        var bytes = [UInt8](repeating: 0, count: length)
        guard read(input, &bytes, length) == length, pwrite(output, bytes, length, 0) == length else {
            throw failure(target)
        }
        let zeros = [UInt8](repeating: 0, count: countBytes.count)
        guard pwrite(output, zeros, zeros.count, off_t(countBytes.lowerBound)) == zeros.count else {
            throw failure(target)
        }
    }
}
