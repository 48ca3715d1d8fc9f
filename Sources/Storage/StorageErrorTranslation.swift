import GRDB

extension StorageError {
    /// Turns whatever a transaction threw into an error of this module. Values never appear in it: SQLite's messages
    /// name tables and columns only.
    static func translate(_ error: any Error, doing what: String, path: String) -> StorageError {
        if let error = error as? StorageError { return error }
        if let fault = error as? StorageFault {
            return StorageError(
                kind: fault.kind, what: "Cannot \(what): \(fault.what)", path: path, remedy: remedy(for: fault.kind))
        }
        guard let error = error as? DatabaseError else {
            return StorageError(kind: .failed, what: "Cannot \(what)", path: path, remedy: remedy(for: .failed))
        }
        let kind = kind(of: error.resultCode)
        let detail = error.message ?? "SQLite result \(error.extendedResultCode.rawValue)"
        return StorageError(kind: kind, what: "Cannot \(what): \(detail)", path: path, remedy: remedy(for: kind))
    }

    private static func kind(of code: ResultCode) -> Kind {
        switch code {
        case .SQLITE_CORRUPT, .SQLITE_NOTADB, .SQLITE_FORMAT, .SQLITE_MISMATCH: .corrupt
        case .SQLITE_FULL: .full
        case .SQLITE_BUSY, .SQLITE_LOCKED: .inUse
        case .SQLITE_CANTOPEN, .SQLITE_PERM, .SQLITE_READONLY, .SQLITE_IOERR, .SQLITE_AUTH: .unreachable
        case .SQLITE_CONSTRAINT, .SQLITE_TOOBIG: .invalidValue
        default: .failed
        }
    }

    static func remedy(for kind: Kind) -> String {
        switch kind {
        case .unreachable: "See that the directory exists and that the daemon's user owns it and may write there"
        case .inUse: "Stop the other sidegated that uses this state directory"
        case .newerVersion: "Run the later version of Sidegate again, or restore the copy from before the upgrade"
        case .foreign: "Give this bridge a state directory of its own"
        case .corrupt: "Restore the file from a copy, or move it away: the bridge then starts afresh, opted out"
        case .full: "Make room on the disk"
        case .invalidValue: "Nothing was changed; give a value within the limits"
        case .limitReached: "Nothing was changed; remove what is no longer needed"
        case .failed: "Try again; if it stays, report it with the log"
        }
    }
}
