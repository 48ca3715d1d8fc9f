/// Why the store could not do what was asked: what happened, where, and what to do about it.
public struct StorageError: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of what can go wrong.
    public enum Kind: String, Sendable, CaseIterable {
        /// The directory or file cannot be made, opened, read or written.
        case unreachable
        /// Another process has the store open.
        case inUse
        /// A later version of Sidegate has changed the store's form.
        case newerVersion
        /// The file belongs to some other program.
        case foreign
        /// The file is damaged.
        case corrupt
        /// The disk is full.
        case full
        /// A value is outside its limits; nothing was written.
        case invalidValue
        /// A table has as many rows as it may have; nothing was written.
        case limitReached
        /// Anything else SQLite reports.
        case failed
    }

    /// The kind of error.
    public let kind: Kind
    /// What happened: a sentence without its full stop.
    public let what: String
    /// The file or directory concerned.
    public let path: String
    /// What to do about it: a sentence without its full stop.
    public let remedy: String

    public var description: String {
        "\(path): \(what). \(remedy)."
    }
}

/// An error raised inside a transaction, before anyone has said in which file.
struct StorageFault: Error, Equatable {
    let kind: StorageError.Kind
    let what: String

    static func invalid(_ what: String) -> StorageFault {
        StorageFault(kind: .invalidValue, what: what)
    }

    static func corrupt(_ what: String) -> StorageFault {
        StorageFault(kind: .corrupt, what: what)
    }
}
