/// What the map and its animation are drawn from: a run's record in few bytes, sampled where it is long.
///
/// The shape: times in milliseconds, places in metres.
/// ```
/// [{"label", "ran", "houses": [[east, north, height, flags, beacons_us, upkeep_us, packets_us, lent, held], ...],
///   "devices": [[home, east, north, height, name], ...], "names": [...],
///   "links": [[first, second, from, to or -1], ...], "fates": [...],
///   "journeys": [[device, emitted, delivered or -1, fate or -1, [heard by], [from, to, time, ...]], ...],
///   "states": [[time, house, flags], ...],
///   "faults": [[time, [house, ...] or -1 for every house, what], ...],
///   "broken": [[time, [house] or [], what], ...], "notes": [...]}, ...]
/// ```
enum ReportData {
    static let journeysMax = 4_000
    static let hopsMax = 40_000
    static let linksMax = 12_000
    static let marksMax = 1_000
    static let faultHousesMax = 20_000
    static let statesMax = 20_000
    private static let heardByMax = 12
    /// What one event may take: hop limits are 15, but copies wander side by side.
    private static let hopsOfJourneyMax = 200

    static func text(of records: [RunRecord]) -> String {
        var json = JSONWriter()
        json.array(of: records) { json, record in run(record, &json) }
        return json.text
    }

    private static func run(_ record: RunRecord, _ json: inout JSONWriter) {
        json.object { json in
            json.string("label", "\(record.policy), seed \(record.seed)")
            json.integer("ran", record.ranMicroseconds / 1_000)
            street(record, &json)
            let links = sampled(record.links.count, linksMax)
            json.array("links", of: links) { json, index in
                let link = record.links[index]
                let end = link.toMicroseconds.map { $0 / 1_000 } ?? -1
                json.array(of: [Int64(link.first), Int64(link.second), link.fromMicroseconds / 1_000, end]) {
                    $0.integer(nil, $1)
                }
            }
            let journeys = sampledJourneys(record)
            self.journeys(journeys, of: record, &json)
            json.array("states", of: record.states.prefix(statesMax)) { json, change in
                let values = [change.timeMicroseconds / 1_000, Int64(change.house), Int64(change.state.rawValue)]
                json.array(of: values) { $0.integer(nil, $1) }
            }
            let areAllMarked = faults(of: record, &json)
            json.array("broken", of: record.broken.prefix(marksMax)) { json, broken in
                let houses = broken.house.map { [$0] } ?? []
                mark(broken.timeMicroseconds, houses, "\(broken.promise.rawValue): \(broken.what)", &json)
            }
            var notes = notes(record, links: links.count, journeys: journeys.count)
            if record.states.count > statesMax {
                notes.append("It shows the first \(ReportText.grouped(statesMax)) changes of how houses are.")
            }
            if !areAllMarked { notes.append("It does not mark every house of every fault.") }
            json.array("notes", of: notes) { $0.string(nil, $1) }
        }
    }

    /// What the animation leaves out, in sentences.
    private static func notes(_ record: RunRecord, links: Int, journeys: Int) -> [String] {
        var notes: [String] = []
        let all = record.journeys.count + record.journeysLeftOut
        if journeys < all {
            notes.append("The animation shows \(ReportText.grouped(journeys)) of \(ReportText.grouped(all)) events.")
        }
        if links < record.links.count {
            notes.append(
                "It shows \(ReportText.grouped(links)) of \(ReportText.grouped(record.links.count)) links' lives.")
        }
        return notes
    }

