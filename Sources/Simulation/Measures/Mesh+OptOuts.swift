import Bridging

/// How a host's no spreads: from the moment it was said until no neighbour would hand the house what is for others.
extension Mesh {
    /// A host has said no. Neighbours whose ways do not lead over its house have nothing to learn.
    func beginOptOutSpread(_ house: SimulatedHouse) {
        for channel in channels(of: house) where channel.isLink && !channel.isSevered {
            let end: UInt8 = channel.caller.house == house.index ? 1 : 0
            let optOut = Meters.OptOut(house: house.index, channel: channel.key, end: end, begun: now)
            if hasWays(optOut) { meters.optOuts.append(optOut) }
        }
    }

    /// A message of a house that may have said no has arrived.
    func followOptOuts(_ channel: SimulatedChannel) {
        for optOut in meters.optOuts where optOut.channel == channel.key && !hasWays(optOut) {
            meters.optOutSpread.add(now - optOut.begun)
        }
        meters.optOuts.removeAll { !hasWays($0) }
    }

    /// A host says yes again: who has not learned of its no by now never will.
    func endOptOutSpread(_ house: SimulatedHouse) {
        meters.optOutsUnspread += UInt64(meters.optOuts.count { $0.house == house.index && hasWays($0) })
        meters.optOuts.removeAll { $0.house == house.index }
    }

    /// Those that have not, and those that had not when their host said yes again.
    var optOutsUnspread: UInt64 { meters.optOutsUnspread + UInt64(meters.optOuts.count(where: hasWays)) }

    /// Whether the link stands and the neighbour at its other end would hand over it what is for others than the house.
    private func hasWays(_ optOut: Meters.OptOut) -> Bool {
        guard let channel = channels.channel(key: optOut.channel), channel.isLink else { return false }
        let neighbour = houses[channel[optOut.end].house]
        return neighbour.running?.bridge.hasRoutes(
            over: channel.id(optOut.end), beyond: houses[optOut.house].memberID) == true
    }
}
