import Bridging
import Consent
import ControlAPI
import Testing

@testable import Daemon

/// Every note of the bridge becomes one event for watchers. (The links' once called themselves without end, and took the
/// bridge down with the first link that came or went before a watcher.)
@Suite struct WatchNoteTests {
    @Test func everyNoteBecomesOneWatchEventOfItsKind() {
        let notes: [(BridgeNote, WatchEvent.Kind)] = [
            (.heard(bytes: 123, eventClass: .alarm), .heard), (.relayed(bytes: 228, eventClass: .telemetry), .relayed),
            (.opened(deviceName: "Letter box"), .opened), (.dropped(reason: .noRoute, bytes: 123), .dropped),
            (.linkUp, .linkUp), (.linkDown, .linkDown),
        ]
        for (note, kind) in notes {
            let event = WatchEvent(note, unixMilliseconds: 7)
            #expect(event.kind == kind)
            #expect(event.unixMilliseconds == 7)
        }
    }

    @Test func dropIsToldByTheProtocolsWord() {
        #expect(WatchEvent(.dropped(reason: .noRoute, bytes: 0), unixMilliseconds: 0).reason == "no_route")
    }
}
