import Consent
import Sealing
import Wire

/// The beacon values that this bridge sends, and which hellos answer them (`docs/protocol.md`, sections 3 and 4.1).
struct BeaconKeeper {
    static let ephemeralsMax = 64

    /// The value of this slot, then that of the slot before.
    private(set) var network: [BeaconValue] = []
    /// The same of an open invitation.
    private(set) var join: [BeaconValue] = []
    private var ephemerals: [Bytes32] = []
    private var nextEphemeral = 0
    var ephemeralCount: Int { ephemerals.count }

    mutating func roll(network value: BeaconValue) { network = [value] + network.prefix(1) }
    mutating func roll(join value: BeaconValue) { join = [value] + join.prefix(1) }
    mutating func closeInvitation() { join = [] }
    mutating func leave() { self = BeaconKeeper() }

    /// What is to be advertised: the network's beacon while there may be room for a link, and an invitation's.
    func advertisements(isCallable: Bool) -> [[UInt8]] {
        [isCallable ? network.first : nil, join.first].compactMap { value in
            guard let value else { return nil }
            var bytes = [UInt8](repeating: 0, count: BeaconAdvertisement.byteCount)
            let written = bytes.withUnsafeMutableBytes { try? BeaconAdvertisement.write(value, into: $0) }
            return written == bytes.count ? bytes : nil
        }
    }

    /// The beacon value that `hello` answers, told by its MAC; nil if none.
    func answered(by hello: HelloView, kind: LinkSession.Kind, helloKey: KeyedHash) -> Bytes10? {
        guard let mac = Bytes16(hello.mac) else { return nil }
        for value in kind == .join ? join : network {
            let fits = value.bytes.withUnsafeBytes { helloKey.verify16(mac, over: hello.bytesBeforeMAC, $0) }
            if fits { return value.bytes }
        }
        return nil
    }

    /// Notes an ephemeral key; false if it was used before, so that a recorded hello makes nobody work twice.
    mutating func admit(ephemeral: Bytes32) -> Bool {
        guard !ephemerals.contains(ephemeral) else { return false }
        if ephemerals.count < Self.ephemeralsMax {
            ephemerals.append(ephemeral)
        } else {
            ephemerals[nextEphemeral] = ephemeral
            nextEphemeral = (nextEphemeral + 1) % Self.ephemeralsMax
        }
        return true
    }
}
