import Foundation

/// Somebody who uses bluetoothd on an adapter that a daemon uses too: `bluetoothctl`, and D-Bus for what is so.
public final class BluetoothDesk {
    private let adapter: String
    private let console: Tool

    public init(on adapter: String) throws {
        self.adapter = adapter
        console = try Tool("bluetoothctl", [])
        let console = console
        try Machine.wait("bluetoothctl") { console.output.contains("Agent registered") }
        type("select \(try Machine.address(adapter))")
    }

    private func type(_ line: String) { console.type(line) }

    public func end() {
        type("scan off")
        type("advertise off")
        type("quit")
        _ = try? console.end(seconds: 10)
    }

    /// Advertises by bluetoothd under `name`.
    public func advertise(_ name: String) throws {
        type("menu advertise")
        type("name \(name)")
        type("back")
        type("advertise on")
        let console = console
        try Machine.wait("bluetoothd advertises") { console.output.contains("Advertising object registered") }
    }

    /// Has bluetoothd scan. Only what it finds shows that it does: it calls itself discovering before that.
    public func scan() { type("scan on") }

    /// Waits until it has ended: bluetoothd refuses to begin one while another ends.
    public func endScan() throws {
        let console = console
        func endings() -> Int { console.output.components(separatedBy: "Discovery stopped").count }
        let before = endings()
        type("scan off")
        try Machine.wait("bluetoothd ends its scan") { endings() > before }
    }

    public func isAdvertising() throws -> Bool {
        try property("LEAdvertisingManager1", "ActiveInstances").contains("byte 1")
    }

    /// Whether bluetoothd told of a device that it did not know before.
    public func hasFound(_ address: String) -> Bool {
        console.output.split(separator: "\n").contains { $0.contains("NEW") && $0.contains("Device \(address)") }
    }

    /// The end of what bluetoothctl said.
    public var words: String { String(console.output.suffix(2_000)) }

    /// Waits until another controller hears what bluetoothd advertises.
    public func awaitAdvertisement(_ name: String, heardBy listener: String) throws {
        try Machine.manage(listener, "power", "on")
        try Machine.wait("\(listener) hears \(name)") {
            try Machine.manage(listener, "find", "-l").contains("name \(name)")
        }
    }

    private func property(_ interface: String, _ name: String) throws -> String {
        try Tool.run(
            "dbus-send",
            [
                "--system", "--print-reply", "--dest=org.bluez", "/org/bluez/\(adapter)",
                "org.freedesktop.DBus.Properties.Get", "string:org.bluez.\(interface)", "string:\(name)",
            ]
        ).output
    }
}
