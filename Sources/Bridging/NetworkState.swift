import Consent
import Sealing
import Wire

/// A network that this bridge is in: its keys and its records. A class, so that its tables are never copied.
final class NetworkState {
    let stored: StoredNetwork
    let keys: NetworkKeys
    let networkID: [UInt8]
    /// Behind a pointer, since a class's own variable costs an exclusivity check each time a packet touches it.
    private let registryPlace: UnsafeMutablePointer<Registry>
    /// This home's grants by their id, for the daily proofs.
    var ownGrants: [OwnGrant] = []
    /// Revocations made since the start: what a host says of its own does not wait for the cap.
    var ownRevocations: [UInt64] = []
    /// Reused for each record.
    var registryEffects: [RegistryEffect] = []

    init(_ stored: StoredNetwork, ownMember: UInt64, tableSeed: UInt64) throws(BridgeError) {
        self.stored = stored
        do throws(SealingError) {
            keys = try NetworkKeys(networkKey: stored.networkKey, recognitionKey: stored.recognitionKey)
        } catch {
            throw .sealing(error)
        }
        let id = Names.networkID(founder: stored.founderSigningKey)
        networkID = withUnsafeBytes(of: id.littleEndian) { Array($0) }
        registryPlace = .allocate(capacity: 1)
        registryPlace.initialize(
            to: Registry(founder: stored.founderSigningKey, ownMember: ownMember, tableSeed: tableSeed))
    }

    deinit {
        registryPlace.deinitialize(count: 1)
        registryPlace.deallocate()
    }

    var registry: Registry {
        @inline(__always) _read { yield registryPlace.pointee }
        @inline(__always) _modify { yield &registryPlace.pointee }
    }

    var sessionKeys: SessionKeys {
        SessionKeys(hello: keys.helloKey, session: keys.sessionKey, networkID: networkID)
    }

    /// The records of a member's chain, founder first; empty for an unknown member.
    func chain(ofMember id: UInt64) -> [[UInt8]] {
        registry.membership.chain(of: id).compactMap { registry.bytes(of: $0) }
    }
}
