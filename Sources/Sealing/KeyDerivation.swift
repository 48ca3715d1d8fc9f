import CCrypto

/// HKDF-SHA256 (RFC 5869): keys made from keys, one for each label.
public enum KeyDerivation {
    /// The most bytes one `expand` yields: 255 blocks (RFC 5869, section 2.3).
    public static let lengthMax = 255 * 32

    /// HKDF-Extract (RFC 5869, section 2.2): a 32-byte key from key material that is not evenly random.
    public static func extract(salt: UnsafeRawBufferPointer, keyMaterial: UnsafeRawBufferPointer) -> SecretBytes {
        extract(salt: salt) { $0.update(keyMaterial) }
    }

    /// HKDF-Expand (RFC 5869, section 2.3) with info = the UTF-8 of `label` ‖ `context`.
    /// `wrongLength` unless `length` is in 1...8160.
    public static func expand(
        _ key: SecretBytes, label: StaticString, context: [UInt8] = [], length: Int
    ) throws(SealingError) -> SecretBytes {
        try expand(key, length: length) { code in
            code.update(label)
            context.withUnsafeBytes { code.update($0) }
        }
    }

    /// HKDF-Expand (RFC 5869, section 2.3) with info = `label`. `wrongLength` unless `length` is in 1...8160.
    public static func expand(
        _ key: SecretBytes, label: [UInt8], length: Int
    ) throws(SealingError) -> SecretBytes {
        try expand(key, length: length) { code in label.withUnsafeBytes { code.update($0) } }
    }

    /// Extract with the key material that `material` adds in parts.
    static func extract(salt: UnsafeRawBufferPointer, material: (inout HMACSHA256) -> Void) -> SecretBytes {
        var code = HMACSHA256(key: salt)
        material(&code)
        return SecretBytes(count: 32) { code.finish(into: $0) }
    }

    /// Expand with the info that `info` adds in parts; it is called once for every 32 bytes.
    static func expand(
        _ key: SecretBytes, length: Int, info: (inout HMACSHA256) -> Void
    ) throws(SealingError) -> SecretBytes {
        guard length >= 1, length <= lengthMax else { throw .wrongLength }
        var code = HMACSHA256(key: key)
        let blocks = (length &+ 31) / 32
        let whole = SecretBytes(count: blocks &* 32) { output in
            var previous = UnsafeRawBufferPointer(start: nil, count: 0)
            for block in 0..<blocks {
                code.update(previous)
                info(&code)
                var number = UInt8(truncatingIfNeeded: block &+ 1)
                withUnsafeBytes(of: &number) { code.update($0) }
                let target = UnsafeMutableRawBufferPointer(rebasing: output[(block &* 32)..<(block &* 32 &+ 32)])
                code.finish(into: target)
                previous = UnsafeRawBufferPointer(target)
            }
        }
        return blocks &* 32 == length ? whole : try whole.part(0..<length)
    }
}
