import ControlAPI
import Glibc
import Simulation

/// Real daemons on a virtual air, with the houses, radio and settings of a scenario: what live mode runs.
final class LiveStreet {
    static let housesMax = 50
    /// What a path loses at least, in percent, to be left out.
    private static let lossMax = 95.0

    let scenario: Scenario
    let directory: String
    let propagation: Propagation
    /// Houses that hear each other with these losses in percent, both ways; cut ones are left out of the street's file.
    private var isMute: [Bool]
    private var isDeaf: [Bool]
    private var sides: [Int]
    private var processes: [pid_t] {
        didSet { for place in processes.indices { LiveProcesses.note(processes[place], at: place) } }
    }

    /// - Parameter scenario: with explicit times and places.
    init(_ scenario: Scenario) throws {
        self.scenario = scenario
        let places = Layout.places(of: scenario.topology, seed: scenario.seed)
        propagation =
            if case .links(let houses, let links) = scenario.topology {
                Propagation(plan: scenario.radio, houses: houses, links: links, seed: scenario.seed)
            } else {
                Propagation(plan: scenario.radio, places: places, seed: scenario.seed)
            }
        let houses = propagation.houses
        isMute = Array(repeating: false, count: houses)
        isDeaf = isMute
        sides = Array(repeating: 0, count: houses)
        processes = Array(repeating: 0, count: houses)
        var template = Array("/tmp/sidegate-live-XXXXXX".utf8CString)
        guard let path = mkdtemp(&template) else {
            throw CommandEnd(ExitMeaning.refused, "/tmp cannot be written: \(String(cString: strerror(errno)))")
        }
        directory = String(cString: path)
    }

    var houses: Int { propagation.houses }
    func client(_ house: Int) -> ControlClient { ControlClient(path: "\(directory)/h\(house).sock") }

    // MARK: The air

    /// Writes who hears whom, as the air's radios read it.
    func writeStreet() throws {
        var lines: [String] = []
        for house in 0..<houses {
            for neighbour in propagation.neighbours(of: house) {
                if isMute[house] || isDeaf[neighbour.house] || sides[house] != sides[neighbour.house] { continue }
                line("h\(house)", neighbour, &lines)
            }
        }
        for (number, device) in scenario.devices.enumerated() {
            guard case .at(let place) = device.placement else { continue }
            let spot = Spot(place: place, house: nearest(to: place))
            for neighbour in propagation.neighbours(of: spot, transmitDBm: device.transmitPowerDBm)
            where !isDeaf[neighbour.house] {
                line("d\(number)", neighbour, &lines)
            }
        }
        try OutputFile.write(lines.joined(separator: "\n") + "\n", to: "\(directory)/street")
    }

    private func line(_ from: String, _ to: Neighbour, _ lines: inout [String]) {
        let lost = propagation.errors.loss(payloadBytes: 37, powerDBm: to.dBm)
        let loss = (1 - (1 - lost) * (1 - scenario.radio.frameLoss)) * 100
        if loss < Self.lossMax, lines.count < 4_000 {
            lines.append(
                "\(from) -> h\(to.house) loss \(Int(loss.rounded())) signal \(Int(max(-120, min(20, to.dBm))))")
        }
    }

    private func nearest(to place: Place) -> Int {
        let places = Layout.places(of: scenario.topology, seed: scenario.seed)
        func square(_ other: Place) -> Double {
            let (east, north, height) = (
                other.east - place.east, other.north - place.north, other.height - place.height
            )
            return east * east + north * north + height * height
        }
        return places.indices.min { square(places[$0]) < square(places[$1]) } ?? 0
    }

    func setMute(_ house: Int, _ value: Bool) { isMute[house] = value }
    func setDeaf(_ house: Int, _ value: Bool) { isDeaf[house] = value }
    func setSide(_ house: Int, _ value: Int) { sides[house] = value }

    /// Houses that the radio joins to house 0, each with the one that it joins by, the founder first.
    func joiningOrder() -> [(house: Int, by: Int?)] {
        var order: [(house: Int, by: Int?)] = [(0, nil)]
        var isIn = Array(repeating: false, count: houses)
        isIn[0] = true
        var next = 0
        while next < order.count {
            let inviter = order[next].house
            next += 1
            for neighbour in propagation.neighbours(of: inviter) where !isIn[neighbour.house] {
                // Well enough that an invitation does not take minutes.
                guard propagation.errors.loss(payloadBytes: 37, powerDBm: neighbour.dBm) < 0.5 else { continue }
                isIn[neighbour.house] = true
                order.append((neighbour.house, inviter))
            }
        }
        return order
    }

