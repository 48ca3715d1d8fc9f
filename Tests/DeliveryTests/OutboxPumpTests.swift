import SeededRandom
import Testing
import Wire

@testable import Delivery

struct OutboxPumpTests {
    @Test(arguments: [true, false])
    func messagesArriveInOrderAndStatesAreRetained(isMQTT5: Bool) async throws {
        let broker = try TestBroker()
        try await broker.start()
        let subscriber = try await Subscriber(broker)
        var settings = broker.settings()
        settings.prefersMQTT5 = isMQTT5
        let pump = RunningPump(settings)
        var expected: [String] = []
        for number in 1...100 {
            pump.add(number.isMultiple(of: 3) ? .trigger("t/button", "\(number)") : .state("t/s\(number)", "\(number)"))
            expected.append("\(number)")
        }
        try await pump.emptied()
        try await subscriber.first("t/s100")
        let received = subscriber.messages.filter { $0.topic.hasPrefix("t/") }
        #expect(received.map(\.payload) == expected)
        #expect(pump.count { if case .delivered(let count) = $0 { count } else { nil } } == 100)

        let later = try await Subscriber(broker)
        #expect(Set(later.messages.map(\.topic)).isSuperset(of: ["t/s1", "t/s100", "sidegate/bridge-1/availability"]))
        #expect(later.messages.allSatisfy { $0.isRetained })
        #expect(later.payloads("t/button").isEmpty)
        await pump.stop()
    }

