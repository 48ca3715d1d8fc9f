import Bridging
import Consent
import ControlAPI
import Devices
import Wire

/// Says of each step of the way whether it is what keeps a device's events from arriving.
struct DeviceTracer {
    typealias Step = DeviceTrace.Step

    let facts: TraceFacts

    var trace: DeviceTrace {
        // The rest of the way begins and ends elsewhere.
        if facts.isMoved { return DeviceTrace(name: facts.name, steps: [moved]) }
        return DeviceTrace(
            name: facts.name,
            steps: [hear, ownRadio] + consent + [seal, schedule, carry, lastPacket, lastTest].compactMap { $0 } + [open]
                + deliver
        )
    }

    private var way: DeviceFacts { facts.way }
    private var now: Int64 { Int64(facts.now.seconds) }
    private var quoted: String { "\"\(facts.name)\"" }

    private var moved: Step {
        Step(
            .consent, .no, "this home was exported and lives elsewhere",
            remedy: "ask there; sidegate home resume takes it back, if it was never imported")
    }

    // MARK: Hear

    private var hear: Step {
        let figures = facts.figures
        guard let last = figures.lastHeard else {
            return Step(
                .hear, .no, "no event of it was ever opened, neither from this bridge's own radio nor from afar",
                remedy:
                    "see that the device is on and sends; then sidegate device test \(quoted) tries the rest of the way"
            )
        }
        guard figures.isSilent(at: facts.now) else {
            return Step(
                .hear, .ok, "it was heard of within \(hours(figures.silentAfterSeconds)), its usual patience",
                lastUnixSeconds: last)
        }
        return Step(
            .hear, .no,
            "nothing was heard of it for longer than \(hours(figures.silentAfterSeconds)), its usual patience",
            remedy:
                "see to its battery and whether it is within reach; sidegate device test \(quoted) tries the rest of "
                + "the way", lastUnixSeconds: last)
    }

    private var ownRadio: Step {
        guard facts.isRadioUp else {
            return Step(
                .hear, facts.links.isEmpty ? .no : .unknown,
                "this bridge's own radio is down" + (facts.radioDetail.map { ": \($0)" } ?? ""),
                remedy: "see to the adapter; sidegate status")
        }
        let time = way.heardAt.map { Int64($0.seconds) }
        switch way.hearing {
        case nil:
            return Step(.hear, .unknown, "this bridge's own radio has not heard it since the bridge started")
        case .taken: return Step(.hear, .ok, "this bridge's own radio heard it", lastUnixSeconds: time)
        case .unusable(.notEncrypted):
            return Step(
                .hear, .no, "this bridge's own radio heard a plain frame, which anybody can forge: it is never relayed",
                remedy:
                    "set a bind key (encryption) in the device's app, then remove the device and add it with that key",
                lastUnixSeconds: time)
        case .unusable(let error):
            return Step(
                .hear, .no, "this bridge's own radio heard a frame that nobody can open", remedy: error.explanation,
                lastUnixSeconds: time)
        case .refused(let reason):
            return Step(
                .hear, .no,
                "this bridge's own radio heard it and took no event from it (\(reason.name)): \(reason.summary)",
                remedy: reason.remedy, lastUnixSeconds: time)
        }
    }

    // MARK: Consent

    private var consent: [Step] {
        guard facts.isInNetwork else {
            return [
                Step(
                    .consent, .no, "this bridge is in no network",
                    remedy: "sidegate network create, or sidegate network join CODE")
            ]
        }
        var steps: [Step] = []
        if let problem = facts.clockProblem {
            steps.append(Step(.consent, .no, "without the time no consent can be shown", remedy: problem))
        }
        return steps + [grant]
    }

