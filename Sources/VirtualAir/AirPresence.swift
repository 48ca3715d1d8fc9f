import CLinux
import Glibc
import RadioSockets

/// A radio's sockets in its air. They go away with it.
final class AirPresence {
    let poll: EpollSet
    let datagrams: Descriptor
    let listener: Descriptor
    let watch: AirWatch?
    private let paths: [String]

    /// - Throws: `directoryUnusable`, `pathTooLong`, `nameTaken`, `airFull` or `system`.
    init(_ name: AirName, in directory: AirDirectory, watches: Bool) throws(AirError) {
        let linkPath = directory.linkPath(name)
        let datagramPath = directory.datagramPath(name)
        let linkAddress = try AirSocket.address(linkPath)
        let datagramAddress = try AirSocket.address(datagramPath)
        guard let poll = EpollSet() else { throw .system(call: "epoll_create1", errno: errno) }
        self.poll = poll
        // Held while looking and binding, so that two processes cannot both replace a dead one's sockets.
        let lock = try AirPresence.lock(directory)
        defer { _ = lock.value }
        try AirPresence.clear(name, in: directory, datagramAddress)
        listener = try AirPresence.bound(SOCK_SEQPACKET, linkAddress)
        guard listen(listener.value, AirPresence.backlog) == 0 else { throw .system(call: "listen", errno: errno) }
        // Last, for this is the socket by which others know that the radio is there.
        datagrams = try AirPresence.bound(SOCK_DGRAM, datagramAddress)
        watch = watches ? AirWatch(directory.path) : nil
        paths = [datagramPath, linkPath]
    }

    deinit { for path in paths { unlink(path) } }

    /// Connections waiting to be taken, before a connecting peer is told to try again.
    private static let backlog: Int32 = 64

    private static func lock(_ directory: AirDirectory) throws(AirError) -> Descriptor {
        let descriptor = Descriptor(open(directory.path, O_RDONLY | O_DIRECTORY | O_CLOEXEC))
        guard descriptor.value >= 0 else { throw .directoryUnusable(path: directory.path, errno: errno) }
        guard flock(descriptor.value, LOCK_EX) == 0 else { throw .system(call: "flock", errno: errno) }
        return descriptor
    }

    /// Removes what a dead process left.
    private static func clear(
        _ name: AirName, in directory: AirDirectory, _ address: sockaddr_un
    ) throws(AirError) {
        let probe = try AirSocket.open(SOCK_DGRAM)
        // Connecting a datagram socket sends nothing: the one that is there does not notice.
        if AirSocket.connect(probe.value, address) == 0 {
            throw .nameTaken(name: name.text, directory: directory.path)
        }
        let names = try directory.radioNames()
        guard names.contains(name) || names.count < AirDirectory.radiosMax else {
            throw .airFull(directory: directory.path, radiosMax: AirDirectory.radiosMax)
        }
        for path in [directory.datagramPath(name), directory.linkPath(name)] where unlink(path) != 0 {
            if errno != ENOENT { throw .directoryUnusable(path: path, errno: errno) }
        }
    }

    private static func bound(_ type: __socket_type, _ address: sockaddr_un) throws(AirError) -> Descriptor {
        let descriptor = try AirSocket.open(type)
        let number = AirSocket.bind(descriptor.value, address)
        guard number == 0 else { throw .system(call: "bind", errno: number) }
        return descriptor
    }
}
