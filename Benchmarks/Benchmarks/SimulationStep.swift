import Glibc
import Simulation

func simulationStep() throws -> [Line] {
    let arguments = CommandLine.arguments.compactMap { Int($0) }
    let (columns, rows) = (arguments.first ?? 10, arguments.count > 1 ? arguments[1] : 10)
    let seconds = arguments.count > 2 ? arguments[2] : 600
    var scenario = Scenario()
    scenario.topology = .grid(columns: columns, rows: rows, spacingMetres: 12)
    scenario.durationMicroseconds = Int64(seconds) * 1_000_000
    if CommandLine.arguments.contains("joining") { scenario.beginning = .joining }
    var device = DevicePlan()
    device.placement = .away
    if !CommandLine.arguments.contains("nodevices") { scenario.devices = [device] }
    var start = timespec()
    clock_gettime(CLOCK_MONOTONIC, &start)
    func passed() -> Double {
        var now = timespec()
        clock_gettime(CLOCK_MONOTONIC, &now)
        return Double(now.tv_sec - start.tv_sec) + Double(now.tv_nsec - start.tv_nsec) / 1e9
    }
    let mesh = try Mesh(scenario, seed: 1)
    let made = passed()
    mesh.runToEnd()
    let took = passed() - made
    let record = mesh.record
    print("made in \(made) s, ran in \(took) s: \(Double(columns * rows * seconds) / took) node-seconds a second")
    print("steps \(record.steps), links \(record.links.count), journeys \(record.journeys.count)")
    for figure in record.figures {
        print(figure.name, figure.unit, figure.count, figure.median, figure.percentile99, figure.maximum)
    }
    for count in record.drops + record.checks { print(count.name, count.count) }
    for broken in record.broken { print(broken) }
    return []
}
