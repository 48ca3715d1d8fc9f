import Consent
import Sealing
import Storage
import Wire

/// Which records a home takes with it: its members, all noes, and what it granted itself. Neighbours hold the rest and
/// tell it at the first link.
enum HomeRecords {
    static func id(of bytes: [UInt8]) -> UInt64 { Names.recordID(bytes) }

    static func own(_ records: [StoredRecord], devices: [StoredHome.Device]) -> [StoredRecord] {
        let grants = Set(devices.map(\.device.bridgeGrantID))
        let secrets = devices.map { Bytes20(Array($0.device.revocationSecret.withUnsafeBytes { Array($0) })) }
        return records.filter { record in
            record.bytes.withUnsafeBytes { bytes in
                switch try? RecordKind(recordBytes: bytes) {
                case .member, .departure, .deviceOptOut: true
                case .grant: grants.contains(Names.recordID(record.bytes))
                case .proof: (try? ProofRecord(bytes)).map { grants.contains($0.grantID) } ?? false
                case .revocation: (try? RevocationRecord(bytes)).map { secrets.contains($0.secret) } ?? false
                case nil: false
                }
            }
        }
    }
}
