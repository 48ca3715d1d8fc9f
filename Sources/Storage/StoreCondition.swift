import Glibc

/// How a store came to be open.
public enum StoreCondition: Sendable, Equatable {
    /// From its file.
    case sound
    /// Its file was damaged: it is kept in the directory `kept`, and all that could be read of it stands in a new one,
    /// opted out of hosting. `damaged` are the tables of which rows may be lost.
    case rescued(kept: String, damaged: [String])
    /// `trouble` keeps the file from being used. What it holds was copied to where it lasts until the machine stops, and
    /// what comes meanwhile goes there, and into the file once it can be used again.
    case standIn(trouble: StorageError)

    /// In words with the remedy; nil where all is well.
    public var problem: String? {
        switch self {
        case .sound: nil
        case .rescued(let kept, let damaged):
            "the database was damaged and has been replaced by what could be read of it; the damaged one is in \(kept)"
                + (damaged.isEmpty ? "" : "; something may be missing of: \(damaged.joined(separator: ", "))")
                + (damaged.contains("moved")
                    ? "; whether the home was exported is not known any more, so it rests: sidegate home resume, "
                        + "if it lives nowhere else" : "")
        case .standIn(let trouble):
            "the database cannot be used: \(trouble.description) Then restart sidegated; "
                + "until then own devices go on from a copy in memory, and no change is taken"
        }
    }
}

extension BridgeStore {
    /// Opens the store in `directory` whatever its state, if only this bridge's own keys can still be read.
    ///
    /// A damaged file is replaced by what can be read of it; one that cannot be written or is of a later version is left
    /// as it is, and a copy stands in for it. Lending is the caller's to suspend. `today` is the day whose allowance
    /// counts as spent where nobody knows what was.
    public static func open(directory: String, today: UInt32) throws(StorageError) -> (BridgeStore, StoreCondition) {
        let trouble: StorageError
        do throws(StorageError) {
            try StoreReplacement(directory).finish()
            let store = try BridgeStore(directory: directory)
            try StandIn(directory).mergeAndRemove(into: store)
            return (store, .sound)
        } catch {
            trouble = error
        }
        switch trouble.kind {
        case .corrupt: return try rescue(directory, today, trouble)
        case .newerVersion, .unreachable, .full:
            return (try StandIn(directory).open(because: trouble, today), .standIn(trouble: trouble))
        case .inUse, .foreign, .invalidValue, .limitReached, .failed: throw trouble
        }
    }

    /// Where the damaged file is kept that the one in `directory` has replaced; nil if there is none.
    public static func damagedKept(in directory: String) -> String? {
        let kept = StoreReplacement(directory).kept
        return access(kept, F_OK) == 0 ? kept : nil
    }

    private static func rescue(
        _ directory: String, _ today: UInt32, _ trouble: StorageError
    ) throws(StorageError) -> (BridgeStore, StoreCondition) {
        let replacement = StoreReplacement(directory)
        let damaged: [String]
        do throws(StorageError) {
            damaged = try replacement.prepare(because: trouble, today)
        } catch  where error.kind == .corrupt {
            throw trouble
        } catch {
            // The disk does not take the new file.
            return (try StandIn(directory).open(because: trouble, today), .standIn(trouble: trouble))
        }
        try replacement.finish()
        let store = try BridgeStore(directory: directory)
        try StandIn(directory).mergeAndRemove(into: store)
        return (store, .rescued(kept: replacement.kept, damaged: damaged))
    }
}
