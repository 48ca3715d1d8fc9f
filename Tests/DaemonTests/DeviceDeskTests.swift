import Delivery
import Devices
import Storage
import Testing
import Wire

@testable import Bridging
@testable import Daemon

/// What the broker is told of a device that falls silent.
@Suite struct DeviceDeskTests {
    private static let day: UInt32 = 86_400
    private static let start: UInt32 = 1_800_000_000
    private static let homeAssistant = HomeAssistant(topics: BrokerTopics(bridge: "home"), version: "1")

    private func stored(lastHeard: UInt32?) -> StoredDevice {
        var device = StoredDevice(
            name: "Letter box", address: [1, 2, 3, 4, 5, 6], addressType: 0, bindKey: SystemRandom.secret(16),
            sealingPrivateKey: SystemRandom.secret(32), relayKey: SystemRandom.secret(16), classCode: 1, scope: 1,
            ratePerMinute: 10, deliver: ["opening"], validitySeed: SystemRandom.secret(20),
            revocationSecret: SystemRandom.secret(20), optInStart: 0, optInEnd: 1,
            grantID: Array(repeating: 0, count: 16)
        )
        device.id = 1
        device.lastHeard = lastHeard.map { Int64($0) }
        return device
    }

    private func desk(lastHeard: UInt32?, isClockTrusted: Bool = true) -> DeviceDesk {
        var desk = DeviceDesk([stored(lastHeard: lastHeard)], figures: [:], homeAssistant: Self.homeAssistant)
        desk.isClockTrusted = isClockTrusted
        return desk
    }

    private func event(_ counter: UInt32, at seconds: UInt32) -> OpenedEvent {
        OpenedEvent(
            device: 1, deviceName: "Letter box", eventID: UInt64(counter), counter: counter, lowestCounterKept: 0,
            timeHeard: WallTime(seconds: seconds), reading: Reading(measurements: []), isOutOfOrder: false,
            isSecondOfCounter: false, isTriggerBased: false)
    }

    /// What is said in `messages` of whether the device is heard.
    private func said(_ messages: [OutboxMessage]) -> [String] {
        messages.filter { $0.topic == "sidegate/letter_box/available" }.map {
            String(decoding: $0.payload, as: UTF8.self)
        }
    }

    private func time(_ seconds: UInt32) -> WallTime { WallTime(seconds: seconds) }

    @Test func deviceIsOnlineWhenHeardOfflineWhenSilentAndSaidOnceOnly() {
        var desk = desk(lastHeard: nil)
        #expect(said(desk.announcements(now: time(Self.start))) == ["offline"])
        #expect(said(desk.opening(event(1, at: Self.start), now: time(Self.start)).messages) == ["online"])
        #expect(said(desk.opening(event(2, at: Self.start + 60), now: time(Self.start + 60)).messages).isEmpty)
        #expect(said(desk.silences(now: time(Self.start + 3 * Self.day))).isEmpty)
        #expect(said(desk.silences(now: time(Self.start + 4 * Self.day))) == ["offline"])
        #expect(said(desk.silences(now: time(Self.start + 5 * Self.day))).isEmpty)
        let later = Self.start + 6 * Self.day
        #expect(said(desk.opening(event(3, at: later), now: time(later)).messages) == ["online"])
    }

    @Test func nothingOfAHomeThatIsErasedStaysRetained() {
        var desk = desk(lastHeard: nil)
        let messages = desk.removeAll(now: time(Self.start))
        #expect(messages.allSatisfy { $0.isRetained && $0.payload.isEmpty })
        #expect(messages.map(\.topic).contains("sidegate/letter_box/available"))
        #expect(messages.last?.topic == "sidegate/home/availability")
    }

    @Test(arguments: [true, false]) func restartSaysWhatWasSaidBefore(isSilent: Bool) {
        var desk = desk(lastHeard: Self.start)
        let now = time(Self.start + (isSilent ? 4 : 2) * Self.day)
        #expect(said(desk.announcements(now: now)) == [isSilent ? "offline" : "online"])
        // And again after the broker has lost everything.
        #expect(said(desk.announcements(now: now)) == [isSilent ? "offline" : "online"])
    }

    @Test func nobodyIsSilentByAClockThatIsNotTrusted() {
        var desk = desk(lastHeard: Self.start, isClockTrusted: false)
        #expect(said(desk.announcements(now: time(.max))) == ["online"])
        #expect(desk.silences(now: time(.max)).isEmpty)
        desk.isClockTrusted = true
        #expect(said(desk.silences(now: time(.max))) == ["offline"])
    }

    @Test func eventThatIsOldItselfEndsNoSilence() {
        var desk = desk(lastHeard: Self.start)
        let now = time(Self.start + 8 * Self.day)
        #expect(said(desk.announcements(now: now)) == ["offline"])
        #expect(said(desk.opening(event(1, at: Self.start + Self.day), now: now).messages).isEmpty)
    }

    @Test func figuresAreStoredWithTheOpening() {
        var desk = desk(lastHeard: nil)
        _ = desk.opening(event(1, at: Self.start), now: time(Self.start))
        let opening = desk.opening(event(4, at: Self.start), now: time(Self.start))
        #expect(opening.figures?.received == 2)
        #expect(opening.figures?.missed == 2)
        desk.resetCounter(1)
        #expect(desk.opening(event(9, at: Self.start), now: time(Self.start)).figures?.missed == 2)
    }
}
