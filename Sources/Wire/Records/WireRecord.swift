/// A record of the registry, as a value.
public protocol WireRecord: Hashable, Sendable {
    static var kind: RecordKind { get }

    /// Reads a record that fills `bytes` exactly. Signatures and hash locks are not verified here.
    /// Throws `wrongLength`, `unknownVersion`, `unknownKind` (also for a record of another kind),
    /// `valueOutOfRange`, `badText`.
    init(_ bytes: UnsafeRawBufferPointer) throws(WireError)

    /// Bytes of the written record.
    var byteCount: Int { get }

    /// Writes the record to the start of `target` and returns its bytes.
    /// Throws `noRoom`, and `valueOutOfRange` for what the record's definition rules out.
    func write(into target: UnsafeMutableRawBufferPointer) throws(WireError) -> Int
}

extension WireRecord {
    /// The record as an array. Throws `valueOutOfRange` for what the record's definition rules out.
    public func array() throws(WireError) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: byteCount)
        var failure: WireError?
        bytes.withUnsafeMutableBytes { target in
            do throws(WireError) { _ = try write(into: target) } catch { failure = error }
        }
        if let failure { throw failure }
        return bytes
    }

    /// A reader behind the first byte, which must name this kind.
    static func reader(_ bytes: UnsafeRawBufferPointer) throws(WireError) -> ByteReader {
        guard try RecordKind(recordBytes: bytes) == kind else { throw .unknownKind }
        var reader = ByteReader(bytes)
        _ = try reader.integer(UInt8.self)
        return reader
    }

    /// A writer behind the first byte.
    func writer(_ target: UnsafeMutableRawBufferPointer) throws(WireError) -> ByteWriter {
        var writer = ByteWriter(target)
        try writer.integer(Self.kind.firstByte)
        return writer
    }
}

/// A record that ends with an Ed25519 signature over a label and all bytes before the signature.
public protocol SignedRecord: WireRecord {
    /// What is signed before the record's bytes.
    static var signatureLabel: StaticString { get }
    var signature: Bytes64 { get set }
}

extension SignedRecord {
    /// How many bytes at the start of the written record the signature covers, behind the label.
    public var signedByteCount: Int { byteCount - Bytes64.count }
}
