import Sealing
import Wire

extension SignedRecord {
    /// The record with the signature of `key`. Throws `valueOutOfRange` or what libcrypto fails with.
    public func signed(by key: SigningKey) throws -> Self {
        var record = self
        record.signature = try key.sign(try message())
        return record
    }

    /// Whether the holder of `signingKey` signed the record.
    func isSigned(by signingKey: Bytes32) -> Bool {
        guard let message = try? message() else { return false }
        return SigningKey.verify(signature, message: message, publicKey: signingKey)
    }

    /// What is signed: the label ‖ all bytes before the signature.
    private func message() throws(WireError) -> [UInt8] {
        var bytes: [UInt8] = []
        Self.signatureLabel.withUTF8Buffer { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: try array().prefix(signedByteCount))
        return bytes
    }
}
