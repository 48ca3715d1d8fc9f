import ArgumentParser
import ControlAPI
import Devices
import Glibc
import RadioInterface
import Sealing
import VirtualAir
import Wire

struct DeviceEmitCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "emit",
        abstract: "Plays a device on a virtual air: sends one encrypted BTHome advertisement, or any bytes.",
        discussion: """
            Works without the daemon, for demonstrations and tests. The exit code is 1 if no radio heard it.

            Example:
              sidegate device emit --air /run/sidegate/air --from letterbox \\
                --address A4:C1:38:01:02:03 --bind-key-file key --counter 7 \\
                opening=1 battery=90
            """)

    @Option(help: ArgumentHelp("The directory of the virtual air.", valueName: "directory"))
    var air: String

    @Option(help: "What the device is called in that air: 1 to 32 letters, digits, hyphens or underscores.")
    var from: String

    @Option(help: ArgumentHelp("The address it sends from, as printed: six bytes.", valueName: "address"))
    var address: String

    @Option(help: "public or random.")
    var addressType = AddressType.public

    @Option(
        help: ArgumentHelp(
            "A file with the bind key: 32 hexadecimal digits, or 16 bytes. '-' is standard input.", valueName: "file"))
    var bindKeyFile: String?

    @Option(
        help: ArgumentHelp(
            "The frame's counter, 0 to 4294967295: to rise with each frame, as a home opens none twice.", valueName: "n"
        ))
    var counter: UInt32?

    @Option(help: ArgumentHelp("How often the advertisement is sent, 20 ms apart, 1 to 1000.", valueName: "n"))
    var `repeat` = 1

    @Flag(help: "Mark the frame as a trigger-based device's, as buttons do.")
    var triggerBased = false

    @Option(help: ArgumentHelp("Send these bytes as advertising data instead of a BTHome frame.", valueName: "bytes"))
    var hex: String?

    @Flag(help: "Print who heard it as JSON.")
    var json = false

    @Argument(
        help: ArgumentHelp(
            "What the device says: opening=1, button=press, temperature=21.5, battery=90.", valueName: "object=value"))
    var objects: [String] = []

    func validate() throws {
        guard DeviceAddress(address) != nil else { throw ValidationError("--address must be like A4:C1:38:01:02:03.") }
        guard (1...1000).contains(`repeat`) else { throw ValidationError("--repeat must be 1 to 1000.") }
        if let hex {
            guard Hexadecimal.bytes(hex) != nil else {
                throw ValidationError("--hex takes pairs of hexadecimal digits.")
            }
            guard objects.isEmpty, bindKeyFile == nil, counter == nil, !triggerBased else {
                throw ValidationError("--hex stands alone: no objects, no --bind-key-file, --counter, --trigger-based.")
            }
        } else {
            guard bindKeyFile != nil, counter != nil, !objects.isEmpty else {
                throw ValidationError("A frame needs --bind-key-file, --counter and at least one object=value.")
            }
        }
    }

    func run() async throws {
        guard let address = DeviceAddress(address) else { throw CommandEnd(ExitMeaning.usage) }
        let data = try hex.flatMap { Hexadecimal.bytes($0) } ?? frame(from: address)
        let sender = RadioAddress(value: address.value, kind: addressType == .random ? .random : .public)
        var (heardBy, missedBy): (Set<String>, Set<String>) = ([], [])
        for turn in 0..<`repeat` {
            if turn > 0 { usleep(20_000) }
            let outcome = try emit(data, from: sender)
            heardBy.formUnion(outcome.heardBy.map(\.text))
            missedBy.formUnion(outcome.missedBy.map(\.text))
        }
        try tell(Report(heardBy: heardBy.sorted(), missedBy: missedBy.subtracting(heardBy).sorted()))
    }

    private struct Report: Encodable {
        var heardBy: [String]
        var missedBy: [String]
    }

    private func tell(_ report: Report) throws {
        if json {
            Console.say(String(decoding: try ControlJSON.encode(report), as: UTF8.self))
        } else {
            if !report.heardBy.isEmpty { Console.say("heard by \(report.heardBy.joined(separator: ", "))") }
            if !report.missedBy.isEmpty { Console.say("missed by \(report.missedBy.joined(separator: ", "))") }
        }
        if report.heardBy.isEmpty { throw CommandEnd(ExitMeaning.no, "no radio in \(air) heard \(from)") }
    }

    private func frame(from address: DeviceAddress) throws -> [UInt8] {
        guard let bindKeyFile, let counter else { throw CommandEnd(ExitMeaning.usage) }
        let key = try BindKeyFile.read(bindKeyFile)
        do {
            let cipher = try BTHomeCipher(bindKey: key.withUnsafeBytes { SecretBytes(copying: $0) })
            let serviceData = try cipher.seal(
                objects: try ObjectWriter.bytes(words: objects), address: address,
                counter: counter, info: BTHomeInfo(isEncrypted: true, isTriggerBased: triggerBased))
            return try BTHomeAdvertisement.bytes(serviceData: serviceData)
        } catch BTHomeError.unusableWord(let word) {
            let name = String(word.prefix { $0 != "=" })
            throw CommandEnd(
                ExitMeaning.usage, BTHomeError.unusableWord(word).explanation + "." + Suggestion.object(for: name))
        } catch let error as BTHomeError {
            throw CommandEnd(ExitMeaning.usage, error.explanation)
        }
    }

    private func emit(_ data: [UInt8], from sender: RadioAddress) throws -> VirtualEmitter.Outcome {
        var generator = SystemRandomNumberGenerator()
        do throws(AirError) {
            return try VirtualEmitter.emit(air: air, name: from, address: sender, data: data, using: &generator)
        } catch {
            throw CommandEnd(ExitMeaning.usage, error.description)
        }
    }
}
