import Glibc
import Simulation

/// The laboratory's speed, and the core's figures in it. Of the arguments behind `simulation` the first names one part;
/// behind `memory` the number of houses may follow.
func simulationStep() throws -> [Line] {
    let arguments = Array(CommandLine.arguments.drop { $0 != "simulation" }.dropFirst())
    let wanted = arguments.first
    var lines: [Line] = []
    if wanted == nil || wanted == "speed" { lines += try LaboratorySpeed.street() }
    if wanted == nil || wanted == "corner" { lines += try LaboratoryFigures.cornerToCorner() }
    if wanted == nil || wanted == "links" { lines += try LaboratoryFigures.links(streets: 200) }
    if wanted == nil || wanted == "degrees" { lines += try LaboratoryFigures.degrees() }
    if wanted == nil || wanted == "revocation" {
        for isSpeaking in [false, true] {
            lines += try LaboratoryFigures.revocation(houses: 1_000, isSpeaking: isSpeaking)
        }
    }
    if wanted == "day" { lines += try LaboratorySpeed.day() }
    if wanted == "memory" {
        lines += try LaboratorySpeed.memory(houses: arguments.dropFirst().first.flatMap { Int($0) } ?? 10_000)
    }
    if wanted == "all-links" { lines += try LaboratoryFigures.links(streets: 1_000) }
    return lines
}

/// How fast meshes run.
enum LaboratorySpeed {
    static func seconds() -> Double {
        var now = timespec()
        // Of this process's own: what else the machine does is left out.
        clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &now)
        return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
    }

    /// 100 bridges, each with a device that is beside a neighbour and speaks once a minute; with modelled cryptography if
    /// its library is loaded.
    static func street() throws -> [Line] {
        var scenario = Scenario()
        scenario.topology = .terrace(houses: 100, frontageMetres: 8, streetMetres: 14)
        scenario.durationMicroseconds = 1_320_000_000
        scenario.devices = [neighbourly(spread: 3)]
        let mesh = try Mesh(scenario, seed: 1)
        mesh.run(untilMicroseconds: 120_000_000)
        let start = seconds()
        mesh.runToEnd()
        let rate = 100 * 1_200 / (seconds() - start)
        report(mesh.record)
        let isModelled = mesh.record.usesModelledCryptography
        let what =
            "100 bridges at an event a minute, \(isModelled ? "modelled" : "real") cryptography: node-seconds a second"
        return [line(what, rate, atLeast: isModelled ? 200_000 : 50_000, unit: "")]
    }

    /// A device of each house that stands a few houses further on.
    static func neighbourly(spread: Int) -> DevicePlan {
        var device = DevicePlan()
        device.placement = .near(metres: Double(spread) * 8)
        return device
    }

    static func day() throws -> [Line] {
        var scenario = Scenario()
        scenario.topology = .terrace(houses: 1_000, frontageMetres: 8, streetMetres: 14)
        scenario.durationMicroseconds = 86_400_000_000
        var device = neighbourly(spread: 3)
        device.owners = .percent(10)
        device.traffic = .poisson(meanSeconds: 600)
        scenario.devices = [device]
        let start = seconds()
        let mesh = try Mesh(scenario, seed: 1)
        for hour in 1...24 as ClosedRange<Int64> {
            mesh.run(untilMicroseconds: hour * 3_600_000_000)
            print("# \(hour) h in \(number(seconds() - start, 1)) s")
            fflush(nil)
        }
        report(mesh.record)
        return [line("1,000 bridges for a day", seconds() - start, atMost: 600, unit: "s")]
    }

    /// Networks of 1,000 members each, if `houses` is a multiple of 1,000: a bridge takes the same in all of them.
    static func memory(houses: Int) throws -> [Line] {
        var scenario = Scenario()
        scenario.topology = .terrace(houses: houses, frontageMetres: 8, streetMetres: 14)
        scenario.durationMicroseconds = 30_000_000
        scenario.settleMicroseconds = 10_000_000
        var device = neighbourly(spread: 3)
        device.owners = .percent(0.4)
        scenario.devices = [device]
        let mesh = try Mesh(scenario, seed: 1)
        print("made: \(residentMegabytes()) MB")
        mesh.runToEnd()
        report(mesh.record)
        let what = "\(houses) bridges with 1,000 records"
        return [line(what, residentMegabytes(), atMost: 0.4096 * Double(houses), unit: "MB")]
    }

    static func residentMegabytes() -> Double {
        guard let file = fopen("/proc/self/statm", "r") else { return 0 }
        defer { fclose(file) }
        var text = [CChar](repeating: 0, count: 200)
        guard fgets(&text, 200, file) != nil else { return 0 }
        let words = String(decoding: text.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        let pages = words.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
        return pages * 4_096 / 1e6
    }

    static func line(_ what: String, _ value: Double, atLeast limit: Double, unit: String) -> Line {
        Line(
            what: what, figure: number(value, 0) + " " + unit, against: "at least " + number(limit, 0),
            ratio: limit / max(value, 1e-9), limit: 1)
    }

    static func line(_ what: String, _ value: Double, atMost limit: Double, unit: String) -> Line {
        Line(
            what: what, figure: number(value, 1) + " " + unit, against: "at most " + number(limit, 1),
            ratio: value / limit, limit: 1)
    }

    static func report(_ record: RunRecord) {
        for figure in record.figures {
            print("#", figure.name, figure.unit, figure.count, figure.median, figure.percentile99, figure.maximum)
        }
        print("#", record.drops.map { "\($0.name) \($0.count)" }, "steps", record.steps, "links", record.links.count)
        for broken in record.broken { print("# BROKEN", broken) }
    }
}
