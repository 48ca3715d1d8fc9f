import Simulation

/// The manual's tables of keys, made from the same pass that reads them.
public enum ScenarioDocuments {
    /// Every key with its form, its default and what it says, in Markdown, for `docs/simulation.md`.
    public static func markdown() -> String {
        var text = ""
        for (title, descriptions) in tables() {
            text += "#### \(title)\n\n| key | value | default | what it says |\n|---|---|---|---|\n"
            for row in descriptions {
                text += "| `\(row.key)` | \(row.form) | \(row.absence) | \(row.explanation) |\n"
            }
            text += "\n"
        }
        return text
    }

    private static func tables() -> [(title: String, rows: [Section.Description])] {
        func rows(_ pass: (Section) -> Void) -> [Section.Description] {
            let section = Section(.describing, path: "", problems: Problems())
            pass(section)
            return section.descriptions
        }
        var scenario = Scenario()
        var tables = [("The scenario", rows { ScenarioPass.scenario($0, &scenario, name: "") })]
        for kind in TopologyPass.Kind.allCases {
            var parts = TopologyPass.Parts()
            parts.kind = kind
            tables.append(("`topology` of the kind `\(kind.rawValue)`", rows { TopologyPass.figures($0, &parts) }))
        }
        var host = HostPlan()
        tables.append(
            ("`hosts`, and each of `other_hosts`", rows { ScenarioPass.host($0, &host, absent: HostPlan()) }))
        var device = DevicePlan()
        tables.append(("Each of `devices`", rows { DevicePass.device($0, &device) }))
        for kind in DevicePass.Kind.allCases {
            var parts = DevicePass.Parts()
            parts.kind = kind
            tables.append(("`traffic` of the kind `\(kind.rawValue)`", rows { DevicePass.figures($0, &parts) }))
        }
        var listed = ListedEmissions(device: 0, microseconds: [])
        tables.append(("Each of `emissions`", rows { ScenarioPass.emission($0, &listed) }))
        var radio = RadioPlan()
        tables.append(("`radio`", rows { RadioPass.radio($0, &radio) }))
        var fault = FaultPlan(.revoke, when: .at(microseconds: 0))
        tables.append(("Each of `faults`", rows { FaultPass.fault($0, &fault) }))
        for kind in FaultPass.Kind.allCases where kind != .revoke {
            var parts = FaultPass.Parts(kind)
            tables.append(("`fault: \(kind.rawValue)`", rows { FaultPass.figures($0, &parts) }))
        }
        var expectation = Expectation("delivery_ratio", .atLeast, 0)
        tables.append(("Each of `expect`", rows { ScenarioPass.expectation($0, &expectation) }))
        return tables
    }
}
