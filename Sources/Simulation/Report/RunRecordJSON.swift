/// A `RunRecord` as JSON, for programs. The same record gives the same bytes.
///
/// The shape, version 1. Times are microseconds from the run's start, houses and devices are numbered from 0, `null` is
/// what was not or is not known. Numbers of 64 bits that other languages would round are strings.
/// ```
/// {"format": "sidegate-run", "version": 1, "policy": "sidegate", "uses_modelled_cryptography": false, "seed": "7",
///  "words": ["first", ...], "warnings": ["2 of 5 devices are heard by no house: ...", ...],
///  "scenario": {"name", "about", "duration_us", "settle_us", "settling_us", "starts_at_s", "promises": ["grant", ...],
///               "expectations": [{"figure", "relation": "at_least" | "at_most", "value", "measure"}, ...]},
///  "ran_us", "steps", "fingerprint": "16 hexadecimal digits", "journeys_left_out",
///  "broken": [{"promise", "time_us", "house", "what"}, ...],
///  "expected": [{"figure", "measure", "relation", "value", "found", "is_met"}, ...],
///  "checks": {"grant": 12, ...}, "drops": {"expired": 3, ...},
///  "figures": [{"name", "unit", "count", "mean", "median", "percentile_99", "maximum", "bins": [...]}, ...],
///  "houses": [{"place": [east, north, height], "airtime_beacons_us", "airtime_upkeep_us", "airtime_packets_us",
///              "lent_bytes": [...], "cap_bytes", "is_opted_out", "is_liar", "held_max"}, ...],
///  "devices": [{"name", "home", "place"}, ...],
///  "links": [[first, second, from_us, to_us], ...],
///  "faults": [{"time_us", "houses": [...], "what", "until_us"}, ...],
///  "states": [{"time_us", "house", "is_opted_out", "lies", "is_down", "is_troubled"}, ...],
///  "journeys": [{"device", "emitted_us", "heard_by": [...], "hops": [[from, to, time_us], ...], "delivered_us",
///                "fate"}, ...]}
/// ```
public enum RunRecordJSON {
    /// One record, in one line without its end.
    public static func text(of record: RunRecord) -> String {
        var json = JSONWriter()
        json.object { json in
            json.string("format", "sidegate-run")
            json.integer("version", 1)
            head(of: record, &json)
            judgement(of: record, &json)
            figures(of: record, &json)
            street(of: record, &json)
            happenings(of: record, &json)
        }
        return json.text
    }

    private static func head(of record: RunRecord, _ json: inout JSONWriter) {
        json.string("policy", record.policy)
        json.flag("uses_modelled_cryptography", record.usesModelledCryptography)
        json.string("seed", String(record.seed))
        json.array("words", of: record.words) { $0.string(nil, $1) }
        json.array("warnings", of: record.warnings) { $0.string(nil, $1) }
        let scenario = record.scenario
        json.object("scenario") { json in
            json.string("name", scenario.name)
            json.string("about", scenario.about)
            json.integer("duration_us", scenario.durationMicroseconds)
            json.integer("settle_us", scenario.settleMicroseconds)
            json.integer("settling_us", scenario.settlingMicroseconds)
            json.integer("starts_at_s", scenario.startsAt.seconds)
            json.array("promises", of: scenario.promises) { $0.string(nil, $1.rawValue) }
            json.array("expectations", of: scenario.expectations) { json, expectation in
                json.object { json in
                    json.string("figure", expectation.figure)
                    json.string("relation", expectation.relation.rawValue)
                    json.number("value", expectation.value)
                    json.string("measure", expectation.measure.rawValue)
                }
            }
        }
        json.integer("ran_us", record.ranMicroseconds)
        json.integer("steps", record.steps)
        json.string("fingerprint", ReportText.hexadecimal(record.fingerprint))
        json.integer("journeys_left_out", record.journeysLeftOut)
    }

