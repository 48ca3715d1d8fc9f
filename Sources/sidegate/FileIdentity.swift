import Glibc

/// Which file a path means, so that two spellings of one are seen to be one: by device and inode if it is there, else by
/// the directory in which it would be made.
struct FileIdentity: Hashable {
    private let directory: String
    private let device: UInt64
    private let inode: UInt64

    init(_ path: String) {
        var status = stat()
        if stat(path, &status) == 0 {
            (directory, device, inode) = ("", UInt64(status.st_dev), UInt64(status.st_ino))
            return
        }
        let slash = path.lastIndex(of: "/")
        let folder = slash.map { $0 == path.startIndex ? "/" : String(path[..<$0]) } ?? "."
        let name = slash.map { String(path[path.index(after: $0)...]) } ?? path
        let isThere = stat(folder, &status) == 0
        directory = isThere ? name : path
        (device, inode) = isThere ? (UInt64(status.st_dev), UInt64(status.st_ino)) : (0, 0)
    }
}
