import SeededRandom
import Testing
import Wire

@testable import BlueZRadio

/// The packets of the management interface, held against those that a real kernel took and sent.
@Suite struct ManagementCodecTests {
    private func hex(_ text: String) -> [UInt8] { Hexadecimal.bytes(text.filter { $0 != " " && $0 != "|" }) ?? [] }

    @Test func commandsAreThoseThatTheKernelTook() {
        #expect(ManagementCommand.setPowered(1, isOn: true).encoded == hex("0500 0100 0100 01"))
        #expect(ManagementCommand.setPowered(1, isOn: false).encoded == hex("0500 0100 0100 00"))
        #expect(ManagementCommand.getConnections(1).encoded == hex("1500 0100 0000"))
        #expect(ManagementCommand.setLowEnergy(0).encoded == hex("0d00 0000 0100 01"))
        #expect(
            ManagementCommand.enableMeshFeature(2).encoded
                == hex("4a00 0200 1100 766ef3e8245f05bf8d4d037ad763e42c 01"))
        #expect(ManagementCommand.startDiscovery(0).encoded == hex("2300 0000 0100 06"))
        #expect(
            ManagementCommand.setMeshReceiver(0, isOn: true).encoded == hex("5700 0000 0800 | 01 3000 3000 02 1621"))
        #expect(ManagementCommand.setMeshReceiver(0, isOn: false).encoded == hex("5700 0000 0600 | 00 3000 3000 00"))
        let data = beacon()
        #expect(
            ManagementCommand.addAdvertising(0, instance: 5, seconds: 150, data: data).encoded
                == hex("3e00 0000 2700 | 05 01000000 0000 9600 1c 00") + data)
        #expect(
            ManagementCommand.addAdvertisingParameters(0, instance: 5, seconds: 150).encoded
                == hex("5400 0000 1200 | 05 01600000 0000 9600 a0000000 f0000000 00"))
        #expect(
            ManagementCommand.addAdvertisingData(0, instance: 5, data: data).encoded
                == hex("5500 0000 1f00 | 05 1c 00") + data)
        let monitor = ManagementCommand.addPatternMonitor(0).encoded
        #expect(monitor.count == 6 + 1 + 2 * 34)
        #expect(Array(monitor[..<12]) == hex("5200 0000 4500 | 02 16 00 02 d2fc"))
        #expect(Array(monitor[41..<60]) == hex("21 00 10") + BeaconAdvertisement.uuid.array)
    }

    @Test func reportsOfAllTiersSayTheSame() throws {
        let data = beacon(7)
        let address = hex("010203040506")
        let length = littleEndian(UInt16(data.count))
        let packets: [(UInt16, [UInt8])] = [
            (0x12, address + [2, 0xc4] + hex("00000000") + length + data),
            (0x2f, hex("0100") + address + [2, 0xc4] + hex("00000000") + length + data),
            (0x31, address + [2, 0xc4] + hex("00000000 0000000000000000") + length + data),
        ]
        for (code, parameters) in packets {
            let bytes = littleEndian(code) + [3, 0] + littleEndian(UInt16(parameters.count)) + parameters
            try bytes.withUnsafeBytes { view in
                let packet = try ManagementPacket(view)
                let report = try #require(try AdvertisementReport(packet))
                #expect(report.address == RadioAddress(value: 0x0605_0403_0201, kind: .random))
                #expect(report.signalDBm == -60)
                #expect(Array(report.data) == data)
                #expect(InterestFilter.matters(report.data))
            }
            // Cut anywhere it is an error, and never read beyond.
            for count in 0..<bytes.count {
                Array(bytes[..<count]).withUnsafeBytes { view in
                    _ = #expect(throws: ManagementError.self) {
                        _ = try AdvertisementReport(try ManagementPacket(view))
                    }
                }
            }
        }
    }

    @Test func unknownSignalIsAWeakOneAndClassicIsNoneOfOurs() throws {
        func report(kind: UInt8, signal: UInt8) throws -> AdvertisementReport? {
            let parameters = hex("010203040506") + [kind, signal] + hex("00000000 0000")
            let bytes = [0x12, 0, 0, 0, UInt8(parameters.count), 0] + parameters
            return try bytes.withUnsafeBytes { try AdvertisementReport(try ManagementPacket($0)) }
        }
        #expect(try report(kind: 1, signal: 127)?.signalDBm == -100)
        #expect(try report(kind: 0, signal: 0xc4) == nil)
        #expect(throws: ManagementError.addressKindUnknown) { try report(kind: 3, signal: 0xc4) }
    }

    @Test func anyBytesAreReadOrRefused() {
        var random = SplitMix64(seed: 4)
        for _ in 0..<20_000 {
            let count = Int(random.next() % 80)
            var bytes = (0..<count).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            if count >= 6, random.next() % 4 != 0 {
                bytes[0] = [1, 2, 0x12, 0x2f, 0x31, 6][Int(random.next() % 6)]
                bytes[1] = 0
                bytes[4] = UInt8(count - 6)
                bytes[5] = 0
            }
            bytes.withUnsafeBytes { view in
                _ = InterestFilter.matters(view)
                guard let packet = try? ManagementPacket(view) else { return }
                #expect(packet.parameters.count == count - 6)
                _ = try? CommandAnswer(packet)
                if let report = try? AdvertisementReport(packet) { #expect(report.data.count <= count) }
                _ = try? ControllerInfo(packet.parameters)
                _ = try? AdvertisingFeatures(packet.parameters)
                var adapter = Adapter(index: 0, settings: BlueZSettings(powersOn: true, seed: 1))
                _ = try? adapter.told(packet, now: Instant(seconds: 1))
            }
        }
    }

    @Test func filterPassesJustWhatMatters() {
        func matters(_ text: String) -> Bool { hex(text).withUnsafeBytes { InterestFilter.matters($0) } }
        #expect(matters("020106 0516d2fc4400"))
        #expect(matters("0316d2fc"))
        #expect(beacon().withUnsafeBytes { InterestFilter.matters($0) })
        #expect(!matters(""))
        #expect(!matters("02"))
        #expect(!matters("020106"))
        #expect(!matters("0216d2"))
        #expect(!matters("05 09 16d2fc00"))
        #expect(!matters("0416fcd200"))
        // A structure over the end, or one without a length, ends the search.
        #expect(!matters("0616d2fc4400"))
        #expect(!matters("00 0516d2fc4400"))
        var other = beacon()
        other[10] ^= 1
        #expect(!other.withUnsafeBytes { InterestFilter.matters($0) })
        #expect(!Array(beacon()[..<17]).withUnsafeBytes { InterestFilter.matters($0) })
        let long = [UInt8](repeating: 0xff, count: 0) + [3, 0x16, 0xd2, 0xfc] + [UInt8](repeating: 1, count: 226)
        #expect(!long.withUnsafeBytes { InterestFilter.matters($0) })
    }

    @Test func adapterNamesAreIndicesOrAddresses() {
        #expect(AdapterName("hci0") == .index(0))
        #expect(AdapterName("hci12") == .index(12))
        #expect(AdapterName("aa:BB:cc:DD:ee:0f") == .address(0xaabb_ccdd_ee0f))
        #expect(AdapterName("AA:BB:CC:DD:EE:0F")?.description == "AA:BB:CC:DD:EE:0F")
        for text in [
            "", "hci", "hci-1", "hci65535", "hci99999", "AA:BB:CC:DD:EE", "AA:BB:CC:DD:EE:FG", "A:BB:CC:DD:EE:FF0",
        ] {
            #expect(AdapterName(text) == nil, "\(text)")
        }
    }

    @Test func repetitionsAreHeldBackForAMomentAndNothingElseIs() {
        var cache = RepetitionCache(seed: 9)
        let one = RadioAddress(value: 1, kind: .random)
        let other = RadioAddress(value: 1, kind: .public)
        func isRepetition(_ address: RadioAddress, _ data: [UInt8], _ milliseconds: Int64) -> Bool {
            data.withUnsafeBytes {
                cache.isRepetition(address: address, data: $0, now: Instant(milliseconds: milliseconds))
            }
        }
        #expect(!isRepetition(one, beacon(), 1_000))
        #expect(isRepetition(one, beacon(), 1_000))
        #expect(isRepetition(one, beacon(), 1_099))
        #expect(!isRepetition(other, beacon(), 1_099))
        #expect(!isRepetition(one, beacon(1), 1_099))
        #expect(!isRepetition(one, Array(beacon().dropLast()), 1_099))
        #expect(!isRepetition(one, beacon(), 1_100))
        // Time that goes back hides nothing.
        #expect(!isRepetition(one, beacon(), 500))
    }
}
