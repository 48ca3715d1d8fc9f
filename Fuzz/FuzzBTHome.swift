import Devices
import Sealing
import Wire

/// Any bytes as advertising data, as service data, as objects and as words.
func fuzzBTHome(_ bytes: UnsafeRawBufferPointer) {
    look(atServiceData: bytes)
    if let range = BTHomeAdvertisement.find(in: bytes) {
        require(range.lowerBound >= 4 && range.upperBound <= bytes.count, "service data outside the advertisement")
        look(atServiceData: UnsafeRawBufferPointer(rebasing: bytes[range]))
    }
    let reading = ObjectReader.read(bytes)
    for measurement in reading.measurements { write(measurement) }
    sealAndOpen(bytes, reading)
    let text = String(decoding: bytes, as: UTF8.self)
    _ = ScaledDecimal(text)?.text
    write(words: text.split(separator: " ").map { String($0) })
}

func bthomeSeeds() -> [[UInt8]] {
    let all = ObjectTable.all.map { [$0.id] + [UInt8](repeating: 1, count: $0.form == .command ? 2 : 5) }
    let words = "opening=1 button=press temperature=25.06 dimmer=rotate_left:3 command=toggle:0a0b text=x raw=00ff"
    return all + [
        Array(words.utf8), Array("firmware=4.2.1.0 firmware=1.2.3 timestamp=1".utf8),
        [0x02, 0x01, 0x06, 0x0e, 0x16, 0xd2, 0xfc, 0x41, 1, 2, 3, 0, 0, 0, 0, 4, 4, 4, 4],
    ]
}

nonisolated(unsafe) private let cipher = try? BTHomeCipher(bindKey: SecretBytes([UInt8](repeating: 7, count: 16)))
private let address = DeviceAddress(value: 0x5448_E68F_80A5)

private func look(atServiceData bytes: UnsafeRawBufferPointer) {
    do throws(BTHomeError) {
        let frame = try BTHomeServiceData(bytes)
        require(frame.ciphertext.count >= 2 && frame.counterBytes.count == 4 && frame.mic.count == 4, "field lengths")
        require((frame.address != nil) == frame.info.hasAddress, "address")
        _ = frame.counter
        _ = try cipher?.open(bytes, address: address)
    } catch {
        _ = error.explanation
    }
}

/// What was sealed as a device seals it opens to the same reading.
private func sealAndOpen(_ objects: UnsafeRawBufferPointer, _ reading: Reading) {
    do throws(BTHomeError) {
        let sealed = try cipher?.seal(objects: Array(objects), address: address, counter: UInt32(objects.count))
        guard let sealed else { return }
        let opened = sealed.withUnsafeBytes { try? cipher?.open($0, address: address) }
        require(opened == reading, "sealed objects open to something else")
    } catch {
        require(objects.count < 2 || objects.count > ObjectWriter.bytesMax, "objects could not be sealed")
    }
}

/// A measurement that was read can be written as words, and read again as the same.
private func write(_ measurement: Measurement) {
    _ = (measurement.key, measurement.unit, measurement.isTrigger)
    do throws(BTHomeError) {
        let bytes = try ObjectWriter.bytes(words: ["\(measurement.name)=\(measurement.value.text)"])
        let again = bytes.withUnsafeBytes { ObjectReader.read($0) }.measurements
        require(again.count == 1 && again.first?.name == measurement.name, "written as something else")
        require(again.first.map { isSame($0.value, measurement.value) } == true, "written as another value")
    } catch {
        require(error == .tooLong, "a reading cannot be written")
    }
}

/// 25.7 may be written as an object of two decimal places: 25.70.
private func isSame(_ left: MeasurementValue, _ right: MeasurementValue) -> Bool {
    guard case .number(let left) = left, case .number(let right) = right else { return left == right }
    return left.units(atDecimalPlaces: 6) == right.units(atDecimalPlaces: 6)
}

private func write(words: [String]) {
    do throws(BTHomeError) {
        let bytes = try ObjectWriter.bytes(words: words)
        let reading = bytes.withUnsafeBytes { ObjectReader.read($0) }
        require(reading.note == nil && reading.measurements.count == words.count, "words written wrong")
    } catch {
        _ = error.explanation
    }
}
