import Foundation
import GRDB

/// Reads one row column by column. A damaged or foreign file can hold any type in any column: that is an error here,
/// where GRDB's own typed subscripts would trap.
struct StoredRow {
    let row: Row
    let table: String

    func integer(_ column: Int) throws(StorageFault) -> Int64 {
        guard case .int64(let value) = storage(column) else { throw damaged(column) }
        return value
    }

    func integer<Value: FixedWidthInteger>(_ column: Int, as type: Value.Type) throws(StorageFault) -> Value {
        guard let value = Value(exactly: try integer(column)) else { throw damaged(column) }
        return value
    }

    func optionalInteger(_ column: Int) throws(StorageFault) -> Int64? {
        if case .null = storage(column) { return nil }
        return try integer(column)
    }

    func boolean(_ column: Int) throws(StorageFault) -> Bool {
        try integer(column) != 0
    }

    func text(_ column: Int) throws(StorageFault) -> String {
        guard case .string(let value) = storage(column) else { throw damaged(column) }
        return value
    }

    func optionalText(_ column: Int) throws(StorageFault) -> String? {
        if case .null = storage(column) { return nil }
        return try text(column)
    }

    /// Bytes of any length.
    func bytes(_ column: Int) throws(StorageFault) -> [UInt8] {
        guard case .blob(let value) = storage(column) else { throw damaged(column) }
        return value.withUnsafeBytes { [UInt8]($0) }
    }

    /// Exactly `count` bytes.
    func bytes(_ column: Int, count: Int) throws(StorageFault) -> [UInt8] {
        let value = try bytes(column)
        guard value.count == count else { throw damaged(column) }
        return value
    }

    func secret(_ column: Int, count: Int) throws(StorageFault) -> StoredSecret {
        guard case .blob(let value) = storage(column), value.count == count else { throw damaged(column) }
        return StoredSecret(value)
    }

    private func storage(_ column: Int) -> DatabaseValue.Storage {
        let value: DatabaseValue = row[column]
        return value.storage
    }

    private func damaged(_ column: Int) -> StorageFault {
        .corrupt("column \(column) of table \(table) holds what it may not hold")
    }
}

/// Checks values on their way in, and turns them into what GRDB takes.
enum StoredValue {
    static func bytes(_ value: [UInt8], count: Int, _ name: String) throws(StorageFault) -> Data {
        guard value.count == count else { throw .invalid("\(name) has \(value.count) bytes instead of \(count)") }
        return Data(value)
    }

    static func bytes(_ value: [UInt8], atMost limit: Int, _ name: String) throws(StorageFault) -> Data {
        try check(value, atMost: limit, name)
        return Data(value)
    }

    static func check(_ value: [UInt8], atMost limit: Int, _ name: String) throws(StorageFault) {
        guard value.count <= limit else { throw .invalid("\(name) has \(value.count) bytes, more than \(limit)") }
    }

    static func secret(_ value: StoredSecret, count: Int, _ name: String) throws(StorageFault) -> Data {
        guard value.count == count else { throw .invalid("\(name) has \(value.count) bytes instead of \(count)") }
        return value.withUnsafeBytes { Data($0) }
    }

    /// Text of 1 to `limit` bytes without NUL, at which SQLite would cut it.
    static func text(_ value: String, atMost limit: Int, _ name: String) throws(StorageFault) -> String {
        guard !value.isEmpty else { throw .invalid("\(name) is empty") }
        guard value.utf8.count <= limit else {
            throw .invalid("\(name) has \(value.utf8.count) bytes, more than \(limit)")
        }
        guard !value.utf8.contains(0) else { throw .invalid("\(name) contains a NUL") }
        return value
    }

    /// Wall seconds as the protocol has them, whatever a damaged row or a file holds.
    static func time(_ seconds: Int64) -> Int64 { Int64(UInt32(clamping: seconds)) }

    static func figure(_ value: Int64, _ name: String) throws(StorageFault) -> Int64 {
        guard value >= 0 else { throw .invalid("\(name) is negative") }
        return min(value, StorageLimit.figure)
    }
}
