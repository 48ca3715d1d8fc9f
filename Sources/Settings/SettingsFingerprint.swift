import Glibc

/// What tells one state of the files from another without reading them. The daemon compares two several times a
/// second, so that a no in a file takes effect within a second of the file's change.
public struct SettingsFingerprint: Sendable, Equatable {
    /// One file or directory. The time of the last change of status is taken too: it cannot be set back, and it tells
    /// a change of permissions or one that leaves time and size as they were.
    struct File: Sendable, Equatable {
        let path: String
        /// The error number of `stat`, 0 where it succeeded.
        let failure: Int32
        let device: UInt64
        let inode: UInt64
        let sizeBytes: Int64
        let modified: Time
        let changed: Time

        struct Time: Sendable, Equatable {
            let seconds: Int
            let nanoseconds: Int
        }

        init(path: String) {
            var status = stat()
            let failed = stat(path, &status) != 0
            self.path = path
            failure = failed ? errno : 0
            device = UInt64(status.st_dev)
            inode = UInt64(status.st_ino)
            sizeBytes = Int64(status.st_size)
            modified = Time(seconds: status.st_mtim.tv_sec, nanoseconds: status.st_mtim.tv_nsec)
            changed = Time(seconds: status.st_ctim.tv_sec, nanoseconds: status.st_ctim.tv_nsec)
        }
    }

    let files: [File]
}
