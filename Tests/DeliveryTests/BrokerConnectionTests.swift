import SeededRandom
import Testing
import Wire

@testable import Delivery

struct BrokerConnectionTests {
    @Test func rightPasswordIsLetInAndAWrongOneIsToldWithoutIt() async throws {
        let folder = try TemporaryFolder()
        let passwords = "\(folder.path)/passwords"
        try ChildProcess.run(
            "mosquitto_passwd", package: "mosquitto", ["-c", "-b", passwords, "bridge", "correct horse"])
        let broker = try TestBroker(["allow_anonymous false", "password_file \(passwords)"], folder: folder)
        try await broker.start()

        var settings = broker.settings()
        let anonymous = try await outcome(settings)
        #expect(anonymous?.kind == .credentials)
        #expect(anonymous?.explanation.contains("set mqtt.username") == true)

        settings.username = "bridge"
        settings.passwordFile = try folder.write("wrong", "battery staple\n")
        let wrong = try await outcome(settings)
        #expect(wrong?.kind == .credentials)
        #expect(wrong?.explanation.contains("first line of mqtt.password_file") == true)
        #expect(wrong?.explanation.contains("battery") == false)

        settings.prefersMQTT5 = false
        #expect(try await outcome(settings)?.kind == .credentials)
        settings.passwordFile = try folder.write("right", "correct horse\nsecond line\n")
        #expect(try await outcome(settings) == nil)
    }

    @Test(arguments: ["", "\n", String(repeating: "x", count: 5000)])
    func passwordFileThatHoldsNoPasswordIsToldByItsPath(text: String) async throws {
        let folder = try TemporaryFolder()
        var settings = try TestBroker(folder: folder).settings()
        settings.username = "bridge"
        settings.passwordFile = try folder.write("password", text)
        let trouble = try await outcome(settings)
        #expect(trouble?.kind == .settings)
        #expect(trouble?.explanation.contains("\(folder.path)/password") == true)
        settings.passwordFile = "\(folder.path)/missing"
        #expect(try await outcome(settings)?.kind == .settings)
    }

    @Test func brokerIsTrustedByItsAuthorityAndItsNameOnly() async throws {
        let folder = try TemporaryFolder()
        let authority = try CertificateAuthority(folder, "right")
        let stranger = try CertificateAuthority(folder, "wrong")
        let (certificate, key) = try authority.certificate(for: "localhost")
        let broker = try TestBroker(
            ["allow_anonymous true", "certfile \(certificate)", "keyfile \(key)"], folder: folder)
        try await broker.start()
        var settings = broker.settings()
        settings.tls = true
        settings.host = "localhost"

        let unknown = try await outcome(settings)
        #expect(unknown?.kind == .tls)
        #expect(unknown?.explanation.contains("name the signing certificate in mqtt.ca_file") == true)

        settings.caFile = stranger.certificatePath
        let strange = try await outcome(settings)
        #expect(strange?.kind == .tls)
        #expect(strange?.explanation.contains("not signed by the one in mqtt.ca_file") == true)

        settings.caFile = authority.certificatePath
        #expect(try await outcome(settings) == nil)

        settings.host = "127.0.0.1"
        let misnamed = try await outcome(settings)
        #expect(misnamed?.kind == .tls)
        #expect(misnamed?.explanation.contains("names another host") == true)

        settings.caFile = "\(folder.path)/missing"
        #expect(try await outcome(settings)?.kind == .settings)
    }

    @Test func portOfTheOtherSortIsToldWithTheRemedy() async throws {
        let plain = try TestBroker()
        try await plain.start()
        var settings = plain.settings()
        settings.tls = true
        let trouble = try await outcome(settings)
        #expect(trouble?.explanation.contains("TLS") == true)
    }

    @Test func brokerThatIsNotThereIsToldAsUnreachable() async throws {
        let settings = try TestBroker().settings()
        let trouble = try await outcome(settings)
        #expect(trouble?.kind == .unreachable)
        #expect(trouble?.explanation.contains("nothing answers at 127.0.0.1:\(settings.port)") == true)
    }

