import Foundation

/// What a house must hold, as its people were told. A command that was cut short may or may not have been done.
struct Belief {
    /// What each thing may be: one value once it was acknowledged, two while nobody knows.
    private var values: [String: Set<String>] = [
        "no hosting": ["true"], "no requests": ["false"], "network": ["absent"],
    ]

    subscript(_ thing: String) -> Set<String> { values[thing] ?? ["absent"] }

    mutating func begin(_ change: Change) { values[change.thing, default: ["absent"]].insert(change.value) }
    mutating func acknowledged(_ change: Change) { values[change.thing] = [change.value] }

    /// Compares the disk with what was told, and from now on believes the disk. Returns what is wrong.
    mutating func check(_ disk: DiskState) -> [String] {
        var wrong: [String] = []
        var found: [String: String] = ["network": disk.hasNetwork ? "present" : "absent"]
        for subject in ["hosting", "requests"] {
            found["no \(subject)"] = disk.noes[subject].map { "\($0)" } ?? "missing"
        }
        for (name, state) in disk.devices { found["device \(name)"] = state }
        for thing in Set(values.keys).union(found.keys).sorted() {
            let value = found[thing] ?? "absent"
            if !self[thing].contains(value) {
                wrong.append(
                    "\(thing) is \(value), and was acknowledged as \(self[thing].sorted().joined(separator: " or "))")
            }
            values[thing] = [value]
        }
        return wrong
    }
}

/// One command and what it makes true.
struct Change: Sendable {
    var thing: String
    var value: String
    var method: String
    var path: String
    var body = ""

    static func say(_ isNo: Bool, _ what: String) -> Change {
        Change(
            thing: "no \(what)", value: "\(isNo)", method: "POST", path: isNo ? "/v1/noes" : "/v1/yeses",
            body: #"{"what":"\#(what)"}"#)
    }

    static func add(_ name: String, address: String, scope: String = #"["relay"]"#) -> Change {
        let body = """
            {"address":"\(address)","bindKey":"\(Sensor.bindKey)","name":"\(name)","class":"event","scope":\(scope),\
            "ratePerMinute":255}
            """
        return Change(thing: "device \(name)", value: "live", method: "POST", path: "/v1/devices", body: body)
    }

    static func sayOfDevice(_ isNo: Bool, _ name: String) -> Change {
        Change(
            thing: "device \(name)", value: isNo ? "no" : "live", method: "POST",
            path: isNo ? "/v1/noes" : "/v1/yeses", body: #"{"what":"device","device":"\#(name)"}"#)
    }

    static func revoke(_ name: String) -> Change {
        Change(thing: "device \(name)", value: "revoked", method: "POST", path: "/v1/devices/\(name)/revoke")
    }

    static func remove(_ name: String) -> Change {
        Change(thing: "device \(name)", value: "absent", method: "DELETE", path: "/v1/devices/\(name)")
    }
}
