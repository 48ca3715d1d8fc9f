/// The ways of events that are not in the sample that a run leaves: each is followed until it came home, so that the
/// figures count it, and forgotten then.
struct PassingJourneys {
    private var journeys: [Journey] = []
    private var free: [Int] = []
    var count: Int { journeys.count - free.count }

    mutating func add(_ journey: Journey) -> Int {
        guard let place = free.popLast() else {
            journeys.append(journey)
            return journeys.count - 1
        }
        journeys[place] = journey
        return place
    }

    mutating func remove(_ place: Int) {
        // Its lists are given back, the place is not.
        journeys[place] = Journey(device: 0, emittedMicroseconds: 0)
        free.append(place)
    }

    subscript(place: Int) -> Journey {
        _read { yield journeys[place] }
        _modify { yield &journeys[place] }
    }
}

/// An event's way has one of two places: in the sample, which is spread evenly over the run and is what animations show,
/// or among those that are forgotten. In an emission a number from 0 on is a place in the sample, one from -2 down is one
/// among the others.
extension Mesh {
    static let noJourney: Int32 = -1

    private static func passingPlace(_ place: Int32) -> Int { -2 - Int(place) }

    func journey(_ place: Int32) -> Journey? {
        if place >= 0 { return run.journeys[Int(place)] }
        return place == Self.noJourney ? nil : passing[Self.passingPlace(place)]
    }

    @inline(__always)
    func changeJourney(_ place: Int32, _ change: (inout Journey) -> Void) {
        if place >= 0 {
            change(&run.journeys[Int(place)])
        } else if place != Self.noJourney {
            change(&passing[Self.passingPlace(place)])
        }
    }

    /// Of the event that is emitted next. Every one is in the sample until that is full; then every second one goes, and
    /// from there on every second one only is taken, and so on.
    func startJourney(device: Int) -> Int32 {
        let journey = Journey(device: device, emittedMicroseconds: now)
        if run.journeys.count >= journeysKeptMax { thinJourneys() }
        guard emissions.nextNumber % journeyStride == 0 else { return pass(journey) }
        run.journeys.append(journey)
        return Int32(run.journeys.count - 1)
    }

    private func pass(_ journey: Journey) -> Int32 { Int32(-2 - passing.add(journey)) }

    private func thinJourneys() {
        journeyStride *= 2
        let before = run.journeys
        run.journeys = stride(from: 0, to: before.count, by: 2).map { before[$0] }
        emissions.each { emission in
            guard emission.journey >= 0 else { return }
            let place = Int(emission.journey)
            if place % 2 == 0 {
                emission.journey = Int32(place / 2)
            } else {
                emission.journey = emission.openedAt < 0 ? pass(before[place]) : Self.noJourney
            }
        }
    }

    /// Nothing more is asked of an event's way.
    func endJourney(_ number: Int64) {
        forgetJourney(emissions[number].journey)
        if emissions[number].journey < 0 { emissions[number].journey = Self.noJourney }
    }

    func forgetJourney(_ place: Int32) { if place < Self.noJourney { passing.remove(Self.passingPlace(place)) } }

    /// Hops of the way by which it first came to a house, backwards from there to a house that heard it before any copy
    /// came to it.
    func pathLength(_ journey: Journey, to house: Int) -> Int {
        var (at, time, length) = (house, Int64.max, 0)
        // Hops and hearers are noted as time passes, so the first found is the first there was.
        while let hop = journey.hops.first(where: { $0.to == at }), hop.timeMicroseconds < time {
            if let place = journey.heardBy.firstIndex(of: at), journey.heardMicroseconds[place] <= hop.timeMicroseconds
            {
                break
            }
            (at, time, length) = (hop.from, hop.timeMicroseconds, length + 1)
        }
        return length
    }
}
