import Glibc
import RadioInterface
import RadioSockets
import Wire

/// Another radio in the same air.
struct AirPeer {
    let name: AirName
    let datagramAddress: sockaddr_un
    /// The path by which it hears this radio.
    var outgoing: AirPath?
    /// What it last advertised as, connectably.
    var heardAddress: RadioAddress?
}

/// Who is there, and who hears whom.
extension VirtualRadio {
    private static let stampsIntervalMilliseconds: Int64 = 100
    private static let settleMilliseconds: Int64 = 50

    func takeDirectoryChanges(now: Instant) {
        guard let changes = presence?.watch?.changes() else { return }
        if changes.gone { return directoryGone() }
        if changes.radios { peersChanged() }
        if changes.street {
            loadStreet(now: now)
        } else if changes.streetUnsettled {
            streetDue = min(streetDue, now.advanced(milliseconds: VirtualRadio.settleMilliseconds))
        }
    }

    /// Also asks the file system now and then, for a watch does not see what another machine writes.
    func checkStreet(now: Instant) {
        if streetDue <= now { loadStreet(now: now) }
        guard stampsDue <= now else { return }
        stampsDue = now.advanced(milliseconds: VirtualRadio.stampsIntervalMilliseconds)
        if AirDirectory.stamp(directory.streetPath) != streetStamp {
            streetDue = min(streetDue, now.advanced(milliseconds: VirtualRadio.settleMilliseconds))
        }
        guard presence?.watch == nil else { return }
        let stamp = AirDirectory.stamp(directory.path)
        if stamp == FileStamp() { return directoryGone() }
        if stamp != directoryStamp {
            directoryStamp = stamp
            peersChanged()
        }
    }

    private func loadStreet(now: Instant) {
        streetDue = .distantFuture
        // Before reading: what is written meanwhile must show as a change.
        streetStamp = AirDirectory.stamp(directory.streetPath)
        do throws(StreetError) {
            street = try directory.readStreet()
            streetProblem = nil
            applyStreet(now: now)
        } catch {
            streetProblem = error
        }
        if case .down = state { return }
        state = streetProblem.map { .degraded("\($0); the last good one stays in force") } ?? .up
    }

    private func applyStreet(now: Instant) {
        for index in peers.indices { peers[index].outgoing = street.path(from: name, to: peers[index].name) }
        for index in channels.indices where channels[index].phase != .free { applyStreet(channel: index, now: now) }
    }

    /// Sets how a channel's messages come, and whether it is cut.
    func applyStreet(channel index: Int, now: Instant) {
        guard let peer = channels[index].peer else { return }
        if let incoming = street.path(from: peer, to: name), street.path(from: name, to: peer) != nil {
            channels[index].incoming = incoming
            channels[index].cutSince = nil
        } else if channels[index].cutSince == nil {
            channels[index].cutSince = now
        }
        updateInterest(index)
        noteDeadline(index)
    }

    func findPeers() {
        guard let names = try? directory.radioNames() else { return }
        let before = peers
        peers = names.filter { $0 != name }.prefix(AirDirectory.radiosMax - 1).compactMap { peer in
            if let known = before.first(where: { $0.name == peer }) { return known }
            guard let address = try? AirSocket.address(directory.datagramPath(peer)) else { return nil }
            return AirPeer(name: peer, datagramAddress: address, outgoing: street.path(from: name, to: peer))
        }
    }

    /// Radios that have just appeared are told at once who is here.
    private func peersChanged() {
        let before = peers.map(\.name)
        findPeers()
        guard !beaconDatagrams.isEmpty else { return }
        for peer in peers where !before.contains(peer.name) {
            beaconsQuick = VirtualRadio.beaconsQuickMax
            for index in beaconDatagrams.indices { send(beacon: index, to: peer) }
        }
    }

    /// Whoever removes an air switches its radios off.
    private func directoryGone() {
        state = .down("\(directory.path) is gone: make the directory again and restart")
        channelDue = .atOnce
        beacons = []
        beaconDatagrams = []
        beaconDue = .distantFuture
    }

    var isDown: Bool {
        if case .down = state { return true }
        return presence == nil
    }
}
