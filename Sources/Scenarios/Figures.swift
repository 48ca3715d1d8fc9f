import Settings
import Simulation

/// What figures count in, and how a scenario says their values.
enum FigureUnit: Sendable {
    case ratio, milliseconds, seconds, microseconds, number

    /// Every figure of a run, with its unit.
    static let all: [(name: String, unit: FigureUnit)] = [
        ("delivery_ratio", .ratio), ("pending_ratio", .ratio), ("heard_ratio", .ratio),
        ("undelivered_by_owner", .ratio), ("hops", .number), ("latency", .milliseconds),
        ("latency_per_hop", .milliseconds),
        ("latency_alarm", .milliseconds), ("latency_event", .milliseconds), ("latency_telemetry", .milliseconds),
        ("airtime_per_event", .microseconds), ("airtime_by_event", .microseconds), ("upkeep_airtime", .ratio),
        ("fairness", .ratio), ("route_convergence", .seconds), ("routes_unconverged", .number),
        ("opt_out_spread", .seconds), ("opt_outs_unspread", .number), ("revocation_spread", .seconds),
        ("revocation_reach", .seconds), ("revocations_unreached", .number), ("links_connected_after", .seconds),
    ]

    static func of(_ figure: String) -> FigureUnit {
        all.first { $0.name == figure }?.unit ?? .ratio
    }

    /// Values are kept in the figure's unit.
    var form: Form<Double> {
        let factor: Double
        switch self {
        case .ratio: return .measure(.share, 0...1)
        case .number: return .number(0...1_000_000)
        case .microseconds: factor = 1
        case .milliseconds: factor = 1_000
        case .seconds: factor = 1_000_000
        }
        let time = Form<Int64>.time(0...ScenarioPass.durationMax)
        return Form(summary: "a percentage or a time, by the figure") { node, path throws(SettingsFault) in
            Double(try time.read(node, path)) / factor
        } write: {
            time.write(Int64(($0 * factor).rounded()))
        }
    }
}

extension Form where Value == String {
    /// The name of a figure.
    static var figure: Self {
        Form<String>.choice(FigureUnit.all.map { Word($0.name, $0.name) })
    }
}
