import Consent
import Sealing
import Wire

/// What each house knows of grants, as its disk is told: against this the promises are checked, not against what the
/// bridge makes of it.
extension Mesh {
    /// A device has a grant from now on.
    func noteGrant(_ number: Int) {
        guard let grant = devices[number].grant else { return }
        deviceByGrant[grant.id] = number
        if let secret = grant.secrets.revocationSecret.withUnsafeBytes({ Bytes20($0) }) {
            deviceByRevocation[secret] = number
        }
    }

    /// A house's disk was given a record.
    func learn(_ record: [UInt8], _ house: SimulatedHouse) {
        let read = record.withUnsafeBytes { try? RegistryRecord($0) }
        switch read {
        case .grant:
            guard let device = deviceByGrant[Names.recordID(record)] else { return }
            let wasLive = holdsLiveGrant(devices[device], house)
            house.knowledge.takeGrant(devices[device].localIndex)
            if !wasLive { house.log.learntAt = now }
        case .proof(let proof):
            guard let device = deviceByGrant[proof.grantID] else { return }
            let wasLive = holdsLiveGrant(devices[device], house)
            house.knowledge.take(proof: proof.index, devices[device].localIndex)
            if !wasLive { house.log.learntAt = now }
        case .revocation(let revocation):
            guard let device = deviceByRevocation[revocation.secret] else { return }
            house.knowledge.revoke(devices[device].localIndex)
            meters.spread(of: .revocation(device), to: house.index, at: now)
        case .member, .departure, .deviceOptOut, nil: break
        }
    }

    /// After a restart: what was on the disk is what is known.
    func learnAnew(_ records: [[UInt8]], _ house: SimulatedHouse) {
        house.knowledge = GrantKnowledge(devices: networks[house.network].devices.count)
        for record in records { learn(record, house) }
    }

    /// Whether the house holds a grant that has not ended, proven within the last 48 hours by its own clock.
    func holdsLiveGrant(_ device: SimulatedDevice, _ house: SimulatedHouse) -> Bool {
        guard let grant = device.grant, house.knowledge.holds(device.localIndex) else { return false }
        let proof = house.knowledge.proof(device.localIndex)
        guard proof > 0 else { return false }
        let wall = moment(of: house).wall
        let published = grant.record.issued.advanced(seconds: Int64(proof - 1) * 86_400)
        return wall < published.advanced(seconds: 172_800) && wall < grant.record.end
    }
}