    private var grant: Step {
        let again = "sidegate device remove \(quoted), then add it again"
        if facts.isRevoked || facts.standing?.no == .revoked {
            return Step(.consent, .no, "you revoked its grant, which is for good", remedy: again)
        }
        if now >= facts.optInEnds {
            return Step(.consent, .no, "your opt-in ended", remedy: again, lastUnixSeconds: facts.optInEnds)
        }
        if facts.isOptedOut {
            return Step(.consent, .no, "you opted it out", remedy: "sidegate opt-in device \(quoted)")
        }
        guard let standing = facts.standing else {
            return Step(.consent, .no, "this bridge does not hold its grant", remedy: again)
        }
        if standing.isSuspendedByAnother {
            return Step(
                .consent, .no, "another member enrolled the same device: neither grant is live",
                remedy: "agree on whose it is; the other one removes it")
        }
        switch standing.no {
        case nil:
            let proven = Int64(standing.provenUntil.seconds) - now
            let next = max(0, Int64(standing.nextProof.seconds) - now)
            return Step(
                .consent, .ok,
                "its grant is live: proven for \(hours(proven)) more, the next proof in \(hours(next)), your opt-in for "
                    + hours(facts.optInEnds - now))
        case .staleGrant:
            return Step(
                .consent, .no, "its grant is not proven",
                remedy:
                    "proofs are made by themselves once a minute at most while the clock is right: see sidegate status")
        case .deviceOptedOut:
            return Step(
                .consent, .no, "a member of the network opted this device out",
                remedy: "ask your neighbours: only who said that no can withdraw it")
        case .some(let reason):
            return Step(.consent, .no, "the grant does not stand (\(reason.name))", remedy: reason.remedy)
        }
    }

    // MARK: Seal, schedule, carry

    /// Whether neighbours may carry its events at all.
    private var mayTravel: Bool { facts.scope.contains(.relay) }
    private var hearsItself: Bool { way.hearing == .taken }

    private var seal: Step? {
        guard mayTravel else { return nil }
        return way.packetAt == nil
            ? Step(.seal, .unknown, "a neighbour who hears it seals its events; none tells whether one does")
            : Step(
                .seal, .ok, "a neighbour heard it and sealed its last event to you",
                lastUnixSeconds: way.packetAt.map { Int64($0.seconds) })
    }

    private var schedule: Step? {
        guard mayTravel else { return nil }
        return way.packetAt == nil
            ? Step(
                .schedule, .unknown,
                "hosts' caps, hours and opt-outs are never told, nor what is dropped as above its rate: \(rate)")
            : Step(
                .schedule, .ok,
                "neighbours have carried its events since this bridge started; what they drop as above its rate, "
                    + "\(rate), is never told")
    }

    private var rate: String {
        "\(facts.ratePerMinute) event\(facts.ratePerMinute == 1 ? "" : "s") a minute by its grant"
    }

    private var carry: Step {
        guard mayTravel else {
            return hearsItself
                ? Step(.carry, .ok, "its scope names no step: only this bridge's own radio brings its events")
                : Step(
                    .carry, .no, "its scope allows no neighbour to carry its events, and this bridge does not hear it",
                    remedy: "remove the device and add it with --scope relay")
        }
        guard facts.links.isEmpty else {
            return Step(.carry, .ok, "linked to \(facts.links.joined(separator: ", "))")
        }
        let remedy =
            facts.otherMembers == 0
            ? "nobody else is in the network yet: sidegate network invite"
            : "see whether a neighbour's bridge is on and within reach: sidegate status"
        return Step(.carry, hearsItself ? .unknown : .no, "no link to any neighbour stands", remedy: remedy)
    }

    private var lastPacket: Step? {
        guard mayTravel else { return nil }
        guard let time = way.packetAt else {
            return Step(.carry, .unknown, "no packet of it has come over a link since this bridge started")
        }
        let passed = way.bridgesPassed
        let bridges =
            passed.lowerBound == passed.upperBound
            ? "\(passed.lowerBound)" : "\(passed.lowerBound) to \(passed.upperBound)"
        return Step(
            .carry, .ok,
            "its last packet passed \(bridges) bridge\(passed.upperBound == 1 ? "" : "s"); where it was heard is never told",
            lastUnixSeconds: Int64(time.seconds))
    }

