import Wire

/// What the consent filter and the way of an event ask of a grant. Nothing here allocates but the first use of a grant's
/// contexts and the filling of token tables.
extension Registry {
    /// The grant at `index`, or nil if none is held there.
    public func grant(at index: GrantIndex) -> GrantEntry? {
        guard grants.entries.indices.contains(Int(index)), grants[index].isHeld else { return nil }
        return grants[index]
    }

    /// What is asked of the grant behind every packet; nil if none is held at `index`. Unlike `grant(at:)` it copies
    /// next to nothing.
    public func facts(of index: GrantIndex) -> GrantFacts? {
        guard index >= 0, Int(index) < grants.states.count else { return nil }
        let state = grants.states[Int(index)]
        guard state.isHeld else { return nil }
        return GrantFacts(home: state.home, eventClass: state.eventClass, scope: state.scope)
    }

    /// The index of the grant with this id.
    public func grantIndex(of id: UInt64) -> GrantIndex? {
        if case .grant(let index)? = places[id] { return index }
        return nil
    }

    /// The id of the grant at `index`, if one is held there.
    public func id(of index: GrantIndex) -> UInt64? {
        guard grants.entries.indices.contains(Int(index)), grants.entries[Int(index)].isHeld else { return nil }
        return grants.entries[Int(index)].id
    }

    /// The member id of the grant's home.
    public func home(of index: GrantIndex) -> UInt64? { facts(of: index)?.home }

    /// The indices of all grants that are held, in ascending order. Appends to `indices`.
    public func grantIndices(into indices: inout [GrantIndex]) {
        for place in grants.entries.indices where grants.entries[place].isHeld {
            indices.append(GrantIndex(truncatingIfNeeded: place))
        }
    }

    /// The grant that counts for a device at `now`, live or not.
    public func grantIndex(ofDevice recognitionValue: Bytes16, now: WallTime) -> GrantIndex? {
        grants.ofDevice(recognitionValue, now: now)
    }

    /// The token of a grant for `slot`.
    public func token(of index: GrantIndex, slot: UInt32) -> UInt64? {
        facts(of: index) == nil ? nil : grants.token(of: index, slot: slot)
    }

    /// What a packet sealed under the grant in `slot` needs of it; nil if it is not held. `mutating` although it changes
    /// nothing: what only reads a registry in an object is given a copy of all of it.
    public mutating func sealing(under index: GrantIndex, slot: UInt32) -> GrantSealing? {
        guard grants.entries.indices.contains(Int(index)), grants.entries[Int(index)].isHeld else { return nil }
        return GrantSealing(
            scope: grants.states[Int(index)].scope, token: grants.token(of: index, slot: slot),
            sealingKey: grants.entries[Int(index)].record.sealingKey)
    }

    /// The tag that a packet sealed under the grant bears.
    public mutating func relayTag(of index: GrantIndex, for packet: PacketView) -> UInt64? {
        guard prepareTag(index) else { return nil }
        return grants.tagHashes[Int(index)]?.tag8(over: packet.immutableHeader, packet.sealed)
    }

    /// The id of an event of the grant's device.
    public mutating func eventID(of index: GrantIndex, for heard: HeardAdvertisement) -> UInt64? {
        guard grants.entries.indices.contains(Int(index)), grants.entries[Int(index)].isHeld else { return nil }
        if grants.entries[Int(index)].eventHash == nil {
            grants[index].eventHash = GrantEntry.hash(grants.entries[Int(index)].eventKey)
        }
        guard let hash = grants.entries[Int(index)].eventHash else { return nil }
        return AddressBytes(heard.addressKind, heard.address).withUnsafeBytes {
            hash.tag8(over: $0, heard.serviceData)
        }
    }

    /// Whether the packet bears the grant's tag.
    @inline(__always)
    mutating func verifiesTag(of index: GrantIndex, _ packet: PacketView) -> Bool {
        if grants.tagHashes[Int(index)] == nil && !prepareTag(index) { return false }
        // The table keeps it meanwhile: counting references would cost a tenth of the tag.
        let hash = grants.tagHashes[Int(index)].map { Unmanaged.passUnretained($0) }
        return hash?._withUnsafeGuaranteedRef {
            $0.verify8(packet.relayTag, over: packet.immutableHeader, packet.sealed)
        } ?? false
    }

    private mutating func prepareTag(_ index: GrantIndex) -> Bool {
        guard grants.entries.indices.contains(Int(index)), grants[index].isHeld else { return false }
        if grants.tagHashes[Int(index)] == nil {
            grants.tagHashes[Int(index)] = GrantEntry.hash(grants[index].tagKey)
        }
        return grants.tagHashes[Int(index)] != nil
    }
}
