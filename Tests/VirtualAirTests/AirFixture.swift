import Glibc
import RadioInterface
import Wire

@testable import RadioConformance
@testable import VirtualAir

/// A directory for one test, with the radios put into it.
final class AirFixture {
    let path: String

    init() throws {
        var template = Array("/tmp/air-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw AirError.system(call: "mkdtemp", errno: errno) }
        path = String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    deinit {
        if let stream = opendir(path) {
            while let entry = readdir(stream) {
                let length = strnlen(&entry.pointee.d_name.0, 256)
                let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                    String(decoding: $0.prefix(length), as: UTF8.self)
                }
                unlink("\(path)/\(name)")
            }
            closedir(stream)
        }
        rmdir(path)
    }

    func write(street text: String) {
        let file = open("\(path)/street", O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        _ = Array(text.utf8).withUnsafeBytes { Glibc.write(file, $0.baseAddress, $0.count) }
        close(file)
    }

    func removeStreet() { unlink("\(path)/street") }

    func radio(
        _ name: String, limits: RadioLimits = RadioLimits(acceptsPerSecond: 1_000_000), seed: UInt64 = 1,
        watches: Bool = true
    ) throws -> VirtualRadio {
        let digest = AirName(name)?.digest ?? 0
        return try VirtualRadio(
            directory: path, name: name, settings: AirSettings(limits: limits, seed: seed &+ digest), watches: watches)
    }

    func stage(_ names: String..., watches: Bool = true) throws -> Stage<VirtualRadio> {
        Stage(try names.map { try radio($0, watches: watches) }, traits: RadioTraits())
    }
}

/// Virtual radios for the conformance suite.
struct VirtualAirFactory: RadioFactory {
    var traits: RadioTraits {
        RadioTraits(exemptions: [
            .silenceBelowIsToldAndLeavesChannelsAlone: "it asks for nothing that somebody below would have to answer"
        ])
    }
    private var fixture: AirFixture?

    mutating func makeRadios(
        _ count: Int, limits: RadioLimits, hears: (_ listener: Int, _ sender: Int) -> Bool
    ) throws -> [VirtualRadio] {
        let fixture = try AirFixture()
        self.fixture = fixture
        var street = "# made for one check\n"
        for sender in 0..<count {
            for listener in 0..<count where listener != sender && hears(listener, sender) {
                street += "radio-\(sender) -> radio-\(listener)\n"
            }
        }
        fixture.write(street: street)
        return try (0..<count).map { try fixture.radio("radio-\($0)", limits: limits, seed: UInt64($0)) }
    }

    func disturb(_ radio: VirtualRadio, count: Int) -> (() -> Void)? {
        var strangers: [Int32] = []
        guard let link = try? AirSocket.address(radio.directory.linkPath(radio.name)),
            let air = try? AirSocket.address(radio.directory.datagramPath(radio.name))
        else { return nil }
        var generator = AirGenerator(seed: UInt64(count))
        for number in 0..<count {
            guard let socket = try? AirSocket.open(SOCK_SEQPACKET) else { break }
            guard AirSocket.connect(socket.value, link) == 0 else { continue }
            let junk = (0..<(number * 13 % 600)).map { _ in UInt8.random(in: 0...255, using: &generator) }
            // A third says nothing, not even that it goes.
            if number % 3 != 0 { _ = AirSocket.send(socket.value, junk) }
            if number % 3 != 1 { strangers.append(socket.release()) }
            if let datagrams = try? AirSocket.open(SOCK_DGRAM) {
                _ = junk.withUnsafeBytes { AirSocket.send(datagrams.value, $0, to: air) }
            }
        }
        return { for descriptor in strangers { close(descriptor) } }
    }

    mutating func discard() {
        fixture = nil
    }
}