    @Test func messagesThatAreOfferedAreReadBackOnlyWhereOthersWaitBeforeThem() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let subscriber = try await Subscriber(broker)
        let pump = RunningPump(broker.settings())
        #expect(await pump.offer([.state("t/early", "1")]) == 0, "there is no session yet")
        try await pump.connected()
        try await pump.emptied()
        #expect(await pump.offer([.state("t/a", "2"), .trigger("t/b", "3"), .state("t/c", "4")]) == 0)
        try await subscriber.first("t/c")
        // It has not been told of this one: it reads it back at the offer, or sooner if a confirmation wakes it just now.
        let reads = pump.outbox.reads
        pump.outbox.add(.state("t/d", "5"))
        _ = await pump.offer([.state("t/e", "6")])
        #expect(pump.outbox.reads > reads)
        try await subscriber.first("t/e")
        #expect(await pump.offer((7...40).map { .state("t/s\($0)", "\($0)") }) > 0, "more than it takes at once")
        try await pump.emptied()
        try await subscriber.first("t/s40")
        let received = subscriber.messages.filter { $0.topic.hasPrefix("t/") }
        #expect(received.map(\.payload) == (1...40).map { "\($0)" })
        await pump.stop()
    }

    @Test func availabilityIsOnlineDuringTheSessionAndOfflineAfterIt() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings())
        let subscriber = try await Subscriber(broker)
        try await subscriber.first("sidegate/bridge-1/availability", "online")
        await pump.stop()
        try await subscriber.first("sidegate/bridge-1/availability", "offline")
        #expect(subscriber.payloads("sidegate/bridge-1/availability") == ["online", "offline"])
    }

    @Test func bridgeThatIsForgottenLeavesNothingRetained() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings())
        let subscriber = try await Subscriber(broker)
        try await subscriber.first("sidegate/bridge-1/availability", "online")
        pump.forgetBridge()
        await pump.stop()
        try await subscriber.first("sidegate/bridge-1/availability", "")
        #expect(subscriber.payloads("sidegate/bridge-1/availability") == ["online", "offline", ""])
        #expect(try await Subscriber(broker).payloads("sidegate/bridge-1/availability").isEmpty)
    }

    @Test func bridgeWithoutAHomeSaysNothingOfItselfNeitherByItsWordNorByItsLastWill() async throws {
        let broker = try TestBroker()
        try await broker.start()
        var settings = broker.settings("bridge-8")
        settings.announcesBridge = false
        let pump = RunningPump(settings)
        try await pump.connected()
        let subscriber = try await Subscriber(broker)
        try broker.publish("other", "x", ["-i", "bridge-8"])
        try await pump.connected(times: 2)
        pump.add(.state("t/s", "1"))
        try await pump.emptied()
        await pump.stop()
        try await subscriber.first("t/s")
        #expect(subscriber.payloads("sidegate/bridge-8/availability").isEmpty)
    }

    /// A second client of the same name makes the broker cut the first off, which is when it sends the last will.
    @Test func lastWillSaysOfflineWhenTheSessionIsCutAndOnlineFollowsWithTheNext() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings("bridge-7"))
        try await pump.connected()
        let subscriber = try await Subscriber(broker)
        try broker.publish("other", "x", ["-i", "bridge-7"])
        try await subscriber.first("sidegate/bridge-7/availability", "offline")
        try await waitUntil("the next session") {
            subscriber.payloads("sidegate/bridge-7/availability").suffix(2) == ["offline", "online"]
        }
        #expect(try await pump.firstTrouble().kind == .lost)
        await pump.stop()
    }

    @Test func outboxFilledWhileTheBrokerIsAwayIsDeliveredWhenItComes() async throws {
        let broker = try TestBroker()
        let pump = RunningPump(broker.settings())
        pump.add(.state("t/a", "1"))
        pump.add(.state("t/a", "2"))
        #expect(try await pump.firstTrouble().kind == .unreachable)
        try await broker.start()
        try await pump.emptied()
        let subscriber = try await Subscriber(broker)
        #expect(subscriber.payloads("t/a") == ["2"])
        await pump.stop()
    }

    @Test func triggerPastItsTimeIsDroppedAndCountedAndNeverSent() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let subscriber = try await Subscriber(broker)
        let outbox = MemoryOutbox()
        outbox.add(.trigger("t/button", "stale", notAfter: 999))
        outbox.add(.trigger("t/button", "last moment", notAfter: 1000))
        for number in 1...30 { outbox.add(.trigger("t/button", "stale \(number)", notAfter: UInt32(number))) }
        outbox.add(.state("t/end", "1"))
        let pump = RunningPump(broker.settings(), outbox: outbox, now: 1000)
        try await subscriber.first("t/end")
        #expect(subscriber.payloads("t/button") == ["last moment"])
        #expect(pump.count { if case .expired(let count) = $0 { count } else { nil } } == 31)
        await pump.stop()
    }

    /// The broker stops dead with messages in flight, is killed and starts anew: what it had not confirmed is sent again
    /// if it is a state, and never if it is a trigger.
    @Test(arguments: [true, false])
    func statesSurviveABrokerThatDiesWithThemInFlightAndTriggersAreNotSentTwice(isMQTT5: Bool) async throws {
        let broker = try TestBroker()
        try await broker.start()
        var settings = broker.settings()
        settings.prefersMQTT5 = isMQTT5
        let pump = RunningPump(settings)
        try await pump.connected()
        broker.freeze()
        for number in 0..<10 {
            pump.add(.state("t/s\(number)", "1"))
            pump.add(.trigger("t/button", "\(number)"))
        }
        try await waitUntil("all messages to be in flight") { pump.outbox.count == 10 }
        for number in 10..<40 { pump.add(.state("t/s\(number)", "1")) }
        broker.kill()
        _ = try await pump.firstTrouble()

        try await broker.start()
        let subscriber = try await Subscriber(broker)
        try await pump.connected(times: 2)
        pump.add(.trigger("t/button", "after"))
        pump.add(.state("t/end", "1"))
        try await pump.emptied()
        try await subscriber.first("t/end")
        for number in 0..<40 { #expect(subscriber.payloads("t/s\(number)").contains("1")) }
        #expect(subscriber.payloads("t/button") == ["after"])
        #expect(pump.count { if case .unconfirmed(let count) = $0 { count } else { nil } } == 10)
        try await waitUntil("the lost triggers to go") { pump.outbox.rowCount == 0 }
        await pump.stop()
    }

    /// In whatever way the broker comes and goes: the latest value of each topic arrives, and no trigger twice.
    @Test(arguments: 1...3 as ClosedRange<UInt64>)
    func latestStatesArriveThroughRestartsAndNoTriggerTwice(seed: UInt64) async throws {
        var generator = SplitMix64(seed: seed)
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings())
        var latest: [String: String] = [:]
        var seen: [String] = []
        for life in 0..<4 {
            let subscriber = try await Subscriber(broker)
            for number in 0..<Int.random(in: 20...80, using: &generator) {
                let value = "\(life).\(number)"
                if Bool.random(using: &generator) {
                    pump.add(.trigger("t/button", value))
                } else {
                    let topic = "t/s\(Int.random(in: 0..<12, using: &generator))"
                    latest[topic] = value
                    pump.add(.state(topic, value))
                }
            }
            if Bool.random(using: &generator) { try await pump.emptied() }
            broker.end()
            seen += subscriber.payloads("t/button")
            try await broker.start()
        }
        let subscriber = try await Subscriber(broker)
        pump.add(.state("t/end", "1"))
        try await pump.emptied()
        try await subscriber.first("t/end")
        seen += subscriber.payloads("t/button")
        #expect(seen.count == Set(seen).count)
        let retained = try await Subscriber(broker)
        for (topic, value) in latest { #expect(retained.payloads(topic) == [value]) }
        await pump.stop()
    }

    @Test func startOfHomeAssistantIsTold() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings())
        try await pump.connected()
        try broker.publish("homeassistant/status", "offline")
        try broker.publish("homeassistant/status", "online")
        _ = try await pump.news.first("the announcement") { $0 == .announcementsWanted }
        await pump.stop()
    }

    @Test func messageThatTheBrokerRefusesIsToldAndHoldsNothingUp() async throws {
        let folder = try TemporaryFolder()
        let rules = try folder.write(
            "acl", "topic read #\ntopic write t/#\ntopic write sidegate/#\ntopic write test/#\n")
        let broker = try TestBroker(["allow_anonymous true", "acl_file \(rules)"], folder: folder)
        try await broker.start()
        let subscriber = try await Subscriber(broker)
        let pump = RunningPump(broker.settings())
        pump.add(.state("forbidden", "1"))
        pump.add(.state("t/#", "no topic"))
        pump.add(.state("t/end", "1"))
        try await subscriber.first("t/end")
        try await pump.emptied()
        let rejected = pump.news.all.compactMap { if case .rejected(let topic, _) = $0 { topic } else { nil } }
        #expect(rejected.sorted() == ["forbidden", "t/#"])
        await pump.stop()
    }

    @Test func storeThatFailsIsAskedAgain() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let pump = RunningPump(broker.settings())
        try await pump.connected()
        pump.outbox.fail(times: 1)
        pump.add(.trigger("t/button", "1"))
        try await pump.emptied()
        #expect(pump.news.all.contains { if case .storeFailed = $0 { true } else { false } })
        await pump.stop()
    }
}
