import Wire

/// A grant's revocation lock: whoever shows the secret behind the target ends the grant, without a signature.
///
///     target = first 20 bytes of SHA-256("sidegate 1 revocation" ‖ secret (20) ‖ opt-in end, UInt32 little-endian)
///
/// The opt-in's end is hashed in so that a bridge which never saw the grant knows how long to keep the revocation.
public enum HashLock {
    /// The target that `secret` opens. What it opens is public once it is shown; until then it belongs in
    /// `SecretBytes`.
    public static func target(secret: Bytes20, optInEnd: WallTime) -> Bytes20 {
        var hasher = SHA256()
        hasher.update("sidegate 1 revocation")
        hasher.update(secret)
        hasher.update(littleEndian: optInEnd.seconds)
        return hasher.finish20()
    }

    /// The target that `secret` opens. `invalidKey` unless it has 20 bytes.
    public static func target(secret: SecretBytes, optInEnd: WallTime) throws(SealingError) -> Bytes20 {
        guard let secret = secret.withUnsafeBytes({ Bytes20($0) }) else { throw .invalidKey }
        return target(secret: secret, optInEnd: optInEnd)
    }

    /// Whether `secret` opens `target`.
    public static func opens(_ target: Bytes20, secret: Bytes20, optInEnd: WallTime) -> Bool {
        self.target(secret: secret, optInEnd: optInEnd) == target
    }
}
