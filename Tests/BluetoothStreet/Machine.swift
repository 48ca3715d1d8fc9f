import Foundation

/// The virtual machine that `scripts/virtual-machine` makes, seen from inside.
public enum Machine {
    /// Whether this process runs in it.
    public static var isHere: Bool { ProcessInfo.processInfo.environment["SIDEGATE_BLUETOOTH"] == "1" }

    /// The controllers (`hci0`) of each air. Those of different airs do not hear each other.
    public static let airs: [[String]] = (ProcessInfo.processInfo.environment["SIDEGATE_AIRS"] ?? "")
        .split(separator: " ").map { $0.split(separator: ",").map(String.init) }

    /// The adapters' addresses as printed, by name.
    public static let addresses: [String: String] = {
        var found: [String: String] = [:]
        var adapter = ""
        for line in (try? Tool.run("btmgmt", ["info"])).map(\.output)?.split(separator: "\n") ?? [] {
            let words = line.split(whereSeparator: { $0 == " " || $0 == "\t" })
            if line.hasPrefix("hci") { adapter = String(line.prefix { $0 != ":" }) }
            if words.count > 1, words[0] == "addr" { found[adapter] = String(words[1]) }
        }
        return found
    }()

    public static func address(_ adapter: String) throws -> String {
        guard let address = addresses[adapter] else { throw Trouble("no adapter \(adapter): \(addresses)") }
        return address
    }

    /// Runs `btmgmt` on one adapter.
    @discardableResult
    public static func manage(_ adapter: String, _ words: String...) throws -> String {
        let outcome = try Tool.run("btmgmt", ["--index", adapter] + words)
        // Its exit code is 0 whatever happened.
        guard !outcome.output.contains("failed with status") else {
            throw Trouble("btmgmt \(adapter) \(words.joined(separator: " ")): \(outcome.output)")
        }
        return outcome.output
    }

    /// Lets `adapter` be heard so that others can connect to it. It stops when somebody does.
    public static func beHeard(_ adapter: String) throws {
        try manage(adapter, "power", "on")
        try manage(adapter, "add-adv", "-c", "-d", "020106", "5")
    }

    /// How far it has come, for who waits.
    public static func say(_ words: String) {
        FileHandle.standardError.write(Data("\(String(format: "%.1f", seconds)) s: \(words)\n".utf8))
    }

    public static var seconds: Double { Double(DispatchTime.now().uptimeNanoseconds) / 1e9 }

    /// Waits until `condition` holds; a time-out is a failure that says what was waited for.
    public static func wait(
        _ what: String, seconds: Double = 60, every pause: Double = 0.1, _ condition: () throws -> Bool
    ) throws {
        let end = self.seconds + seconds
        while try !condition() {
            guard self.seconds < end else { throw Trouble("after \(seconds) s still not: \(what)") }
            usleep(UInt32(pause * 1e6))
        }
    }
}

/// What went wrong.
public struct Trouble: Error, CustomStringConvertible {
    public var description: String
    /// Of a call to the system.
    public var number: Int32
    public init(_ description: String, number: Int32 = 0) {
        self.description = description
        self.number = number
    }
}
