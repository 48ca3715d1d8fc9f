import Sealing
import Wire

/// Opens and seals the frames of one device with its bind key: AES-128-CCM with a tag of 4 bytes and no associated data
/// (bthome.io/encryption).
///
/// ```
/// nonce: address 6 as printed | D2 FC | info 1 | counter 4, little endian
/// ```
/// Not Sendable: it works inside the key's contexts.
public final class BTHomeCipher {
    static let tagLength = 4
    private let key: AESCCM

    /// A bind key of 16 bytes, else `invalidKey`.
    public init(bindKey: SecretBytes) throws(SealingError) {
        key = try AESCCM(key: bindKey, tagLength: Self.tagLength)
    }

    /// What the device said. `address` is the one that the advertisement came from; an address in the payload stands
    /// for it. The counter is the caller's to judge, by `CounterWindow`, once the frame has opened.
    ///
    /// Throws what `BTHomeServiceData` throws, and `authenticationFailed`.
    public func open(
        _ serviceData: UnsafeRawBufferPointer, address: DeviceAddress
    ) throws(BTHomeError) -> Reading {
        let frame = try BTHomeServiceData(serviceData)
        let nonce = Self.nonce(address: frame.address ?? address, info: frame.info, counterBytes: frame.counterBytes)
        let opened = withUnsafeTemporaryAllocation(byteCount: serviceData.count, alignment: 1) { buffer -> Reading? in
            // The counter lies between ciphertext and tag, which the cipher wants side by side.
            let ciphertextLength = frame.ciphertext.count
            let sealed = UnsafeMutableRawBufferPointer(rebasing: buffer[..<(ciphertextLength + Self.tagLength)])
            sealed.copyMemory(from: frame.ciphertext)
            UnsafeMutableRawBufferPointer(rebasing: sealed[ciphertextLength...]).copyMemory(from: frame.mic)
            let length = nonce.withUnsafeBytes { nonce in
                try? key.open(
                    nonce: nonce, associatedData: UnsafeRawBufferPointer(start: nil, count: 0),
                    sealed: UnsafeRawBufferPointer(sealed), into: sealed)
            }
            guard let length else { return nil }
            return ObjectReader.read(UnsafeRawBufferPointer(rebasing: sealed[..<length]))
        }
        guard let opened else { throw .authenticationFailed }
        return opened
    }

    /// Service data, behind the UUID, as the device would send it: for `objects` see `ObjectWriter`.
    ///
    /// Throws `notEncrypted` for such an info byte, `unsupportedVersion`, `tooShort` or `tooLong`.
    public func seal(
        objects: [UInt8], address: DeviceAddress, counter: UInt32,
        info: BTHomeInfo = BTHomeInfo(isEncrypted: true)
    ) throws(BTHomeError) -> [UInt8] {
        guard info.isEncrypted else { throw .notEncrypted }
        guard info.version == 2 else { throw .unsupportedVersion(info.version) }
        guard objects.count >= BTHomeServiceData.ciphertextBytesMin else { throw .tooShort }
        let head = [info.bits] + (info.hasAddress ? address.printed.reversed() : [])
        let counterBytes = (0..<4).map { UInt8(truncatingIfNeeded: counter >> UInt32(8 * $0)) }
        guard head.count + objects.count + 8 <= BTHomeAdvertisement.serviceDataBytesMax else { throw .tooLong }
        let nonce = counterBytes.withUnsafeBytes { Self.nonce(address: address, info: info, counterBytes: $0) }
        var sealed = [UInt8](repeating: 0, count: objects.count + Self.tagLength)
        let length = nonce.withUnsafeBytes { nonce in
            objects.withUnsafeBytes { plaintext in
                sealed.withUnsafeMutableBytes { target in
                    try? key.seal(
                        nonce: nonce, associatedData: UnsafeRawBufferPointer(start: nil, count: 0),
                        plaintext: plaintext, into: target)
                }
            }
        }
        guard length == sealed.count else { throw .authenticationFailed }
        return head + sealed.dropLast(Self.tagLength) + counterBytes + sealed.suffix(Self.tagLength)
    }

    static func nonce(address: DeviceAddress, info: BTHomeInfo, counterBytes: UnsafeRawBufferPointer) -> [UInt8] {
        address.printed + [0xD2, 0xFC, info.bits] + counterBytes
    }
}
