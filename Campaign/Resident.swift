import Foundation
import SeededRandom

/// Gives one house its commands, one after another, until it is killed, and remembers what was acknowledged.
final class Resident: @unchecked Sendable {
    private let house: House
    private let extras: [String]
    private var random: SplitMix64
    // Only the thread of the commands touches these between `beginCommands` and `endCommands`.
    var belief = Belief()
    private(set) var acknowledged = 0
    private(set) var refused = 0
    private(set) var cutShort = 0
    private let ended = DispatchSemaphore(value: 0)

    init(of house: House, seed: UInt64, extras: [String]) {
        self.house = house
        self.extras = extras
        random = SplitMix64(seed: seed)
    }

    func believe(network: Bool) {
        belief.acknowledged(Change(thing: "network", value: network ? "present" : "absent", method: "", path: ""))
    }

    /// Does what must succeed.
    func tell(_ change: Change) throws {
        belief.begin(change)
        try house.tell(change.method, change.path, change.body)
        belief.acknowledged(change)
    }

    /// Joins by an invitation, which takes until the bridges hear each other.
    func join(by inviter: House, tries: Int) throws {
        for _ in 0..<tries {
            guard let code = try inviter.tell("POST", "/v1/network/invite")["code"] as? String else { continue }
            let change = Self.joining(code)
            belief.begin(change)
            if house.ask(change.method, change.path, change.body)?.0 == 200 { return belief.acknowledged(change) }
        }
        throw CampaignFailure("\(house.name) cannot join")
    }

    private static func joining(_ code: String) -> Change {
        Change(
            thing: "network", value: "present", method: "POST", path: "/v1/network/join", body: #"{"code":"\#(code)"}"#)
    }

    // MARK: Until the kill

    func beginCommands(inviter: House) {
        Thread { [self] in
            while let change = next(inviter), run(change) {}
            ended.signal()
        }.start()
    }

    func endCommands() { ended.wait() }

    /// So many commands, done or refused.
    func giveCommands(_ count: Int, inviter: House) {
        for _ in 0..<count {
            guard let change = next(inviter), run(change) else { return }
        }
    }

    /// False once the house is dead.
    private func run(_ change: Change) -> Bool {
        belief.begin(change)
        // Removing revokes first.
        if change.method == "DELETE" {
            belief.begin(Change(thing: change.thing, value: "revoked", method: "", path: ""))
        }
        guard let (status, _) = house.ask(change.method, change.path, change.body) else {
            cutShort += 1
            return false
        }
        if status == 200 {
            acknowledged += 1
            belief.acknowledged(change)
        } else {
            refused += 1
        }
        return true
    }

    private func next(_ inviter: House) -> Change? {
        if house.name == "guest", random.chance(70) {
            if belief["network"].contains("present") {
                return Change(thing: "network", value: "absent", method: "POST", path: "/v1/network/leave")
            }
            guard let code = inviter.ask("POST", "/v1/network/invite")?.1["code"] as? String else { return nil }
            return Self.joining(code)
        }
        guard let name = extras.randomElement(using: &random), random.chance(70) else {
            return .say(random.chance(50), random.chance(70) ? "hosting" : "requests")
        }
        let states = belief["device \(name)"]
        let place = extras.firstIndex(of: name) ?? 0
        if states.contains("absent") { return .add(name, address: "54:48:E6:8F:81:0\(place)") }
        if states.contains("revoked") || random.chance(20) { return .remove(name) }
        if random.chance(25) { return .revoke(name) }
        return .sayOfDevice(!states.contains("no"), name)
    }
}
