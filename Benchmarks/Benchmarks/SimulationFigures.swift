import Simulation

/// What the core reaches in the laboratory.
enum LaboratoryFigures {
    private static func figure(_ record: RunRecord, _ name: String) -> Figure? {
        record.figures.first { $0.name == name }
    }

    /// A grid of 5 by 5 in which each house hears its eight neighbours; one device, opposite its owner. At -30 dBm one house
    /// hears it; at 0 dBm, as devices come, its neighbours do too.
    private static func grid(frameLoss: Double, deviceDBm: Double = -30) -> Scenario {
        var links: [RadioLink] = []
        for house in 0..<25 {
            for (east, north) in [(1, 0), (0, 1), (1, 1), (-1, 1)] {
                let (column, row) = (house % 5 + east, house / 5 + north)
                guard (0..<5).contains(column), row < 5 else { continue }
                links.append(RadioLink(house, row * 5 + column, lossDecibels: east != 0 && north != 0 ? 80 : 76))
            }
        }
        var scenario = Scenario()
        scenario.topology = .links(houses: 25, links)
        scenario.radio.frameLoss = frameLoss
        scenario.durationMicroseconds = 3_600_000_000
        scenario.settleMicroseconds = 300_000_000
        var device = DevicePlan()
        device.owners = .houses([0])
        device.placement = .beside(house: 24)
        device.transmitPowerDBm = deviceDBm
        device.traffic = .periodic(seconds: 20)
        scenario.devices = [device]
        return scenario
    }

    static func cornerToCorner() throws -> [Line] {
        let mesh = try Mesh(grid(frameLoss: 0), seed: 1)
        mesh.runToEnd()
        let record = mesh.record
        LaboratorySpeed.report(record)
        let airtime = (figure(record, "airtime_per_event")?.mean ?? 1e9) / 1_000
        let latency = figure(record, "latency_per_hop")?.median ?? 1e9
        let upkeep = (figure(record, "upkeep_airtime")?.mean ?? 1e9) * 100
        let lossy = try Mesh(grid(frameLoss: 0.1), seed: 1)
        lossy.runToEnd()
        LaboratorySpeed.report(lossy.record)
        let delivery = (figure(lossy.record, "delivery_ratio")?.mean ?? 0) * 100
        return [
            LaboratorySpeed.line(
                "25-node grid, corner to corner, device heard by one house: airtime an event", airtime, atMost: 10,
                unit: "ms"),
            LaboratorySpeed.line("25-node grid: latency a hop, median", latency, atMost: 60, unit: "ms"),
            LaboratorySpeed.line("25-node grid: links' upkeep of airtime", upkeep, atMost: 1.5, unit: "%"),
            LaboratorySpeed.line("25-node grid, 10 % frame loss: delivered", delivery, atLeast: 99.9, unit: "%"),
        ] + (try beside(airtime: airtime))
    }

    /// What the grid's airtime is to be read beside, without a limit: the same event where several houses hear the device
    /// and send it each, and managed flooding of it over the same radio, of which the first house that hears it sends.
    private static func beside(airtime: Double) throws -> [Line] {
        func milliseconds(_ record: RunRecord) -> Double { (figure(record, "airtime_per_event")?.mean ?? 1e9) / 1_000 }
        let loud = grid(frameLoss: 0, deviceDBm: 0)
        let mesh = try Mesh(loud, seed: 1)
        mesh.runToEnd()
        LaboratorySpeed.report(mesh.record)
        let flooded = try ManagedFlooding.run(grid(frameLoss: 0), seed: 1)
        let sparing = try ManagedFlooding.run(grid(frameLoss: 0), seed: 1, settings: .sparing)
        return [
            ("25-node grid, device at 0 dBm: airtime an event", milliseconds(mesh.record)),
            ("25-node grid, managed flooding: airtime an event", milliseconds(flooded)),
            ("25-node grid, managed flooding, everything sent once: airtime an event", milliseconds(sparing)),
        ].map { what, value in
            Line(
                what: what, figure: number(value, 1) + " ms",
                against: "Sidegate, device heard by one house: \(number(airtime, 1)) ms", ratio: value / airtime,
                limit: nil)
        }
    }

    /// Fields of 50 houses, so wide that a house hears so many others on average, whose radio graph is connected: each house
    /// has a device beside some other one, and one data PDU in ten is lost.
    static func degrees() throws -> [Line] {
        var lines: [Line] = []
        for wanted in [5.0, 8, 12, 18, 26] {
            var (events, delivered, fields, seed) = (0.0, 0.0, 0, UInt64(0))
            var side = 230.0 / wanted.squareRoot()
            while fields < 4 {
                seed += 1
                let mesh = try Mesh(field(side: side), seed: seed)
                // The next field is narrower or wider where a house of this one heard too few others or too many.
                side *= min(max((mesh.radioDegree / wanted).squareRoot(), 0.8), 1.25)
                guard abs(mesh.radioDegree / wanted - 1) < 0.15, mesh.radioParts == 1 else { continue }
                mesh.runToEnd()
                guard let ratio = figure(mesh.record, "delivery_ratio") else { continue }
                fields += 1
                events += Double(ratio.count)
                delivered += ratio.mean * Double(ratio.count)
            }
            print("# degree \(wanted): \(Int((events - delivered).rounded())) of \(Int(events)) events not delivered")
            let what = "fields of 50 houses, radio degree \(Int(wanted)), 10 % frame loss: delivered"
            lines.append(LaboratorySpeed.line(what, delivered / max(events, 1) * 100, atLeast: 99.9, unit: "%"))
        }
        return lines
    }

