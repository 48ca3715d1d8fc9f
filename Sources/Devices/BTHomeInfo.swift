/// The info byte, the first of all service data: bit 0 encrypted, bit 1 address in the payload, bit 2 trigger-based,
/// bits 5 to 7 the version.
@frozen public struct BTHomeInfo: Hashable, Sendable {
    public var bits: UInt8

    @inlinable public init(bits: UInt8) { self.bits = bits }

    /// Version 2, with the flags given.
    @inlinable public init(isEncrypted: Bool, hasAddress: Bool = false, isTriggerBased: Bool = false) {
        bits = 0x40 | (isEncrypted ? 1 : 0) | (hasAddress ? 2 : 0) | (isTriggerBased ? 4 : 0)
    }

    @inlinable public var isEncrypted: Bool { bits & 1 != 0 }
    /// Whether the device's address follows the info byte, backwards: for devices whose address on the air changes.
    @inlinable public var hasAddress: Bool { bits & 2 != 0 }
    /// Whether the device sends only when something happens.
    @inlinable public var isTriggerBased: Bool { bits & 4 != 0 }
    @inlinable public var version: UInt8 { bits >> 5 }
}
