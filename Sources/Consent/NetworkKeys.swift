import Sealing
import Wire

/// Everything that is derived from a network's two keys (protocol, section 2). For one thread at a time.
public struct NetworkKeys {
    /// For the MAC of a hello.
    public let helloKey: KeyedHash
    /// The pre-shared key of Noise.
    public let sessionKey: SecretBytes
    private let beaconKey: BeaconKey
    private let addressKey: KeyedHash

    /// Both keys have 32 bytes, else `invalidKey`. The recognition key outlives a change of the network key.
    public init(networkKey: SecretBytes, recognitionKey: SecretBytes) throws(SealingError) {
        guard networkKey.count == 32, recognitionKey.count == 32 else { throw .invalidKey }
        beaconKey = try BeaconKey(KeyDerivation.derive(networkKey, "beacon", 16))
        helloKey = try KeyedHash(key: KeyDerivation.derive(networkKey, "hello", 16))
        sessionKey = try KeyDerivation.derive(networkKey, "session", 32)
        addressKey = try KeyedHash(key: KeyDerivation.derive(recognitionKey, "address", 16))
    }

    /// The beacon value of the bridge with member id `member`. The low 24 bits of `salt` are random.
    public func beaconValue(member: UInt64, slot: UInt32, salt: UInt32) -> BeaconValue {
        beaconKey.value(
            .network, hint: UInt32(truncatingIfNeeded: member & 0xff_ffff), slot: slot, salt: salt & 0xff_ffff)
    }

    /// Whether a member may have made `value` in this slot, the one before or the one after: then the first 3 bytes of
    /// its member id, read little endian. A hint whom to call, never a proof.
    public func memberHint(in value: BeaconValue, now: WallTime) -> UInt32? {
        guard value.kind == .network, let slot = beaconKey.slot(of: value, now: now) else { return nil }
        return beaconKey.hint(in: value, slot: slot)
    }

    /// The value under which the network knows a device's address, given in the low 48 bits in printed order.
    public func recognitionValue(_ kind: AddressKind, address: UInt64) -> Bytes16 {
        AddressBytes(kind, address).withUnsafeBytes { addressKey.tag16(over: $0) }
    }
}

/// What an invitation's code gives in the network key's place while somebody joins (protocol, section 2).
public struct JoinKeys {
    public let helloKey: KeyedHash
    public let sessionKey: SecretBytes
    private let beaconKey: BeaconKey

    public init(code: InvitationCode) throws(SealingError) {
        let code = code.bytes.withUnsafeBytes { SecretBytes(copying: $0) }
        beaconKey = try BeaconKey(KeyDerivation.derive(code, "join beacon", 16))
        helloKey = try KeyedHash(key: KeyDerivation.derive(code, "join hello", 16))
        sessionKey = try KeyDerivation.derive(code, "join session", 32)
    }

    /// The join beacon of this slot. The low 24 bits of `salt` and `filling` are random.
    public func beaconValue(slot: UInt32, salt: UInt32, filling: UInt32) -> BeaconValue {
        beaconKey.value(.join, hint: filling & 0xff_ffff, slot: slot, salt: salt & 0xff_ffff)
    }

    /// Whether a holder of the code may have made `value` in this slot, the one before or the one after.
    public func recognises(_ value: BeaconValue, now: WallTime) -> Bool {
        value.kind == .join && beaconKey.slot(of: value, now: now) != nil
    }
}

/// Address type ‖ address in printed order, the 7 bytes over which a device's values are made.
struct AddressBytes {
    private var bytes: UInt64

    init(_ kind: AddressKind, _ address: UInt64) {
        bytes = (UInt64(kind.rawValue) << 56 | (address & 0xffff_ffff_ffff) << 8).bigEndian
    }

    @inline(__always)
    func withUnsafeBytes<Result>(_ body: (UnsafeRawBufferPointer) -> Result) -> Result {
        Swift.withUnsafeBytes(of: bytes) { body(UnsafeRawBufferPointer(rebasing: $0[..<7])) }
    }
}
