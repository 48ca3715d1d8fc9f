/// A street of daemons and those who live in it.
protocol CampaignStreet: AnyObject {
    var houses: [String: House] { get }
    var residents: [String: Resident] { get }
    /// Their home is `left`; beside it, and beside `right`.
    var near: Sensor { get }
    var far: Sensor { get }
}

extension CampaignStreet {
    func house(_ name: String) throws -> House {
        guard let house = houses[name] else { throw CampaignFailure("there is no house \(name)") }
        return house
    }

    func resident(_ name: String) throws -> Resident {
        guard let resident = residents[name] else { throw CampaignFailure("nobody lives in \(name)") }
        return resident
    }

    /// Makes a network of the houses left, middle, right and small, of which `lending` lend their bridges, and adds both
    /// sensors.
    func found(lending: [String]) throws {
        try house("left").tell("POST", "/v1/network", #"{"network":"Elm Street"}"#)
        try resident("left").believe(network: true)
        for (guest, host) in [("middle", "left"), ("right", "middle"), ("small", "left")] {
            try resident(guest).join(by: try house(host), tries: 3)
        }
        for name in lending { try resident(name).tell(.say(false, "hosting")) }
        try resident("left").tell(.add("near", address: near.address))
        try resident("left").tell(.add("far", address: far.address, scope: #"["relay","hold"]"#))
    }
}
