/// What a message costs on the air, in bytes: what the caps and the ledger count.
///
/// A message of n bytes (type, body and session tag) is one L2CAP SDU: 4 bytes of L2CAP header and 2 of SDU length
/// (Bluetooth Core 3.A.3.4). It travels in link-layer PDUs of up to 251 bytes of payload, each with 10 bytes around it on
/// the LE 1M PHY: preamble 1, access address 4, header 2, CRC 3 (Core 6.B.2.1). Acknowledgements and repetitions by the
/// controller are not counted: no bridge can see them.
public enum AirtimeBytes {
    @inlinable public static var headersPerMessage: Int { 4 + 2 }
    @inlinable public static var payloadPerDataUnitMax: Int { 251 }
    @inlinable public static var overheadPerDataUnit: Int { 10 }
    /// The type byte and the session tag that a message has beside its body.
    @inlinable public static var typeAndTag: Int { 1 + 16 }

    /// Bytes on the air for a message of `bytes`, type and tag included.
    @inlinable public static func message(_ bytes: Int) -> Int {
        let payload = max(bytes, 0) &+ headersPerMessage
        let dataUnits = (payload &+ payloadPerDataUnitMax &- 1) / payloadPerDataUnitMax
        return payload &+ dataUnits &* overheadPerDataUnit
    }

    /// Bytes on the air for a message with a body of `bytes`.
    @inlinable public static func body(_ bytes: Int) -> Int { message(bytes &+ typeAndTag) }

    /// The dearest packet: 228 bytes, one full PDU.
    @inlinable public static var packetMax: Int { 261 }
}
