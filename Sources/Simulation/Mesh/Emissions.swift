/// One event of a device, as the laboratory follows it.
struct Emission {
    let device: Int32
    let eventID: UInt64
    let time: Int64
    /// Whether no device sent it: a liar made its packet.
    var isForged: Bool
    /// Whole advertising data, while somebody may hear it.
    var data: [UInt8]
    /// When a bridge first made a packet of it, or its home heard it.
    var heardAt: Int64 = -1
    /// When it was opened and written at its home.
    var openedAt: Int64 = -1
    /// Copies in custody anywhere.
    var copies: Int32 = 0
    /// Bridges that made a packet of it.
    var sealers: Int32 = 0
    /// Whether a copy of it was handed to a bridge that lies, or came from one.
    var hasMetLiar = false
    /// Whether a bridge with a clock that is wrong has made a packet of it: it may expire at any time.
    var hasDoubtfulTime = false
    /// Looks in a row at which a custodian should have brought it home, and whether that, or another loss, was told.
    var overdueLooks: UInt8 = 0
    var isLossTold = false
    var lastReason: UInt8 = Emission.noReason
    /// Where its way is noted (`Mesh+Journeys`); -1 for nowhere.
    var journey: Int32 = -1
    /// Time on the air for its packets, of all copies and both sides.
    var airtime: Int64 = 0

    /// No event's number.
    static let noNumber = Int64.min

    static let noReason: UInt8 = 0xff
    static let confirmedReason: UInt8 = 0xfe
    static let crashReason: UInt8 = 0xfd
    static let refusedReason: UInt8 = 0xfc
}

/// Events that may still be on their way, by their ids. Old ones go when nobody can hold them any more.
struct Emissions {
    /// A day's life, a minute's rounding and a margin.
    static let keptMicroseconds: Int64 = 86_400_000_000 + 900_000_000
    static let keptPlainMicroseconds: Int64 = 600_000_000 + 300_000_000

    /// Those of devices, and those that no device sent: together, for an accessor that can end in two places cannot be
    /// inlined, and takes memory at each call.
    private var lists: [2 of [Emission]] = [[], []]
    private var entries: [Emission] {
        _read { yield lists[0] }
        _modify { yield &lists[0] }
    }
    /// The number of the first of `entries`.
    private var first: Int64 = 0
    private var byID: [UInt64: Int64] = [:]
    /// What no device sent, under numbers below 0: it is followed only while somebody may hold it.
    private var forgeries: [Emission] {
        _read { yield lists[1] }
        _modify { yield &lists[1] }
    }
    private var freeForgeries: [Int] = []

    var count: Int { entries.count }
    var nextNumber: Int64 { first + Int64(entries.count) }
    var forgeryCount: Int { forgeries.count - freeForgeries.count }

    mutating func add(_ emission: Emission) -> Int64 {
        if emission.isForged { return addForgery(emission) }
        let number = nextNumber
        entries.append(emission)
        byID[emission.eventID] = number
        return number
    }

    private mutating func addForgery(_ emission: Emission) -> Int64 {
        let place = freeForgeries.popLast() ?? forgeries.count
        if place == forgeries.count { forgeries.append(emission) } else { forgeries[place] = emission }
        let number = -1 - Int64(place)
        byID[emission.eventID] = number
        return number
    }

    func number(of eventID: UInt64) -> Int64? { byID[eventID] }

    func isKept(_ number: Int64) -> Bool {
        number < 0
            ? -1 - number < Int64(forgeries.count) && forgeries[Int(-1 - number)].isForged
            : number >= first && number < nextNumber
    }

    private func place(_ number: Int64) -> Int { Int(number < 0 ? -1 - number : number - first) }

    subscript(number: Int64) -> Emission {
        _read { yield lists[number < 0 ? 1 : 0][place(number)] }
        _modify { yield &lists[number < 0 ? 1 : 0][place(number)] }
    }

    /// Takes out forgeries from before `time` of which nobody has a copy.
    mutating func retireForgeries(before time: Int64) {
        for place in forgeries.indices {
            let forgery = forgeries[place]
            guard forgery.isForged, forgery.time < time, forgery.copies <= 0 else { continue }
            if byID[forgery.eventID] == -1 - Int64(place) { byID[forgery.eventID] = nil }
            // A free place.
            forgeries[place].isForged = false
            freeForgeries.append(place)
        }
    }

    /// Takes out those from the front that were emitted before `time`; `body` sees each.
    mutating func retire(before time: Int64, _ body: (Emission) -> Void) {
        var count = 0
        while count < entries.count, entries[count].time < time {
            body(entries[count])
            if byID[entries[count].eventID] == first + Int64(count) { byID[entries[count].eventID] = nil }
            count += 1
        }
        guard count > 0 else { return }
        entries.removeFirst(count)
        first += Int64(count)
    }

    /// All of devices that are kept, and all that no device sent.
    var all: [Emission] { entries }
    var forged: [Emission] { forgeries.filter(\.isForged) }

    /// Changes each of a device that is kept.
    mutating func each(_ change: (inout Emission) -> Void) { for place in entries.indices { change(&entries[place]) } }
}
