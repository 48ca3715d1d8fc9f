import Wire

/// A checked view over encrypted BTHome service data, behind the UUID. It is valid as long as the bytes it was made of.
///
/// ```
/// info 1 | address 6, backwards, if the info byte says so | ciphertext, at least 2 | counter 4, little endian | MIC 4
/// ```
@frozen public struct BTHomeServiceData {
    public let bytes: UnsafeRawBufferPointer

    /// The fewest bytes an object has: its id and one of value.
    @usableFromInline static let ciphertextBytesMin = 2

    /// Takes any bytes. Throws `tooShort`, `tooLong`, `unsupportedVersion` or `notEncrypted`.
    @inlinable
    public init(_ bytes: UnsafeRawBufferPointer) throws(BTHomeError) {
        guard bytes.count > 0 else { throw .tooShort }
        let info = BTHomeInfo(bits: bytes[0])
        guard info.version == 2 else { throw .unsupportedVersion(info.version) }
        guard info.isEncrypted else { throw .notEncrypted }
        guard bytes.count <= 252 else { throw .tooLong }
        let start = info.hasAddress ? 7 : 1
        guard bytes.count >= start &+ Self.ciphertextBytesMin &+ 8 else { throw .tooShort }
        self.bytes = bytes
    }

    @inlinable public var info: BTHomeInfo { BTHomeInfo(bits: bytes[0]) }

    /// The address in the payload, if there is one.
    @inlinable public var address: DeviceAddress? {
        info.hasAddress ? DeviceAddress(onAir: UnsafeRawBufferPointer(rebasing: bytes[1..<7])) : nil
    }

    @inlinable public var ciphertext: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(info.hasAddress ? 7 : 1)..<(bytes.count &- 8)])
    }

    /// Four bytes, as sent.
    @inlinable public var counterBytes: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(bytes.count &- 8)..<(bytes.count &- 4)])
    }

    @inlinable public var counter: UInt32 {
        UInt32(littleEndian: bytes.loadUnaligned(fromByteOffset: bytes.count &- 8, as: UInt32.self))
    }

    /// Four bytes, as sent.
    @inlinable public var mic: UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: bytes[(bytes.count &- 4)...])
    }
}
