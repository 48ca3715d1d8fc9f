import Glibc

/// Who is at the other end of a Unix socket, as the kernel noted it when they connected.
struct PeerCredentials: Sendable, Equatable {
    var userID: uid_t
    var groupIDs: [gid_t]

    init(userID: uid_t, groupIDs: [gid_t]) {
        self.userID = userID
        self.groupIDs = groupIDs
    }

    /// Linux's `struct ucred`, which Glibc's module leaves out.
    private struct UserCredentials {
        var processID: Int32 = 0
        var userID: UInt32 = .max
        var groupID: UInt32 = .max
    }

    /// Linux's SO_PEERGROUPS, which Glibc's module leaves out.
    private static let peerGroupsOption: Int32 = 59
    private static let groupCountMax = 65_536

    /// Nil if the kernel does not tell: the caller is then nobody.
    init?(of descriptor: Int32) {
        var credentials = UserCredentials()
        var length = socklen_t(MemoryLayout<UserCredentials>.size)
        guard getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &credentials, &length) == 0,
            length == socklen_t(MemoryLayout<UserCredentials>.size)
        else { return nil }
        userID = credentials.userID
        groupIDs = [credentials.groupID] + Self.supplementaryGroupIDs(of: descriptor)
    }

    /// Empty if the kernel does not tell.
    private static func supplementaryGroupIDs(of descriptor: Int32) -> [gid_t] {
        var capacity = 64
        while capacity <= groupCountMax {
            var groups = [gid_t](repeating: .max, count: capacity)
            var length = socklen_t(capacity * MemoryLayout<gid_t>.size)
            if getsockopt(descriptor, SOL_SOCKET, peerGroupsOption, &groups, &length) == 0 {
                return Array(groups.prefix(Int(length) / MemoryLayout<gid_t>.size))
            }
            guard errno == ERANGE else { return [] }
            capacity *= 4
        }
        return []
    }
}

/// Who may use the API: root, the daemon's own user, and the members of the socket's group.
struct PeerPolicy: Sendable {
    var daemonUserID: uid_t
    var socketGroupID: gid_t

    /// Root, or the daemon's own user.
    func isOwnUser(_ peer: PeerCredentials) -> Bool { peer.userID == 0 || peer.userID == daemonUserID }

    func allows(_ peer: PeerCredentials) -> Bool {
        peer.userID == 0 || peer.userID == daemonUserID || peer.groupIDs.contains(socketGroupID)
    }
}