    /// No neighbour tells why one did not come back, and it may be otherwise now.
    private var lastTest: Step? {
        guard mayTravel, let time = way.testedAt.map({ Int64($0.seconds) }) else { return nil }
        let again = "sidegate device test \(quoted)"
        guard way.testAsked > 0 else {
            return Step(.carry, .unknown, "the last test had no neighbour to ask", remedy: again, lastUnixSeconds: time)
        }
        let outcome = "the last test came back by \(way.testCameBack) of \(way.testAsked) neighbours"
        return way.testCameBack > 0
            ? Step(.carry, .ok, outcome, lastUnixSeconds: time)
            : Step(.carry, .unknown, outcome, remedy: again, lastUnixSeconds: time)
    }

    // MARK: Open

    private var open: Step {
        let opened = way.openedAt.map { Int64($0.seconds) }
        guard let failure = way.failure, let failed = way.failedAt.map({ Int64($0.seconds) }), failed >= opened ?? 0
        else {
            return opened == nil && facts.figures.lastHeard == nil
                ? Step(.open, .unknown, "nothing has come that could be opened")
                : Step(.open, .ok, "what came last was opened", lastUnixSeconds: opened ?? facts.figures.lastHeard)
        }
        return Step(.open, .no, failure.explanation, remedy: remedy(failure), lastUnixSeconds: failed)
    }

    private func remedy(_ failure: OpeningFailure) -> String {
        switch failure {
        case .bindKey: "remove the device and add it with the bind key that its app shows"
        case .notBTHome(let error): error.explanation
        case .counter: "if its battery or firmware was changed: sidegate device reset-counter \(quoted)"
        case .notSealedToUs, .otherDevice:
            "a bridge on the way is broken or hostile; if it stays, remove the device and add it again for a new grant"
        case .replayed: "nothing is missing"
        }
    }

    // MARK: Deliver

    private var deliver: [Step] {
        var steps: [Step] = []
        if let problem = facts.diskProblem {
            steps.append(Step(.deliver, .no, "the disk does not take its events", remedy: problem))
        }
        if let delivery = facts.delivery, delivery.readings == 0, !delivery.withheld.isEmpty {
            steps.append(
                Step(
                    .deliver, .no,
                    "its last event held only \(delivery.withheld.joined(separator: ", ")); you have delivered "
                        + facts.deliver.joined(separator: ", "),
                    remedy: "remove the device and add it with a wider --deliver",
                    lastUnixSeconds: Int64(delivery.opened.seconds)))
        }
        return steps + [broker]
    }

    private var broker: Step {
        let waiting = facts.waiting == 0 ? "" : "; \(facts.waiting) of its messages wait on disk"
        switch facts.broker.state {
        case .off:
            return Step(
                .deliver, .no, "the settings name no broker: what is opened goes nowhere",
                remedy: "name one in the settings: mqtt.host")
        case .connecting:
            return Step(
                .deliver, .no, "no session with the broker" + waiting,
                remedy: facts.broker.detail ?? "see that the broker runs")
        case .connected:
            return Step(
                .deliver, .ok,
                "connected to the broker" + waiting
                    + (facts.delivery == nil ? "" : "; the last event was handed to it or is waiting"),
                lastUnixSeconds: facts.delivery.map { Int64($0.opened.seconds) })
        }
    }

    /// `5 h`, `3 days`: as exactly as it matters.
    private func hours(_ seconds: Int64) -> String {
        switch seconds {
        case ..<5400: "\(max(0, seconds) / 60) min"
        case ..<172_800: "\(seconds / 3600) h"
        default: "\(seconds / 86_400) days"
        }
    }
}
