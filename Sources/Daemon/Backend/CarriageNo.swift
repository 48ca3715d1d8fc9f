import Consent
import ControlAPI
import Storage
import Wire

/// Why no neighbour carries a device's events, as far as the home itself knows it.
struct CarriageNo {
    var why: String
    var remedy: String
}

extension StoredDevice {
    /// What no opt-in lifts.
    func lastingNo(now: WallTime) -> CarriageNo? {
        let again = "remove it, then add it again"
        if isRevoked { return CarriageNo(why: "the grant of \(name) was revoked, which is for good", remedy: again) }
        if Int64(now.seconds) >= optInEnd { return CarriageNo(why: "your opt-in for \(name) ended", remedy: again) }
        guard ConsentBits(rawValue: UInt8(truncatingIfNeeded: scope)).contains(.relay) else {
            return CarriageNo(
                why: "the scope of \(name) lets no neighbour carry its events",
                remedy: "\(again) with --scope relay")
        }
        return nil
    }

    /// What no neighbour need be asked about.
    func carriageNo(now: WallTime) -> CarriageNo? {
        if let no = lastingNo(now: now) { return no }
        return isOptedOut
            ? CarriageNo(why: "you opted \(name) out", remedy: "sidegate opt-in device \"\(name)\"") : nil
    }
}

extension ControlFailure {
    init(_ no: CarriageNo) { self.init(.notCarried, no.why, remedy: no.remedy) }
}