    private static func street(_ record: RunRecord, _ json: inout JSONWriter) {
        json.array("houses", of: record.houses) { json, house in
            json.array { json in
                place(house.place, &json)
                json.integer(nil, (house.isOptedOut ? 1 : 0) | (house.isLiar ? 2 : 0))
                json.integer(nil, house.airtimeBeaconsMicroseconds)
                json.integer(nil, house.airtimeUpkeepMicroseconds)
                json.integer(nil, house.airtimePacketsMicroseconds)
                json.integer(nil, house.lentBytesSum)
                json.integer(nil, house.heldMax)
            }
        }
        var names: [String] = []
        json.array("devices", of: record.devices) { json, device in
            // Devices of one plan come one after the other and share a name.
            let recent = names.lastIndex(of: device.name)
            if recent == nil, names.count < 200 { names.append(device.name) }
            json.array { json in
                json.integer(nil, device.home)
                place(device.place, &json)
                json.integer(nil, recent ?? names.count - 1)
            }
        }
        json.array("names", of: names) { $0.string(nil, $1) }
    }

    /// Tenths of a metre are enough for a drawing.
    private static func place(_ place: Place, _ json: inout JSONWriter) {
        for value in [place.east, place.north, place.height] {
            json.number(nil, value.isFinite ? (min(max(value, -1e9), 1e9) * 10).rounded() / 10 : 0)
        }
    }

    private static func journeys(_ indices: [Int], of record: RunRecord, _ json: inout JSONWriter) {
        var fates: [String] = []
        json.array("journeys", of: indices) { json, index in
            let journey = record.journeys[index]
            var fate = -1
            if journey.deliveredMicroseconds == nil {
                let words = journey.fate ?? "on its way"
                if !fates.contains(words), fates.count < 100 { fates.append(words) }
                fate = fates.firstIndex(of: words) ?? -1
            }
            json.array { json in
                json.integer(nil, journey.device)
                json.integer(nil, journey.emittedMicroseconds / 1_000)
                json.integer(nil, journey.deliveredMicroseconds.map { $0 / 1_000 } ?? -1)
                json.integer(nil, fate)
                json.array(of: journey.heardBy.prefix(heardByMax)) { $0.integer(nil, $1) }
                json.array { json in
                    for hop in journey.hops.prefix(hopsOfJourneyMax) {
                        json.integer(nil, hop.from)
                        json.integer(nil, hop.to)
                        json.integer(nil, hop.timeMicroseconds / 1_000)
                    }
                }
            }
        }
        json.array("fates", of: fates) { $0.string(nil, $1) }
    }

    /// Whether every house of every fault is there.
    private static func faults(of record: RunRecord, _ json: inout JSONWriter) -> Bool {
        var left = faultHousesMax
        var areAllThere = record.faults.count <= marksMax
        json.array("faults", of: record.faults.prefix(marksMax)) { json, fault in
            let isEverywhere = fault.houses.count > 1 && fault.isEverywhere(of: record.houses.count)
            let houses = isEverywhere ? nil : Array(fault.houses.prefix(left))
            if let houses, houses.count < fault.houses.count { areAllThere = false }
            left -= houses?.count ?? 0
            mark(fault.timeMicroseconds, houses, fault.what, &json)
        }
        return areAllThere
    }

    /// - Parameter houses: nil: every one.
    private static func mark(_ microseconds: Int64, _ houses: [Int]?, _ what: String, _ json: inout JSONWriter) {
        json.array { json in
            json.integer(nil, microseconds / 1_000)
            if let houses { json.array(of: houses) { $0.integer(nil, $1) } } else { json.integer(nil, -1) }
            json.string(nil, String(what.prefix(200)))
        }
    }

    // MARK: Sampling

    /// Of `count` indices at most `most`, at equal distances.
    static func sampled(_ count: Int, _ most: Int) -> [Int] {
        guard count > most else { return Array(0..<count) }
        return (0..<most).map { $0 * count / most }
    }

    private static func sampledJourneys(_ record: RunRecord) -> [Int] {
        let indices = sampled(record.journeys.count, journeysMax)
        let hops = indices.reduce(0) { $0 + min(record.journeys[$1].hops.count, hopsOfJourneyMax) }
        guard hops > hopsMax else { return indices }
        return sampled(record.journeys.count, max(indices.count * hopsMax / hops, 1))
    }
}