    // MARK: Daemons

    func host(_ house: Int) -> HostPlan {
        scenario.otherHosts.last { other in
            switch other.houses {
            case .all: true
            case .houses(let houses): houses.contains(house)
            case .some, .percent: false
            }
        }?.plan ?? scenario.hosts
    }

    func start(_ house: Int) throws {
        let plan = host(house)
        let classes = plan.classesLent.map { LiveRun.name(of: $0).rawValue }.joined(separator: ", ")
        let settings = """
            name: h\(house)
            state_directory: \(directory)/h\(house)
            socket: \(directory)/h\(house).sock
            links_max: \(plan.linksMax)
            radio: {kind: virtual, virtual: {air: \(directory), name: h\(house)}}
            hosting:
              rate_bits_per_second: \(plan.lending.rateBits)
              burst_bytes: \(max(512, plan.lending.burstBytes))
              month_megabytes: \(plan.lending.monthBytes / 1_000_000)
              classes: [\(classes)]

            """
        let file = "\(directory)/h\(house).yaml"
        try OutputFile.write(settings, to: file)
        processes[house] = try Self.spawn(
            ["/proc/self/exe", "daemon", "--settings", file], log: "\(directory)/h\(house).log")
    }

    /// Waits until the daemon answers.
    func waitForAnswer(_ house: Int) async throws {
        for _ in 0..<600 where !Interrupt.isWanted {
            if (try? await client(house).ask(.status)) != nil { return }
            try await Task.sleep(for: .milliseconds(50))
        }
        if Interrupt.isWanted { throw CommandEnd(130, "interrupted") }
        throw CommandEnd(
            ExitMeaning.refused, "the bridge of house \(house) does not answer; see \(directory)/h\(house).log")
    }

    /// Pulls the plug.
    func crash(_ house: Int) {
        guard processes[house] > 0 else { return }
        kill(processes[house], SIGKILL)
        var status: Int32 = 0
        waitpid(processes[house], &status, 0)
        processes[house] = 0
    }

    /// Houses whose daemon has ended by itself.
    func ended() -> [Int] {
        processes.indices.filter { house in
            var status: Int32 = 0
            guard processes[house] > 0, waitpid(processes[house], &status, WNOHANG) == processes[house] else {
                return false
            }
            processes[house] = 0
            return true
        }
    }

    /// Ends all daemons, and removes what they have left unless it is to be looked at.
    func end(keepsFiles: Bool) {
        for house in processes.indices { crash(house) }
        if keepsFiles { return }
        if let process = try? Self.spawn(["/bin/rm", "-rf", "--", directory], log: "/dev/null") {
            var status: Int32 = 0
            waitpid(process, &status, 0)
        }
    }

    private static func spawn(_ words: [String], log: String) throws -> pid_t {
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        posix_spawn_file_actions_addopen(&actions, 1, log, O_WRONLY | O_CREAT | O_APPEND, 0o600)
        posix_spawn_file_actions_adddup2(&actions, 1, 2)
        var attributes = posix_spawnattr_t()
        posix_spawnattr_init(&attributes)
        defer { posix_spawnattr_destroy(&attributes) }
        // An interrupt of the terminal is for us: we end them.
        posix_spawnattr_setflags(&attributes, Int16(POSIX_SPAWN_SETPGROUP))
        // A link of our own process: in the child it would be the child's.
        let program = words[0] == "/proc/self/exe" ? try ownProgram() : words[0]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) } + [nil]
        var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/bin"), nil]
        defer { for word in arguments + environment { free(word) } }
        var process = pid_t()
        let number = posix_spawn(&process, program, &actions, &attributes, &arguments, &environment)
        guard number == 0 else {
            throw CommandEnd(ExitMeaning.refused, "\(program) cannot be started: \(String(cString: strerror(number)))")
        }
        return process
    }

    private static func ownProgram() throws -> String {
        guard let path = realpath("/proc/self/exe", nil) else {
            throw CommandEnd(ExitMeaning.refused, "this program's own file is not known")
        }
        defer { free(path) }
        return String(cString: path)
    }
}
