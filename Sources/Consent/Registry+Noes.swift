import Sealing
import Wire

/// A revocation that is held.
struct Revocation {
    let record: RevocationRecord
    let id: UInt64
    let target: Bytes20
    /// How many held grants it revokes; with none it waits.
    var grants = 0
}

/// A device opt-out, or its withdrawal, that is held.
struct OptOut {
    let record: DeviceOptOutRecord
    let id: UInt64
    /// The maker's place among the members.
    let maker: Int
}

struct DeviceOfMaker: Hashable {
    let maker: Int
    let device: Bytes16
}

extension Registry {
    public static var waitingRevocationsMax: Int { 256 }
    public static var optOutsOfMakerMax: Int { 64 }
    /// This bridge keeps more of its own host's: a no must take effect here, whatever others keep of it.
    public static var ownOptOutsMax: Int { 256 }
    static var keptAfterEndSeconds: Int64 { 7 * 86_400 }

    mutating func add(
        _ record: RevocationRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        guard record.end.advanced(seconds: Self.keptAfterEndSeconds) > now else { throw .rejected(.expired) }
        let latest = Int64(GrantRecord.optInSecondsMax) + Int64(ClockState.toleranceSeconds)
        guard record.end <= now.advanced(seconds: latest) else { throw .rejected(.tooEarly) }
        let target = HashLock.target(secret: record.secret, optInEnd: record.end)
        if let held = revocationByTarget[target], let held = revocations[held] { throw .superseded(by: held.id) }
        var revoked: [GrantIndex] = []
        for place in grants.entries.indices
        where grants.entries[place].isHeld && grants.entries[place].record.revocationTarget == target {
            revoked.append(GrantIndex(truncatingIfNeeded: place))
        }
        if revoked.isEmpty { try makeRoomToWait(id, &effects) }
        let place = revocations.insert(Revocation(record: record, id: id, target: target))
        revocationByTarget[target] = place
        keep(id, .revocation(place), &effects)
        if revoked.isEmpty { waiting.append(place) }
        for index in revoked { markRevoked(index, by: place, now, &effects) }
    }

    /// Of revocations without a grant those with the lowest ids stay, so that all bridges keep the same.
    private mutating func makeRoomToWait(_ id: UInt64, _ effects: inout [RegistryEffect]) throws(RecordRefusal) {
        guard !isRestoring, waiting.count >= Self.waitingRevocationsMax else { return }
        guard let highest = highestWaiting(), let held = revocations[highest], id < held.id else {
            throw .rejected(.limitReached)
        }
        removeRevocation(highest, &effects)
    }

    private func highestWaiting() -> Int? {
        waiting.max { (revocations[$0]?.id ?? 0) < (revocations[$1]?.id ?? 0) }
    }

    mutating func removeRevocation(_ place: Int, _ effects: inout [RegistryEffect]) {
        guard let revocation = revocations[place] else { return }
        waiting.removeAll { $0 == place }
        revocationByTarget[revocation.target] = nil
        revocations.remove(place)
        forget(revocation.id, &effects)
    }

    /// A grant that a revocation ended is held no longer: with the last one the revocation waits again.
    mutating func release(_ target: Bytes20, _ effects: inout [RegistryEffect]) {
        guard let place = revocationByTarget[target], var revocation = revocations[place] else { return }
        revocation.grants -= 1
        revocations[place] = revocation
        guard revocation.grants <= 0 else { return }
        waiting.append(place)
        if !isRestoring, waiting.count > Self.waitingRevocationsMax, let highest = highestWaiting() {
            removeRevocation(highest, &effects)
        }
    }

    mutating func add(
        _ record: DeviceOptOutRecord, _ id: UInt64, _ now: WallTime, _ effects: inout [RegistryEffect]
    ) throws(RecordRefusal) {
        guard let maker = membership.place(id: record.maker) else { throw .rejected(.unknownSigner) }
        let key = DeviceOfMaker(maker: maker, device: record.recognitionValue)
        let held = optOutByDevice[key]
        var leaving = held
        if let held = held.flatMap({ optOuts[$0] }) {
            guard Self.counts(record, id, before: held) else { throw .superseded(by: held.id) }
        } else if membership.members[maker].optOuts >= optOutsMax(of: record.maker) {
            leaving = try makeRoomForOptOut(record, id, maker)
        }
        guard membership.isSigned(record, byMember: maker) else {
            throw .rejected(.badSignature)
        }
        if let leaving { removeOptOut(leaving, &effects) }
        let place = optOuts.insert(OptOut(record: record, id: id, maker: maker))
        optOutByDevice[key] = place
        membership.update(maker) { $0.optOuts += 1 }
        keep(id, .optOut(place), &effects)
        if record.isNo { noes[record.recognitionValue, default: 0] += 1 }
        applyNoes(record.recognitionValue, now, &effects)
    }

    private func optOutsMax(of maker: UInt64) -> Int {
        maker == ownMember ? Self.ownOptOutsMax : Self.optOutsOfMakerMax
    }

    /// The higher sequence number counts, in a tie the no; two signatures of the same say are told apart by their ids.
    private static func counts(_ record: DeviceOptOutRecord, _ id: UInt64, before held: OptOut) -> Bool {
        if record.sequenceNumber != held.record.sequenceNumber {
            return record.sequenceNumber > held.record.sequenceNumber
        }
        if record.isNo != held.record.isNo { return record.isNo }
        return id < held.id
    }

    /// No no gives way to anything; a withdrawal, which only guards against an old no, may give way to a no.
    private func makeRoomForOptOut(
        _ record: DeviceOptOutRecord, _ id: UInt64, _ maker: Int
    ) throws(RecordRefusal) -> Int {
        var leaving: (place: Int, id: UInt64)?
        for place in optOuts.values.indices {
            guard let held = optOuts.values[place], held.maker == maker, !held.record.isNo else { continue }
            if leaving.map({ held.id > $0.id }) ?? true { leaving = (place, held.id) }
        }
        guard record.isNo, let leaving else { throw .rejected(.limitReached) }
        return leaving.place
    }

    private mutating func removeOptOut(_ place: Int, _ effects: inout [RegistryEffect]) {
        guard let held = optOuts[place] else { return }
        let device = held.record.recognitionValue
        optOutByDevice[DeviceOfMaker(maker: held.maker, device: device)] = nil
        membership.update(held.maker) { $0.optOuts -= 1 }
        if held.record.isNo, let count = noes[device] { noes[device] = count > 1 ? count - 1 : nil }
        optOuts.remove(place)
        forget(held.id, &effects)
    }

    private mutating func applyNoes(_ device: Bytes16, _ now: WallTime, _ effects: inout [RegistryEffect]) {
        let optedOut = noes[device] != nil
        for index in grants.group(device) { grants[index].state.isDeviceOptedOut = optedOut }
        announceGroup(device, now, &effects)
    }
}
