import Testing
import Wire

@Suite struct HeardEventTests {
    static func plaintext(_ data: [UInt8]) throws(WireError) -> [UInt8] {
        try outcome(data) { data throws(WireError) in
            let event = HeardEvent(
                addressKind: .random, address: 0xa1a2_a3a4_a5a6, timeHeard: WallTime(seconds: 0x0403_0201),
                serviceData: data)
            return try written { target throws(WireError) in try event.write(into: target) }
        }.get()
    }

    /// The plaintext parsed and written again.
    static func again(_ bytes: [UInt8]) -> Result<[UInt8], WireError> {
        outcome(bytes) { bytes throws(WireError) in
            let event = try HeardEvent(bytes)
            return try written { target throws(WireError) in try event.write(into: target) }
        }
    }

    @Test func everyLengthOfServiceDataTakesItsSizeAndComesBack() throws {
        for count in 0...133 {
            let bytes = try Self.plaintext([UInt8](repeating: 0xee, count: count))
            #expect(bytes.count == (count <= 28 ? 40 : 145))
            #expect(Self.again(bytes) == .success(bytes))
        }
    }

    @Test func fieldsStandAsDocumented() throws {
        let bytes = try Self.plaintext([0x41, 0x02])
        #expect(bytes[..<14].elementsEqual([1, 0xa1, 0xa2, 0xa3, 0xa4, 0xa5, 0xa6, 1, 2, 3, 4, 2, 0x41, 2]))
        #expect(bytes[14...].allSatisfy { $0 == 0 })
    }

    @Test func serviceDataOver133BytesIsTooLong() {
        #expect(throws: WireError.tooLong) { try Self.plaintext([UInt8](repeating: 1, count: 134)) }
    }

    @Test(arguments: [0, 28, 29, 133]) func damagedPlaintextIsTypedErrorOrTheSameBytes(count: Int) throws {
        forEveryDamage(to: try Self.plaintext([UInt8](repeating: 7, count: count))) { bytes in
            if case .success(let again) = Self.again(bytes) { #expect(again == bytes) }
        }
    }

    @Test func anyBytesAreTypedErrorOrTheSameBytes() {
        forAnyBytes(seed: 5, bytesMax: 200, starts: [0, 1]) { bytes in
            if case .success(let again) = Self.again(bytes) { #expect(again == bytes) }
        }
    }

    @Test func paddingSizeAndAddressTypeAreChecked() throws {
        let bytes = try Self.plaintext([1, 2, 3])
        func error(_ offset: Int, _ value: UInt8) -> Result<[UInt8], WireError> {
            var changed = bytes
            changed[offset] = value
            return Self.again(changed)
        }
        #expect(error(39, 1) == .failure(.valueOutOfRange))
        #expect(error(15, 1) == .failure(.valueOutOfRange))
        #expect(error(0, 2) == .failure(.valueOutOfRange))
        #expect(error(11, 29) == .failure(.wrongLength))
        #expect(error(11, 255) == .failure(.wrongLength))
        #expect(Self.again(bytes + [UInt8](repeating: 0, count: 105)) == .failure(.wrongLength))
    }
}
