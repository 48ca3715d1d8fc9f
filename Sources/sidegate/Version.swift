import Daemon

enum Version {
    static let text = DaemonVersion.text
}
