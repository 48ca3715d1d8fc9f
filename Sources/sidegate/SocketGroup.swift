import Glibc

/// Whose members may use a socket.
enum SocketGroup {
    /// The group of the socket, or of its directory where nobody else may look into that; nil if it is root's, or there is
    /// none.
    static func name(_ path: String) -> String? {
        var status = stat()
        if stat(path, &status) != 0 {
            guard errno == EACCES, let slash = path.lastIndex(of: "/"), slash != path.startIndex,
                stat(String(path[..<slash]), &status) == 0
            else { return nil }
        }
        guard status.st_gid != 0, let group = getgrgid(status.st_gid) else { return nil }
        return String(cString: group.pointee.gr_name)
    }
}
