import Glibc
import RadioInterface
import RadioSockets
import Wire

/// An advertisement on its way here by a path with a delay.
struct HeldAdvertisement {
    var due: Instant
    var datagram: [UInt8]
}

/// Being heard, and hearing.
extension VirtualRadio {
    private static let beaconsMax = 2
    static let beaconsQuickMax = 30
    private static let beaconBytesMax = 31
    private static let heldAdvertisementsMax = 64

    public func advertise(_ payloads: [[UInt8]]) throws(RadioError) {
        guard payloads.count <= VirtualRadio.beaconsMax else { throw .payloadsTooMany }
        guard payloads.allSatisfy({ $0.count <= VirtualRadio.beaconBytesMax }) else { throw .payloadTooLong }
        guard payloads != beacons, !isDown else { return }
        beacons = payloads
        address = VirtualRadio.randomAddress(using: &generator)
        beaconDatagrams = payloads.map { payload in
            AirDatagram.encode(from: name, address, isConnectable: true, path: AirPath(), data: payload)
        }
        beaconNext = 0
        beaconDue = payloads.isEmpty ? .distantFuture : .atOnce
        beaconsQuick = VirtualRadio.beaconsQuickMax
    }

    /// Sends the payload whose turn it is, if it is time.
    func advertise(now: Instant) {
        guard beaconDue <= now, !beaconDatagrams.isEmpty else { return }
        let random = Int64(generator.next(upperBound: UInt64(10_001)))
        // What is new is sent often, then seldom: an adapter does it by itself, here each time wakes the bridge.
        beaconsQuick = max(beaconsQuick - 1, 0)
        let interval =
            beaconsQuick > 0
            ? settings.advertisingIntervalMilliseconds : settings.advertisingIntervalIdleMilliseconds
        beaconDue = now.advanced(milliseconds: Int64(max(interval, settings.advertisingIntervalMilliseconds)))
            .advanced(microseconds: random)
        beaconNext = (beaconNext &+ 1) % beaconDatagrams.count
        for peer in peers { send(beacon: beaconNext, to: peer) }
    }

    func send(beacon index: Int, to peer: AirPeer) {
        guard let path = peer.outgoing, let datagrams = presence?.datagrams.value else { return }
        if path.loses(using: &generator) {
            counters.advertisementsLost &+= 1
            return
        }
        AirDatagram.fill(&beaconDatagrams[index], with: path)
        let number = beaconDatagrams[index].withUnsafeBytes {
            AirSocket.send(datagrams, $0, to: peer.datagramAddress)
        }
        // Any other failure means that the peer is not there: it hears nothing.
        if number == EAGAIN { counters.advertisementsCrowdedOut &+= 1 }
    }

    func takeDatagrams<Sink: RadioEventSink>(now: Instant, _ budget: inout Int, into sink: inout Sink) {
        guard let datagrams = presence?.datagrams.value else { return }
        var turns = limits.messagesPerTurn
        while turns > 0, budget > 0 {
            let count = recv(datagrams, buffer.bytes.baseAddress, buffer.bytes.count, AirSocket.flagsReceive)
            guard count >= 0 else { return }
            turns &-= 1
            budget &-= 1
            guard count <= buffer.bytes.count,
                let datagram = AirDatagram(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]))
            else {
                counters.datagramsMalformed &+= 1
                continue
            }
            if datagram.delayMilliseconds > 0 {
                hold(UnsafeRawBufferPointer(rebasing: buffer.bytes[..<count]), datagram.delayMilliseconds, now: now)
            } else {
                tell(datagram, now: now, into: &sink)
            }
        }
    }

    private func tell<Sink: RadioEventSink>(_ datagram: AirDatagram, now: Instant, into sink: inout Sink) {
        if datagram.isConnectable { noteAddress(datagram, now: now) }
        sink.heard(address: datagram.address, signalDBm: datagram.signalDBm, data: datagram.data)
    }

    private func noteAddress(_ datagram: AirDatagram, now: Instant) {
        let digest = AirName.digest(datagram.name)
        guard let index = peers.firstIndex(where: { $0.name.matches(datagram.name, digest: digest) }) else { return }
        peers[index].heardAddress = datagram.address
        if searchingCount > 0 { answerSearches(peer: index, now: now) }
    }

    private func hold(_ bytes: UnsafeRawBufferPointer, _ delayMilliseconds: UInt16, now: Instant) {
        guard heldAdvertisements.count < VirtualRadio.heldAdvertisementsMax else {
            counters.advertisementsCrowdedOut &+= 1
            return
        }
        let due = now.advanced(milliseconds: Int64(delayMilliseconds))
        heldAdvertisements.append(HeldAdvertisement(due: due, datagram: Array(bytes)))
    }

    var heldAdvertisementsDue: Instant {
        var due = Instant.distantFuture
        for held in heldAdvertisements { due = min(due, held.due) }
        return due
    }

    func tellHeldAdvertisements<Sink: RadioEventSink>(
        now: Instant, _ budget: inout Int, into sink: inout Sink
    ) {
        var index = 0
        while index < heldAdvertisements.count, budget > 0 {
            guard heldAdvertisements[index].due <= now else {
                index &+= 1
                continue
            }
            let bytes = heldAdvertisements.remove(at: index).datagram
            budget &-= 1
            bytes.withUnsafeBytes { view in
                if let datagram = AirDatagram(view) { tell(datagram, now: now, into: &sink) }
            }
        }
    }
}