    private static func judgement(of record: RunRecord, _ json: inout JSONWriter) {
        json.array("broken", of: record.broken) { json, broken in
            json.object { json in
                json.string("promise", broken.promise.rawValue)
                json.integer("time_us", broken.timeMicroseconds)
                json.integer("house", broken.house)
                json.string("what", broken.what)
            }
        }
        json.array("expected", of: record.scenario.expectations) { json, expectation in
            let figure = record.figure(expectation.figure)
            json.object { json in
                json.string("figure", expectation.figure)
                json.string("measure", expectation.measure.rawValue)
                json.string("relation", expectation.relation.rawValue)
                json.number("value", expectation.value)
                json.number("found", figure.map { expectation.found(in: $0) } ?? .nan)
                json.flag("is_met", record.verdict(expectation))
            }
        }
        counts("checks", record.checks, &json)
        counts("drops", record.drops, &json)
    }

    private static func counts(_ key: StaticString, _ counts: [Count], _ json: inout JSONWriter) {
        json.object(key) { json in for count in counts { json.integer(named: count.name, count.count) } }
    }

    private static func figures(of record: RunRecord, _ json: inout JSONWriter) {
        json.array("figures", of: record.figures) { json, figure in
            json.object { json in
                json.string("name", figure.name)
                json.string("unit", figure.unit)
                json.integer("count", figure.count)
                json.number("mean", figure.mean)
                json.number("median", figure.median)
                json.number("percentile_99", figure.percentile99)
                json.number("maximum", figure.maximum)
                json.array("bins", of: figure.bins) { $0.integer(nil, $1) }
            }
        }
    }

    private static func street(of record: RunRecord, _ json: inout JSONWriter) {
        json.array("houses", of: record.houses) { json, house in
            json.object { json in
                place(house.place, &json)
                json.integer("airtime_beacons_us", house.airtimeBeaconsMicroseconds)
                json.integer("airtime_upkeep_us", house.airtimeUpkeepMicroseconds)
                json.integer("airtime_packets_us", house.airtimePacketsMicroseconds)
                json.array("lent_bytes", of: house.lentBytes) { $0.integer(nil, $1) }
                json.integer("cap_bytes", house.capBytes)
                json.flag("is_opted_out", house.isOptedOut)
                json.flag("is_liar", house.isLiar)
                json.integer("held_max", house.heldMax)
            }
        }
        json.array("devices", of: record.devices) { json, device in
            json.object { json in
                json.string("name", device.name)
                json.integer("home", device.home)
                place(device.place, &json)
            }
        }
    }

    private static func place(_ place: Place, _ json: inout JSONWriter) {
        json.array("place", of: [place.east, place.north, place.height]) { $0.number(nil, $1) }
    }

    private static func happenings(of record: RunRecord, _ json: inout JSONWriter) {
        json.array("links", of: record.links) { json, link in
            json.array { json in
                json.integer(nil, link.first)
                json.integer(nil, link.second)
                json.integer(nil, link.fromMicroseconds)
                json.integer(nil, link.toMicroseconds)
            }
        }
        json.array("faults", of: record.faults) { json, fault in
            json.object { json in
                json.integer("time_us", fault.timeMicroseconds)
                json.array("houses", of: fault.houses) { $0.integer(nil, $1) }
                json.string("what", fault.what)
                json.integer("until_us", fault.untilMicroseconds)
            }
        }
        json.array("states", of: record.states) { json, change in
            json.object { json in
                json.integer("time_us", change.timeMicroseconds)
                json.integer("house", change.house)
                json.flag("is_opted_out", change.state.contains(.optedOut))
                json.flag("lies", change.state.contains(.lies))
                json.flag("is_down", change.state.contains(.isDown))
                json.flag("is_troubled", change.state.contains(.isTroubled))
            }
        }
        json.array("journeys", of: record.journeys) { json, journey in
            json.object { json in Self.journey(journey, &json) }
        }
    }

    private static func journey(_ journey: Journey, _ json: inout JSONWriter) {
        json.integer("device", journey.device)
        json.integer("emitted_us", journey.emittedMicroseconds)
        json.array("heard_by", of: journey.heardBy) { $0.integer(nil, $1) }
        json.array("hops", of: journey.hops) { json, hop in
            json.array { json in
                json.integer(nil, hop.from)
                json.integer(nil, hop.to)
                json.integer(nil, hop.timeMicroseconds)
            }
        }
        json.integer("delivered_us", journey.deliveredMicroseconds)
        json.string("fate", journey.fate)
    }
}