    private static func field(side: Double) -> Scenario {
        var scenario = Scenario()
        scenario.topology = .field(houses: 50, widthMetres: side, heightMetres: side)
        scenario.radio.frameLoss = 0.1
        scenario.durationMicroseconds = 2_400_000_000
        scenario.settleMicroseconds = 300_000_000
        var device = DevicePlan()
        device.placement = .away
        device.traffic = .poisson(meanSeconds: 120)
        scenario.devices = [device]
        return scenario
    }

    /// Random streets whose radio graph is connected: in how many the links are within 60 s.
    static func links(streets: Int) throws -> [Line] {
        var (connected, late, seed) = (0, [UInt64](), UInt64(0))
        while connected + late.count < streets {
            seed += 1
            var scenario = Scenario()
            let houses = 8 + Int(seed * 7 % 33)
            let side = Double(houses).squareRoot() * (11 + Double(seed % 5))
            scenario.topology = .field(houses: houses, widthMetres: side, heightMetres: side)
            scenario.durationMicroseconds = 60_000_000
            scenario.settleMicroseconds = 59_000_000
            let mesh = try Mesh(scenario, seed: seed)
            guard mesh.radioParts == 1 else { continue }
            mesh.runToEnd()
            if figure(mesh.record, "links_connected_after") != nil { connected += 1 } else { late.append(seed) }
        }
        if !late.isEmpty { print("# not joined within 60 s: seeds \(late)") }
        let part = Double(connected) / Double(streets) * 100
        let what = "\(streets) random streets: links joined within 60 s"
        return [LaboratorySpeed.line(what, part, atLeast: 99.9, unit: "%")]
    }

    /// One revocation a quarter of a minute, each of another owner's device, the last with a minute left. Where devices are
    /// silent, whatever is lent is lent to records.
    ///
    /// - Parameter isSpeaking: each house has a device that speaks once a minute; else one in ten has one, that is silent.
    static func revocation(houses: Int, isSpeaking: Bool) throws -> [Line] {
        var scenario = Scenario()
        scenario.topology = .terrace(houses: houses, frontageMetres: 8, streetMetres: 14)
        scenario.durationMicroseconds = 300_000_000
        var device = LaboratorySpeed.neighbourly(spread: 2)
        let owners = Array(stride(from: 0, to: houses, by: isSpeaking ? 1 : 10))
        device.owners = .houses(owners)
        device.traffic = isSpeaking ? .poisson(meanSeconds: 60) : .at([])
        scenario.devices = [device]
        let times = Array(stride(from: Int64(60), through: 240, by: 15))
        scenario.faults = times.enumerated().map { number, second in
            let owner = owners[number * owners.count / times.count]
            return FaultPlan(.revoke, houses: .houses([owner]), when: .at(microseconds: second * 1_000_000))
        }
        let mesh = try Mesh(scenario, seed: 1)
        mesh.runToEnd()
        let record = mesh.record
        LaboratorySpeed.report(record)
        let reach = figure(record, "revocation_reach")
        let unreached = figure(record, "revocations_unreached")
        // One that was never begun would be reached by nobody, and missed by nobody.
        let begun = unreached?.count ?? 0
        let missing = Double(times.count - begun) + (unreached?.mean ?? 0)
        let beside = isSpeaking ? "beside traffic a" : "a"
        var lines = [
            LaboratorySpeed.line(
                "\(beside) revocation reaches 99 % of \(houses) bridges (slowest of \(times.count))",
                reach?.maximum ?? 1e9, atMost: 60, unit: "s"),
            Line(
                what: "the same: revocations that do not reach 99 %", figure: number(missing),
                against: "none", ratio: missing, limit: 0),
        ]
        guard !isSpeaking else { return lines }
        let bytesASecond = Double(scenario.hosts.lending.rateBits) / 8
        // Told by tenths of the run, of which the first two are before the first revocation: all links are made then, and
        // their ends tell each other all records.
        let later = record.houses.map { Double($0.lentBytes.dropFirst(2).reduce(0, +)) / (bytesASecond * 240) * 100 }
        let whole = record.houses.map { Double($0.lentBytes.reduce(0, +)) / (bytesASecond * 300) * 100 }
        print("# over the whole run the busiest bridge lent \(number(whole.max() ?? 1e9, 2)) % of its rate to records")
        lines += [
            LaboratorySpeed.line(
                "the same: lent to records by the busiest bridge, of its rate, from the first revocation on",
                later.max() ?? 1e9, atMost: 10, unit: "%"),
            LaboratorySpeed.line(
                "the same: lent to records on average over the whole run, which begins with all of them",
                whole.reduce(0, +) / Double(houses), atMost: 10, unit: "%"),
        ]
        return lines
    }
}
