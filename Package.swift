// swift-tools-version: 6.2
import PackageDescription

let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

/// The core and what needs no package from elsewhere. `SIDEGATE_CORE_ONLY=1 swift test` builds just this much:
/// the quickest way to work on it, and the proof that the core depends on nothing but libcrypto.
let coreOnly = Context.environment["SIDEGATE_CORE_ONLY"] == "1"

/// `Fuzz/run` sets `SIDEGATE_FUZZ=1`: one executable with every fuzz target, over all that reads bytes from outside.
let isFuzzing = Context.environment["SIDEGATE_FUZZ"] == "1"

/// The daemon idles in its own pages: what is mapped of them counts. Of the static library everything would be exported,
/// symbol by symbol, and relocated by a table of 2 MB that is read at each start; lld packs it into 20 kB (RELR, which
/// glibc reads from 2.36 on).
let smallExecutable: [LinkerSetting] = [
    .unsafeFlags(
        ["-use-ld=lld", "-Xlinker", "--no-export-dynamic", "-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"],
        .when(configuration: .release))
]

/// Where the laboratory's own classes are touched a hundred times a step, checks of exclusive access cost a tenth of a run.
/// Debug builds, and so all tests, keep them.
let unchecked: SwiftSetting = .unsafeFlags(["-enforce-exclusivity=unchecked"], .when(configuration: .release))

