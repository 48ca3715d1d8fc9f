import Glibc

/// Makes the state directory and the database's file with the permissions they need, before SQLite opens them.
enum StorageFile {
    static let name = "sidegate.sqlite"

    /// Makes `directory` (mode 0700, one level) unless it is there, and the file in it (mode 0600). Returns the file's path.
    static func prepare(in directory: String) throws(StorageError) -> String {
        if mkdir(directory, 0o700) != 0 && errno != EEXIST {
            throw unreachable(directory, "The state directory cannot be made", errno)
        }
        var status = stat()
        guard stat(directory, &status) == 0 else { throw unreachable(directory, "This cannot be looked at", errno) }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw StorageError(
                kind: .unreachable, what: "The state directory is not a directory", path: directory,
                remedy: "Move the file away, or set another `state_directory`")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw StorageError(
                kind: .unreachable, what: "Others than its owner may write to the state directory", path: directory,
                remedy: "Take that right away: chmod 700 \(directory)")
        }
        let path = directory + "/" + name
        try makeFile(path)
        try syncDirectory(directory)
        return path
    }

    /// SQLite's log takes over the mode of the file itself.
    private static func makeFile(_ path: String) throws(StorageError) {
        let descriptor = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0o600)
        if descriptor >= 0 {
            close(descriptor)
            return
        }
        guard errno == EEXIST else { throw unreachable(path, "The database cannot be made", errno) }
        var status = stat()
        guard lstat(path, &status) == 0 else { throw unreachable(path, "This cannot be looked at", errno) }
        guard status.st_mode & S_IFMT == S_IFREG else {
            throw StorageError(
                kind: .unreachable, what: "The database is not a regular file", path: path,
                remedy: "Move it away, or set another `state_directory`")
        }
        if status.st_mode & 0o077 != 0 && chmod(path, 0o600) != 0 {
            throw unreachable(path, "Others may read the database, and this cannot be changed", errno)
        }
    }

    private static func syncDirectory(_ directory: String) throws(StorageError) {
        let descriptor = open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw unreachable(directory, "This cannot be opened", errno) }
        defer { close(descriptor) }
        if fsync(descriptor) != 0 { throw unreachable(directory, "This cannot be written to the disk", errno) }
    }

    private static func unreachable(_ path: String, _ what: String, _ reason: Int32) -> StorageError {
        let text = String(cString: strerror(reason))
        return StorageError(
            kind: .unreachable, what: "\(what): \(text)", path: path, remedy: StorageError.remedy(for: .unreachable))
    }
}
