import Sealing
import Wire

/// Identifiers that are hashes (protocol, sections 2 and 6). Each is 8 bytes, read as a little-endian number.
public enum Names {
    /// Of both keys, so that nobody can make a record that binds one member's key to another key under that member's id.
    public static func memberID(staticKey: Bytes32, signingKey: Bytes32) -> UInt64 {
        var hasher = SHA256()
        hasher.update("sidegate 1 member id")
        hasher.update(staticKey)
        hasher.update(signingKey)
        return first8(hasher.finish())
    }

    public static func networkID(founder signingKey: Bytes32) -> UInt64 {
        var hasher = SHA256()
        hasher.update("sidegate 1 network id")
        hasher.update(signingKey)
        return first8(hasher.finish())
    }

    public static func recordID(_ record: UnsafeRawBufferPointer) -> UInt64 {
        var hasher = SHA256()
        hasher.update("sidegate 1 record")
        hasher.update(record)
        return first8(hasher.finish())
    }

    public static func recordID(_ record: [UInt8]) -> UInt64 { record.withUnsafeBytes { recordID($0) } }

    private static func first8(_ hash: Bytes32) -> UInt64 {
        hash.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(as: UInt64.self)) }
    }
}

extension KeyDerivation {
    /// `derive(key, label, n)` of the protocol: HKDF-SHA256 with salt "sidegate 1". `wrongLength` unless n is in 1...8160.
    /// `context` follows the label.
    static func derive(
        _ key: SecretBytes, _ label: StaticString, context: [UInt8] = [], _ count: Int
    ) throws(SealingError) -> SecretBytes {
        let salt: StaticString = "sidegate 1"
        let extracted = salt.withUTF8Buffer { salt in
            key.withUnsafeBytes { extract(salt: UnsafeRawBufferPointer(salt), keyMaterial: $0) }
        }
        return try expand(extracted, label: label, context: context, length: count)
    }
}