    @Test func noMoreThanTwentyMessagesAreInFlight() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let events = Collector<BrokerEvent>()
        let connection = BrokerConnection(settings: broker.settings()) { events.add($0) }
        connection.start()
        _ = try await events.first("the session") { $0 == .connected }
        broker.freeze()
        let outcomes = (1...30).map { number in
            connection.publish(
                identifier: number, message: .state("t/s\(number)", "1"), now: WallTime(seconds: 1000))
        }
        #expect(outcomes.count { $0 == .accepted } == BrokerConnection.inFlightMax)
        #expect(outcomes.dropFirst(BrokerConnection.inFlightMax).allSatisfy { $0 == .busy })
        #expect(!connection.canPublish)
        broker.thaw()
        _ = try await events.first("the confirmations") { $0 == .published(20) }
        #expect(connection.canPublish)
        connection.stop()
        #expect(connection.publish(identifier: 99, message: .state("t", "1"), now: WallTime(seconds: 1)) == .busy)
    }

    @Test func retainedTriggerVanishesAtTheBrokerWhenItsTimeIsOver() async throws {
        let broker = try TestBroker()
        try await broker.start()
        let events = Collector<BrokerEvent>()
        let connection = BrokerConnection(settings: broker.settings()) { events.add($0) }
        connection.start()
        _ = try await events.first("the session") { $0 == .connected }
        var motion = BrokerMessage.trigger("t/motion", "ON", notAfter: 1002)
        motion.retained = true
        _ = connection.publish(identifier: 1, message: motion, now: WallTime(seconds: 1000))
        motion.topic = "t/long"
        motion.notAfter = WallTime(seconds: 1600)
        _ = connection.publish(identifier: 2, message: motion, now: WallTime(seconds: 1000))
        _ = try await events.first("the confirmation") { $0 == .published(2) }
        var payloads: [String] = ["ON"]
        for _ in 0..<300 where !payloads.isEmpty {
            let subscriber = try await Subscriber(broker)
            payloads = subscriber.payloads("t/motion")
            #expect(subscriber.payloads("t/long") == ["ON"])
        }
        #expect(payloads.isEmpty)
        connection.stop()
    }

    @Test func olderBrokerIsNotGivenATriggerToRetain() async throws {
        let broker = try TestBroker()
        try await broker.start()
        var settings = broker.settings()
        settings.prefersMQTT5 = false
        let pump = RunningPump(settings)
        let subscriber = try await Subscriber(broker)
        var motion = BrokerMessage.trigger("t/motion", "ON")
        motion.retained = true
        pump.add(motion)
        try await subscriber.first("t/motion")
        #expect(try await Subscriber(broker).payloads("t/motion").isEmpty)
        await pump.stop()
    }

    @Test func reasonsOfABrokerThatEndsTheSessionAreToldInWords() throws {
        let settings = try TestBroker().settings("bridge-7")
        let takenOver = BrokerTrouble(disconnectReason: 142, settings: settings)
        #expect(takenOver.kind == .refused)
        #expect(takenOver.explanation.contains("another client called bridge-7"))
        #expect(BrokerTrouble(disconnectReason: 139, settings: settings).explanation.contains("see the broker's log"))
    }

    @Test func waitsBetweenAttemptsGrowWithinTheirBounds() {
        var generator = SplitMix64(seed: 1)
        var delay = ReconnectDelay(millisecondsMin: 1000, millisecondsMax: 60_000)
        var bound = 1000
        for _ in 0..<20 {
            let wait = delay.next(using: &generator)
            #expect(wait >= bound / 2 && wait <= bound)
            bound = min(2 * bound, 60_000)
        }
        delay.reset()
        #expect(delay.next(using: &generator) <= 1000)
    }

    /// The first thing that a connection tells: nil for a session, or the trouble.
    private func outcome(_ settings: BrokerSettings) async throws -> BrokerTrouble? {
        let events = Collector<BrokerEvent>()
        let connection = BrokerConnection(settings: settings) { events.add($0) }
        connection.start()
        defer { connection.stop() }
        let event = try await events.first("an outcome") { _ in true }
        if case .disconnected(let trouble) = event { return trouble }
        return nil
    }
}
