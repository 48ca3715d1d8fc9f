import ArgumentParser
import Daemon

/// The daemon's command line.
struct SidegatedCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sidegated",
        abstract: "Runs this house's bridge until it is told to stop (SIGTERM); SIGHUP reads the settings again.",
        discussion: """
            Example: sidegated --settings /etc/sidegate/sidegate.yaml

            Drop-ins are read from conf.d beside the settings file. A fresh installation lends nothing before \
            somebody says so.
            """,
        version: Version.text)

    @Option(help: ArgumentHelp("The settings file.", valueName: "file"))
    var settings = "/etc/sidegate/sidegate.yaml"

    @Flag(help: "Lend nothing during this run, whatever else says yes.")
    var optOut = false

    @Flag(help: "Read the settings, say what is wrong with them, and end: 0 if they are in order, 1 if not.")
    var check = false

    @Flag(help: "For the service: as root, leave Bluetooth management sockets with the service manager, and end.")
    var openBluetooth = false

    /// Called on the process's only thread, before anything is awaited.
    func prepare() -> DaemonStart {
        if openBluetooth {
            if let problem = ManagementSockets.handOver() {
                Console.complain("Bluetooth is not opened as it should be: \(problem)")
            }
            return .ended(0)
        }
        return DaemonMain.prepare(DaemonOptions(settings: settings, optOut: optOut, check: check))
    }
}