func source(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

func tests(_ name: String, _ dependencies: [Target.Dependency], resources: [Resource]? = nil) -> Target {
    .testTarget(name: name, dependencies: dependencies, resources: resources, swiftSettings: strict)
}

var targets: [Target] = [
    // The pure core: no I/O, no clock, no randomness of its own. Arrows point up.
    .systemLibrary(name: "CCrypto", pkgConfig: "libcrypto", providers: [.apt(["libssl-dev"])]),
    .systemLibrary(name: "CPrefetch"),
    source("Wire"),
    source("Sealing", ["Wire", "CCrypto", "CPrefetch"]),
    source("Consent", ["Wire", "Sealing", "CPrefetch"]),
    source("Relaying", ["Wire", "Sealing", "Consent", "CPrefetch"]),
    source("Devices", ["Wire", "Sealing"]),
    source("Bridging", ["Wire", "Sealing", "Consent", "Relaying", "Devices", "CPrefetch"]),

    // Radios.
    .target(name: "CLinux"),
    source("RadioInterface", ["Wire"]),
    source("RadioSockets", ["Wire", "RadioInterface", "CLinux"]),
    source("VirtualAir", ["Wire", "RadioInterface", "RadioSockets", "CLinux"]),
    // Headers only: nothing is linked, so there is no pkg-config name.
    .systemLibrary(name: "CBluetooth", providers: [.apt(["libbluetooth-dev"])]),
    source("BlueZRadio", ["Wire", "RadioInterface", "RadioSockets", "CLinux", "CBluetooth"]),
    .target(
        name: "RadioConformance", dependencies: ["Wire", "RadioInterface"], path: "Tests/RadioConformance",
        swiftSettings: strict),

    // The testers' laboratory: meshes on virtual time, of the very bridges that the daemon runs.
    .target(
        name: "Simulation",
        dependencies: ["Wire", "Sealing", "Consent", "Relaying", "Devices", "Bridging", "CPrefetch"],
        swiftSettings: strict + [unchecked]),

    // What `sidegate simulate --cryptography modelled` loads: curves that cost nothing, in a library of its own, so that
    // nothing else holds any.
    .target(name: "ModelledCryptography", path: "Laboratory/ModelledCryptography"),

    // Schedules that can be run again, for whatever tests, measures and tries.
    .target(name: "SeededRandom", path: "Tests/SeededRandom", swiftSettings: strict),

    // What docs/performance.md states. Built in release mode only, by `make bench`.
    .target(name: "CBaseline", dependencies: ["CCrypto"], path: "Benchmarks/CBaseline"),
    .executableTarget(
        name: "benchmarks",
        dependencies: [
            "Bridging", "Relaying", "Consent", "Devices", "Sealing", "Wire", "RadioInterface", "VirtualAir",
            "BlueZRadio", "CBaseline", "SeededRandom", "Simulation",
        ],
        path: "Benchmarks/Benchmarks", swiftSettings: strict),

    tests("WireTests", ["SeededRandom", "Wire"]),
    tests("SealingTests", ["SeededRandom", "Sealing", "Wire"], resources: [.copy("Vectors")]),
    tests("ConsentTests", ["SeededRandom", "Consent", "Sealing", "Wire"]),
    tests("RelayingTests", ["SeededRandom", "Relaying", "Consent", "Sealing", "Wire"]),
    tests("DevicesTests", ["SeededRandom", "Devices", "Sealing", "Wire"]),
    tests("BridgingTests", ["SeededRandom", "Bridging", "Relaying", "Consent", "Devices", "Sealing", "Wire"]),
    tests(
        "SimulationTests",
        ["SeededRandom", "Simulation", "Bridging", "Relaying", "Consent", "Devices", "Sealing", "Wire"]),
    tests("RadioSocketsTests", ["SeededRandom", "RadioSockets", "RadioInterface", "Wire", "CLinux"]),
    tests("VirtualAirTests", ["VirtualAir", "RadioConformance", "RadioInterface", "Wire"]),
    tests("BlueZRadioTests", ["SeededRandom", "BlueZRadio", "RadioConformance", "RadioInterface", "Wire", "CLinux"]),
]

let yams = Package.Dependency.package(url: "https://github.com/jpsim/Yams", exact: "6.2.2")
var dependencies: [Package.Dependency] = []
var products: [Product] = [
    .library(name: "sidegate-modelled-cryptography", type: .dynamic, targets: ["ModelledCryptography"])
]

if isFuzzing {
    dependencies = [yams]
    targets += [
        source("Settings", ["Wire", "Yams"]),
        source("Scenarios", ["Relaying", "Settings", "Simulation", "Wire"]),
        source("ControlAPI", ["Wire"]),
        .executableTarget(
            name: "fuzz",
            dependencies: [
                "BlueZRadio", "Bridging", "Consent", "ControlAPI", "Devices", "RadioInterface", "Relaying",
                "Scenarios", "Sealing", "SeededRandom", "Settings", "Simulation", "VirtualAir", "Wire",
            ],
            path: "Fuzz", exclude: ["run"], swiftSettings: strict),
    ]
} else if !coreOnly {
    dependencies = [
        .package(url: "https://github.com/apple/swift-argument-parser", exact: "1.8.2"),
        .package(url: "https://github.com/apple/swift-log", exact: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", exact: "2.101.2"),
        .package(url: "https://github.com/groue/GRDB.swift", exact: "7.10.0"),
        yams,
    ]
    products.append(.library(name: "troubles", type: .dynamic, targets: ["Troubles"]))
    let logging = Target.Dependency.product(name: "Logging", package: "swift-log")
    let http: [Target.Dependency] = [
        .product(name: "NIOCore", package: "swift-nio"),
        .product(name: "NIOPosix", package: "swift-nio"),
        .product(name: "NIOHTTP1", package: "swift-nio"),
    ]
    targets += [
        .systemLibrary(name: "CMosquitto", pkgConfig: "libmosquitto", providers: [.apt(["libmosquitto-dev"])]),
        source(
            "Storage",
            [.product(name: "GRDB", package: "GRDB.swift"), .product(name: "GRDBSQLite", package: "GRDB.swift")]),
        source("Delivery", ["Wire", "Devices", "CMosquitto"]),
        source("Settings", ["Wire", "Yams"]),
        source("Scenarios", ["Relaying", "Settings", "Simulation", "Wire"]),
        source("ControlAPI", ["Wire"]),
        .target(
            name: "Daemon",
            dependencies: [
                "Wire", "Sealing", "Consent", "Relaying", "Devices", "Bridging", "RadioInterface", "VirtualAir",
                "BlueZRadio", "Storage", "Delivery", "Settings", "ControlAPI", "CLinux", logging,
            ] + http,
            // What `package` opens of a bridge to the laboratory, lies among it, is closed to the daemon.
            packageAccess: false, swiftSettings: strict),
        .executableTarget(
            name: "sidegate",
            dependencies: [
                "Consent", "Daemon", "ControlAPI", "Devices", "RadioInterface", "Scenarios", "Sealing", "Settings",
                "Simulation", "VirtualAir", "Wire",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ] + http,
            swiftSettings: strict, linkerSettings: smallExecutable),
        // `make campaign`: daemons that are killed at random moments.
        .executableTarget(
            name: "campaign",
            dependencies: [
                "Consent", "Devices", "RadioInterface", "Sealing", "SeededRandom", "Storage", "VirtualAir", "Wire",
                .product(name: "GRDB", package: "GRDB.swift"),
            ],
            path: "Campaign", exclude: ["Troubles"], swiftSettings: strict),
        // What `campaign week` loads into daemons, to move their clocks and fill their disks.
        .target(name: "Troubles", path: "Campaign/Troubles"),
        tests(
            "StorageTests",
            [
                "SeededRandom", "Storage", .product(name: "GRDB", package: "GRDB.swift"),
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ],
            resources: [.copy("Samples")]),
        tests("DeliveryTests", ["SeededRandom", "Delivery", "Devices", "Wire"]),
        tests("SettingsTests", ["SeededRandom", "Settings"]),
        tests("ScenariosTests", ["Relaying", "Scenarios", "SeededRandom", "Settings", "Simulation", "Wire"]),
        tests(
            "DaemonTests",
            [
                "BlueZRadio", "Daemon", "ControlAPI", "Bridging", "Delivery", "Devices", "Relaying", "Sealing",
                "SeededRandom", "CLinux",
                "Settings", "Storage", "Wire", logging,
            ]),
        // What runs in scripts/virtual-machine: `make test-bluetooth`.
        .target(
            name: "BluetoothStreet", dependencies: ["ControlAPI"], path: "Tests/BluetoothStreet", exclude: ["sensor"],
            swiftSettings: strict),
        tests(
            "VirtualMachineTests",
            ["BlueZRadio", "BluetoothStreet", "Consent", "ControlAPI", "RadioInterface", "Sealing", "Storage", "Wire"]),
    ]
}

let package = Package(
    name: "sidegate",
    products: products,
    dependencies: dependencies,
    targets: targets,
    swiftLanguageModes: [.v6]
)
