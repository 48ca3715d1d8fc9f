import Foundation

/// A BTHome sensor on a controller of its own: the script `sensor`, which shares no code with Sidegate.
public struct Sensor: Sendable {
    public static let key = "231d39c1d7cc1ab1aee224cd096db932"
    public let adapter: String
    public let address: String
    private static let script = URL(fileURLWithPath: #filePath).deletingLastPathComponent().path + "/sensor"

    public init(on adapter: String) throws {
        self.adapter = adapter
        address = try Machine.address(adapter)
    }

    /// Advertises `objects`, hexadecimal as in bthome.io, with `counter`, for so long and no longer.
    public func say(_ counter: Int, _ objects: String, seconds: Int = 20) throws {
        let outcome = try Tool.run(
            Self.script, ["say", adapter, address, Self.key, String(counter), objects, String(seconds)])
        guard outcome.code == 0, outcome.output.contains("Instance added") else {
            throw Trouble("the sensor failed: \(outcome.output)")
        }
    }

    /// Advertising data in hexadecimal, as the script makes it.
    public static func seal(address: String, counter: UInt32, objects: String) throws -> String {
        let outcome = try Tool.run(script, ["seal", address, key, String(counter), objects])
        guard outcome.code == 0 else { throw Trouble("the sensor failed: \(outcome.output)") }
        return outcome.output.trimmingCharacters(in: .whitespacesAndNewlines)
    }
}
