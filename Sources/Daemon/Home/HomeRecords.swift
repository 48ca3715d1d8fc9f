import Consent
import Sealing
import Storage
import Wire

/// Which records a home takes with it: its members, all noes, and what it granted itself. Neighbours hold the rest and
/// tell it at the first link.
enum HomeRecords {
    /// Of revocations that no device here made; none of them bears a signature, so that anybody can make any number.
    static let otherRevocationsMax = 16_384

    static func id(of bytes: [UInt8]) -> UInt64 { Names.recordID(bytes) }

    static func own(_ records: [StoredRecord], devices: [StoredHome.Device]) -> [StoredRecord] {
        let grants = Set(devices.map(\.device.bridgeGrantID))
        let secrets = devices.map { Bytes20(Array($0.device.revocationSecret.withUnsafeBytes { Array($0) })) }
        var others = 0
        return records.filter { record in
            record.bytes.withUnsafeBytes { bytes in
                switch try? RecordKind(recordBytes: bytes) {
                case .member, .departure, .deviceOptOut: true
                case .grant: grants.contains(Names.recordID(record.bytes))
                case .proof: (try? ProofRecord(bytes)).map { grants.contains($0.grantID) } ?? false
                case .revocation:
                    // A removed device's revocation is not told from a neighbour's any more.
                    (try? RevocationRecord(bytes)).map { record in
                        if secrets.contains(record.secret) { return true }
                        others += 1
                        return others <= otherRevocationsMax
                    } ?? false
                case nil: false
                }
            }
        }
    }
}
