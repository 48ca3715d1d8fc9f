import Simulation
import Testing

@testable import Scenarios

/// What can be run and is surely not meant.
@Suite struct ScenarioSenseTests {
    private static let devices = "devices: [{owners: [0, 1]}]\n"

    @Test func liarsThatAreNotThereCannotBeHeldToAnything() {
        #expect(
            problems("hold_liars: true\n") == [
                "s.yaml:1:13: There is no liar to be held to the promises. Add a fault such as `{fault: liar, lie: keeps}`, "
                    + "or take `hold_liars` away."
            ])
        #expect(scenario("hold_liars: true\nfaults: [{fault: liar, lie: keeps}]\n") != nil)
        // A shorter run may leave the liar out.
        let late = ScenarioReader.read(
            Array("hold_liars: true\nfaults: [{fault: liar, lie: keeps, at: 9 min}]\n".utf8), file: "s.yaml",
            settings: ["duration=5 min"], isShortened: true)
        guard case .read(let short) = late else { return #expect(Bool(false)) }
        #expect(short.faults.isEmpty)
    }

    @Test func liarThatIgnoresWhatNobodySaysCannotBreakAnything() {
        func held(_ lie: String, _ others: String = "", hosts: String = "") -> [String] {
            problems(
                Self.devices + hosts + "hold_liars: true\nfaults:\n  - {fault: liar, lie: \(lie), houses: [2]}\n"
                    + others)
        }
        #expect(
            held("ignores_opt_outs") == [
                "s.yaml:4:24: The liar is to ignore opt-outs, and no host of its houses ever opts out. Add a fault such as "
                    + "`{fault: opt_out, houses: ..., at: 3 min}` at one of its houses, or take another lie."
            ])
        #expect(held("ignores_revocations").first?.contains("no owner ever revokes a grant") == true)
        #expect(held("ignores_opt_outs", "  - {fault: opt_out, houses: [1], at: 3 min}\n").count == 1, "another host")
        #expect(held("ignores_opt_outs", "  - {fault: opt_out, houses: [1, 2], at: 3 min}\n").isEmpty)
        #expect(held("ignores_opt_outs", "  - {fault: opt_out, houses: 1 at random, at: 3 min}\n").isEmpty)
        #expect(held("ignores_opt_outs", hosts: "hosts: {open: [\"22:00-07:00\"]}\n").isEmpty)
        #expect(held("ignores_opt_outs", hosts: "other_hosts: [{houses: [2], opt_out: true}]\n").isEmpty)
        #expect(held("ignores_revocations", "  - {fault: revoke, houses: [0], at: 3 min}\n").isEmpty)
        // Without `hold_liars` it may lie as it likes.
        #expect(scenario("faults: [{fault: liar, lie: ignores_opt_outs}]\n") != nil)
    }

    @Test func listThatIsNotThereIsMissed() {
        #expect(
            problems("listed: true\n") == [
                "s.yaml:1:9: `listed` stands without `emissions`. List them; `emissions: []` keeps every device silent."
            ])
        #expect(scenario("listed: true\nemissions: []\n")?.emissions == [])
    }

    @Test func writtenListKeepsDevicesSilentThoughItIsEmpty() {
        var silent = Scenario()
        silent.name = "s"
        silent.emissions = []
        #expect(scenario(ScenarioWriter.text(of: silent)) == silent)
    }

    @Test func revocationsNeedAnOwner() {
        #expect(
            problems(Self.devices + "faults:\n  - fault: revoke\n    houses: [1, 3]\n") == [
                "s.yaml:4:13: The owner in house 3 has no device whose grant could be revoked. Name houses that own devices."
            ])
        #expect(scenario(Self.devices + "faults: [{fault: revoke, houses: [0, 1]}]\n") != nil)
        #expect(scenario(Self.devices + "faults: [{fault: revoke}]\n") != nil, "all means those that own some")
        #expect(scenario("devices: [{owners: 50 %}]\nfaults: [{fault: revoke, houses: [3]}]\n") != nil)
    }

    @Test func hostOptsOutButOnce() {
        let out = "other_hosts: [{houses: [2], opt_out: true}]\n"
        #expect(
            problems(out + "faults:\n  - {fault: opt_out, at: 3 min, houses: [2]}\n") == [
                "s.yaml:3:41: The host of house 2 has opted out from the start already. Name other houses, or another time."
            ])
        func faults(_ faults: String...) -> [String] {
            problems("faults:\n" + faults.map { "  - {fault: opt_out, \($0)}\n" }.joined())
        }
        #expect(faults("houses: [1], at: 5 min", "houses: [1, 3], at: 2 min, for: 4 min").isEmpty, "it goes on")
        #expect(problems(out + "faults: [{fault: opt_out, at: 3 min}]\n").isEmpty, "others have not")
        let again = faults("houses: [1], at: 2 min", "houses: [1], at: 3 min, for: 10 s")
        #expect(again.first?.contains("for good before that") == true)
        #expect(faults("houses: [1], at: 2 min, for: 1 min", "houses: [1], at: 3 min").isEmpty)
        #expect(faults("houses: 1 at random, at: 2 min", "houses: [1], at: 3 min").isEmpty, "chance decides")
        #expect(scenario(out + "faults: [{fault: opt_out, every: 2 min, for: 1 min}]\n") != nil)
        #expect(!problems(out + "faults: [{fault: opt_out, every: 2 min, houses: [2]}]\n").isEmpty)
        // What chance drew stands in a list that shrinking made.
        let drawn =
            "listed: true\nemissions: []\nfaults:\n"
            + "  - {fault: opt_out, houses: [1], at: 2 min}\n  - {fault: opt_out, houses: [1], at: 3 min}\n"
        #expect(scenario(drawn)?.faults.count == 2)
    }

    @Test func devicesAreSilentUntilTheNetworkHasSettled() {
        #expect(
            problems("devices:\n  - traffic:\n      kind: at\n      at: [2 min, 30 s]\n") == [
                "s.yaml:4:19: The event at 30 s lies before `settle` is over, and devices are silent until then. Give times "
                    + "from 1 min on, or less time to settle."
            ])
        #expect(
            problems("devices: [{}]\nlisted: true\nemissions: [{device: 0, at: [59500 ms]}]\n").first?.contains(
                "The event at 59500 ms") == true)
        #expect(scenario("settle: 30 s\ndevices: [{traffic: {kind: at, at: [30 s]}}]\n") != nil)
    }

    @Test func boundsOfOneFigureAreTwoExpectations() {
        #expect(
            problems("expect:\n  - {figure: hops, at_least: 1, at_most: 3}\n") == [
                "s.yaml:2:42: `expect[0].at_most` stands beside `at_least`. Take one of the two away; a range is two entries "
                    + "of `expect` for the same figure."
            ])
    }

    @Test func keyThatAnotherStandsInForIsMissedWithThat() {
        #expect(
            problems("expect: [{figure: delivery_ratio}]\n") == [
                "s.yaml:1:10: `expect[0].at_most` is missing. Give 0 % to 100 %, unless `at_least` is given."
            ])
        #expect(
            problems("topology: {kind: links}\n").first?.hasSuffix("path's loss, unless `file` is given.") == true)
    }

    @Test func linksComeFromOnePlace() {
        let files = LinkFiles { _ in Array("0-1 70 dB\n".utf8) }
        #expect(
            problems("topology:\n  kind: links\n  houses: 2\n  file: l\n  links: [0-1 70 dB]\n", files: files) == [
                "s.yaml:5:10: `topology.links` stands beside `file`, which lists the links. Take one of the two away."
            ])
    }

    @Test func otherKindOnTheCommandLineWantsItsOwnKeys() {
        let terrace = "topology: {kind: terrace, houses: 4, frontage: 5 m, street: 9 m}\n"
        #expect(
            problems(terrace, set: ["topology.kind=ring"]) == [
                "--set topology.kind=ring: The file's section has keys of another kind, which `ring` does not have: `frontage`, "
                    + "`street`. Replace the whole section: `--set 'topology={kind: ring, ...}'`."
            ])
        #expect(scenario(terrace, set: ["topology={kind: ring, houses: 5}"]) != nil)
        #expect(
            scenario("topology: {kind: line, houses: 4}\n", set: ["topology.kind=ring"]) != nil, "all keys are known")
        // A slip of the pen is told as one.
        #expect(problems("topology: {kind: ring, huoses: 4}\n").first?.contains("Did you mean `houses`?") == true)
    }
}
