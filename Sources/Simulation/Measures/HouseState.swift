/// How a house is at some time of a run.
public struct HouseState: OptionSet, Sendable {
    public let rawValue: UInt8
    public init(rawValue: UInt8) { self.rawValue = rawValue }

    /// Its host lends nothing: by word or by schedule.
    public static let optedOut = HouseState(rawValue: 1)
    public static let lies = HouseState(rawValue: 2)
    public static let isDown = HouseState(rawValue: 4)
    /// Some other fault is in force.
    public static let isTroubled = HouseState(rawValue: 8)
}

/// From a time on a house is in another state.
public struct HouseStateChange: Sendable {
    public var timeMicroseconds: Int64
    public var house: Int
    public var state: HouseState

    public init(_ timeMicroseconds: Int64, house: Int, _ state: HouseState) {
        (self.timeMicroseconds, self.house, self.state) = (timeMicroseconds, house, state)
    }
}

extension Mesh {
    /// To be called where it may have changed.
    func noteState(_ house: SimulatedHouse) {
        var state: HouseState = []
        if house.isNo { state.insert(.optedOut) }
        if house.isLiar { state.insert(.lies) }
        if house.running == nil { state.insert(.isDown) }
        if house.clock.partsPerMillion != 0 { state.insert(.isTroubled) }
        if house.troubles.begun.contains(where: { isTrouble(faults.timed[Int($0)].fault) }) {
            state.insert(.isTroubled)
        }
        guard state != house.notedState, run.states.count < RunRecord.statesMax else { return }
        house.notedState = state
        run.states.append(HouseStateChange(now, house: house.index, state))
    }

    /// What no other state tells.
    private func isTrouble(_ fault: Fault) -> Bool {
        switch fault {
        case .crash, .optOut: false
        default: true
        }
    }
}
