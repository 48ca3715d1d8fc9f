import CLinux
import Glibc

/// Notices what changes in an air's directory (inotify(7)).
final class AirWatch {
    struct Changes {
        /// Radios came or went.
        var radios = false
        /// The street file was written and closed, or put in place.
        var street = false
        /// The street file is being written or is gone: others may be about to put it back.
        var streetUnsettled = false
        /// The directory itself is gone.
        var gone = false
    }

    let descriptor: Int32

    /// Returns nil if the system has none to give: users have few, and some file systems none.
    init?(_ path: String) {
        let descriptor = inotify_init1(Int32(IN_NONBLOCK | IN_CLOEXEC))
        guard descriptor >= 0 else { return nil }
        let contents = IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM | IN_CLOSE_WRITE | IN_MODIFY
        let itself = IN_DELETE_SELF | IN_MOVE_SELF | IN_ONLYDIR
        guard inotify_add_watch(descriptor, path, UInt32(contents | itself)) >= 0 else {
            close(descriptor)
            return nil
        }
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// What changed since it was last asked. Reads at most 16 kB: if there is more, the descriptor stays readable.
    func changes() -> Changes {
        var changes = Changes()
        withUnsafeTemporaryAllocation(byteCount: 4_096, alignment: 8) { buffer in
            for _ in 0..<4 {
                let count = read(descriptor, buffer.baseAddress, buffer.count)
                guard count > 0 else { break }
                AirWatch.note(UnsafeRawBufferPointer(rebasing: buffer[..<count]), in: &changes)
            }
        }
        return changes
    }

    private static func note(_ bytes: UnsafeRawBufferPointer, in changes: inout Changes) {
        let headerBytes = MemoryLayout<inotify_event>.size
        var offset = 0
        while offset &+ headerBytes <= bytes.count {
            let mask = Int32(bitPattern: bytes.loadUnaligned(fromByteOffset: offset &+ 4, as: UInt32.self))
            let nameBytes = Int(bytes.loadUnaligned(fromByteOffset: offset &+ 12, as: UInt32.self))
            let start = offset &+ headerBytes
            guard nameBytes <= bytes.count &- start else { return }
            let padded = bytes[start..<(start &+ nameBytes)]
            note(mask, UnsafeRawBufferPointer(rebasing: padded.prefix { $0 != 0 }), in: &changes)
            offset = start &+ nameBytes
        }
    }

    private static func note(_ mask: Int32, _ name: UnsafeRawBufferPointer, in changes: inout Changes) {
        if mask & (IN_DELETE_SELF | IN_MOVE_SELF | Int32(IN_UNMOUNT)) != 0 { changes.gone = true }
        if mask & IN_Q_OVERFLOW != 0 {
            changes.radios = true
            changes.street = true
        }
        if name.elementsEqual(Street.fileName.utf8) {
            if mask & (IN_CLOSE_WRITE | IN_MOVED_TO) != 0 {
                changes.street = true
            } else {
                changes.streetUnsettled = true
            }
        } else if mask & (IN_CREATE | IN_DELETE | IN_MOVED_TO | IN_MOVED_FROM) != 0,
            AirDirectory.radioName(name) != nil
        {
            changes.radios = true
        }
    }
}
