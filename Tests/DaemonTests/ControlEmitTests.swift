import Devices
import Foundation
import RadioInterface
import Sealing
import Testing
import VirtualAir
import Wire

/// What `sidegate device emit` puts on the air, as a radio there hears it.
@Suite struct ControlEmitTests {
    private struct Ears: RadioEventSink {
        var heard: [(address: RadioAddress, data: [UInt8])] = []

        mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer) {
            heard.append((address, Array(data)))
        }
        mutating func opened(_ channel: ChannelID, from address: RadioAddress) {}
        mutating func connected(_ channel: ChannelID) {}
        mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer) {}
        mutating func writable(_ channel: ChannelID) {}
        mutating func ended(_ channel: ChannelID, _ end: ChannelEnd) {}
        mutating func changed(_ state: RadioState) {}
    }

    private static let sender = ["device", "emit", "--from", "letterbox", "--address", "A4:C1:38:01:02:03"]
    private static let key: [UInt8] = [
        0x23, 0x1d, 0x39, 0xc1, 0xd7, 0xcc, 0x1a, 0xb1, 0xae, 0xe2, 0x24, 0xcd, 0x09, 0x6d, 0xb9, 0x32,
    ]

    /// What one radio in an air of its own hears when `sidegate` is run with `arguments`.
    private static func heard(_ arguments: [String]) async throws -> [(address: RadioAddress, data: [UInt8])] {
        let air = try temporaryDirectory()
        defer { try? FileManager.default.removeItem(atPath: air) }
        let radio = try VirtualRadio(directory: air, name: "ears", settings: AirSettings(seed: 1))
        defer { radio.stop() }
        var ears = Ears()
        radio.poll(now: Instant(seconds: 1), limit: 100, into: &ears)
        let outcome = try await ControlCommandTests.run(
            sender + ["--air", air] + arguments, input: "231d39c1d7cc1ab1aee224cd096db932")
        #expect(outcome.code == 0, "\(outcome.complaint)")
        #expect(outcome.output == "heard by ears\n")
        radio.poll(now: Instant(seconds: 2), limit: 100, into: &ears)
        return ears.heard
    }

    @Test func frameOpensWithTheBindKeyAndSaysWhatWasTyped() async throws {
        let heard = try await Self.heard(
            ["--bind-key-file", "-", "--counter", "7", "--repeat", "3", "opening=1", "battery=90"])
        #expect(heard.count == 3)
        let first = try #require(heard.first)
        #expect(first.address == RadioAddress(value: 0xa4c1_3801_0203, kind: .public))
        let cipher = try BTHomeCipher(bindKey: SecretBytes(Self.key))
        let address = try #require(DeviceAddress("A4:C1:38:01:02:03"))
        let reading = try first.data.withUnsafeBytes { bytes in
            let place = try #require(BTHomeAdvertisement.find(in: bytes))
            let serviceData = UnsafeRawBufferPointer(rebasing: bytes[place])
            #expect(try BTHomeServiceData(serviceData).counter == 7)
            return try cipher.open(serviceData, address: address)
        }
        #expect(reading.measurements.map { "\($0.key)=\($0.value.text)" } == ["battery=90", "opening=1"])
    }

    @Test func anyBytesGoOutAsTheyAre() async throws {
        let heard = try await Self.heard(["--hex", "020106ff", "--address-type", "random"])
        #expect(heard.map(\.data) == [[0x02, 0x01, 0x06, 0xff]])
        #expect(heard.first?.address.kind == .random)
    }
}
