import Consent
import Relaying

/// What a bridge keeps in bounded number, by the names that broken promises tell.
package enum BoundedTable: String, CaseIterable {
    // A count each.
    case packets
    case links
    case strangers
    case attempts
    case devices
    case openings
    case neighboursHeard = "neighbours heard"
    case candidates = "members to call"
    case backOffs = "beacon values called in vain"
    case ephemerals = "ephemeral keys of hellos"
    case members
    case grants
    case grantPlaces = "places for grants"
    case revocationsWaiting = "revocations without a grant"
    case ownMessages = "own messages"
    case registryMessages = "messages of the registry"
    case answers = "answers for a link"
    case confirms = "confirmations for a link"
    case unanswered = "unanswered packets of a link"
    case routes
    case seenEvents = "places for events met"
    case rateCounters = "rate counters"
    // By link.
    case recordMessages = "messages about records for a link"
    case noesToTell = "noes to tell a link"
    case recordsToTell = "records to tell a link"
    case recordsWanted = "records to ask a link for"
    case recordsEarly = "records of a link that came early"
    case recordsOffered = "records to list for a link"
    case earlyRoutes = "routes of a link that came early"
}

extension Bridge {
    /// Tells `body` of each table how much is in it and how much may be, of those by link the fullest. Limits are the
    /// core's own constants, so that none is stated twice.
    package mutating func eachTable(_ body: (BoundedTable, _ count: Int, _ limit: Int) -> Void) {
        body(.packets, relay.heldPackets, Relay.packetsMax)
        // The host's limit may be lowered while more links stand: that is the mesh's to judge.
        body(.links, sessions.linkCount, LinkNumbers.countMax)
        body(.strangers, sessions.strangerCount, SessionTable.strangersMax)
        body(.attempts, sessions.attemptCount + dialling.count, SessionTable.attemptsMax)
        body(.devices, home.devices.count, HomeDevices.devicesMax)
        body(.openings, home.pending.count, HomeDevices.openingsMax)
        body(.neighboursHeard, neighbours.heardCount, Neighbours.heardMax)
        body(.candidates, neighbours.candidateCount, LinkChooser.candidatesMax)
        body(.backOffs, neighbours.backOffCount, BeaconBackOff.valuesMax)
        body(.ephemerals, beacons.ephemeralCount, BeaconKeeper.ephemeralsMax)
        body(.routes, neighbours.routes?.homesKnownCount ?? 0, RouteLimits.homesMax)
        body(.seenEvents, seen.places, SeenTable.capacity)
        body(.rateCounters, rates.places, RateTable.capacity)
        relay.eachTable { table, count, limit in body(BoundedTable(table), count, limit) }
        network?.registry.eachTable { table, count, limit in body(BoundedTable(table), count, limit) }
    }

    /// The same of what every link has of its own.
    package mutating func eachTableOfLinks(_ body: (BoundedTable, _ count: Int, _ limit: Int) -> Void) {
        for session in sessions.sessions {
            body(.recordMessages, session.recordMessages.count, Self.recordMessagesPerLinkMax)
            body(.noesToTell, session.exchange.noes.count, RecordExchange.queueMax)
            body(.recordsToTell, session.exchange.others.count, RecordExchange.queueMax)
            body(.recordsWanted, session.exchange.wanted.count, RecordExchange.queueMax)
            body(.recordsEarly, session.exchange.early.count, RecordExchange.earlyMax)
            body(.recordsOffered, session.exchange.offers.count, RecordExchange.offersMax)
            body(.earlyRoutes, session.earlyRoutes.count, EarlyRoutes.countMax)
        }
    }
}

extension BoundedTable {
    fileprivate init(_ table: Relay.Table) {
        self =
            switch table {
            case .ownMessages: .ownMessages
            case .registryMessages: .registryMessages
            case .answers: .answers
            case .confirms: .confirms
            case .unanswered: .unanswered
            }
    }

    fileprivate init(_ table: Registry.Table) {
        self =
            switch table {
            case .members: .members
            case .grants: .grants
            case .grantPlaces: .grantPlaces
            case .revocationsWaiting: .revocationsWaiting
            }
    }
}
