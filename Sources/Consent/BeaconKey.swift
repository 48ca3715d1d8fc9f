import Sealing
import Wire

/// The key under which beacon values are made and recognised (protocol, section 3).
struct BeaconKey {
    private let hash: KeyedHash

    init(_ key: SecretBytes) throws(SealingError) { hash = try KeyedHash(key: key) }

    /// A beacon value; the low 24 bits of `salt` and, in a join beacon, of `hint` are random.
    func value(_ kind: BeaconKind, hint: UInt32, slot: UInt32, salt: UInt32) -> BeaconValue {
        let masked = kind == .network ? hint ^ mask(slot: slot, salt: salt) : hint
        let unchecked = BeaconValue(kind: kind, salt: salt, maskedHint: masked, check: 0)
        return BeaconValue(kind: kind, salt: salt, maskedHint: masked, check: check(unchecked, slot: slot))
    }

    /// The slot for which `value` was made, if it is this one, the one before or the one after.
    func slot(of value: BeaconValue, now: WallTime) -> UInt32? {
        let present = now.slot
        for slot in [present, present &- 1, present &+ 1] where check(value, slot: slot) == value.check { return slot }
        return nil
    }

    /// The first 3 bytes of the maker's member id, read little endian.
    func hint(in value: BeaconValue, slot: UInt32) -> UInt32 { value.maskedHint ^ mask(slot: slot, salt: value.salt) }

    private func mask(slot: UInt32, salt: UInt32) -> UInt32 {
        var bytes = Self.prefix(0x01, slot)
        for index in 0..<3 { bytes[5 + index] = UInt8(truncatingIfNeeded: salt >> UInt32(8 * index)) }
        return first3(bytes, count: 8)
    }

    private func check(_ value: BeaconValue, slot: UInt32) -> UInt32 {
        var bytes = Self.prefix(0x02, slot)
        for index in 0..<BeaconValue.bytesChecked { bytes[5 + index] = value.bytes[index] }
        return first3(bytes, count: 5 + BeaconValue.bytesChecked)
    }

    private static func prefix(_ label: UInt8, _ slot: UInt32) -> Bytes16 {
        var bytes = Bytes16()
        bytes[0] = label
        for index in 0..<4 { bytes[1 + index] = UInt8(truncatingIfNeeded: slot >> UInt32(8 * index)) }
        return bytes
    }

    private func first3(_ bytes: Bytes16, count: Int) -> UInt32 {
        let tag = bytes.withUnsafeBytes { hash.tag8(over: UnsafeRawBufferPointer(rebasing: $0[..<count])) }
        return UInt32(truncatingIfNeeded: tag & 0xff_ffff)
    }
}
