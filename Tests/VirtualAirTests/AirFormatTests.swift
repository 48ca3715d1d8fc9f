import RadioInterface
import Testing
import Wire

@testable import VirtualAir

@Suite struct AirFormatTests {
    @Test func namesAreOneTo32PlainBytes() {
        for good in ["a", "left-2", "Z_9", String(repeating: "x", count: 32)] { #expect(AirName(good)?.text == good) }
        for bad in ["", "a b", "a/b", "..", "é", "a\0", String(repeating: "x", count: 33)] {
            #expect(AirName(bad) == nil)
        }
    }

    @Test func datagramOfEverySizeReadsBack() throws {
        let name = try #require(AirName("sensor"))
        let address = RadioAddress(value: 0xa1b2_c3d4_e5f6, kind: .public)
        for length in 0...AirDatagram.dataBytesMax {
            let data = (0..<length).map { UInt8(truncatingIfNeeded: $0) }
            let path = AirPath(signalDBm: -91, delayMilliseconds: 0x1234)
            let bytes = AirDatagram.encode(from: name, address, isConnectable: length % 2 == 0, path: path, data: data)
            try bytes.withUnsafeBytes { view in
                let datagram = try #require(AirDatagram(view))
                #expect(datagram.address == address)
                #expect(datagram.isConnectable == (length % 2 == 0))
                #expect(datagram.signalDBm == -91)
                #expect(datagram.delayMilliseconds == 0x1234)
                #expect(datagram.name.elementsEqual("sensor".utf8))
                #expect(datagram.data.elementsEqual(data))
            }
        }
    }

    @Test func datagramLayoutIsTheDocumentedOne() throws {
        let name = try #require(AirName("ab"))
        let bytes = AirDatagram.encode(
            from: name, RadioAddress(value: 0x0102_0304_0506, kind: .random), isConnectable: true,
            path: AirPath(signalDBm: -2, delayMilliseconds: 0x0102), data: [9, 8])
        #expect(bytes == [0x53, 1, 3, 0xfe, 2, 1, 1, 2, 3, 4, 5, 6, 2, 0x61, 0x62, 9, 8])
    }

    @Test func greetingAndAnswersReadBack() throws {
        let name = try #require(AirName("left"))
        let greeting = AirGreeting(
            to: RadioAddress(value: 0x0102_0304_0506, kind: .random),
            from: RadioAddress(value: 0xf1f2_f3f4_f5f6, kind: .public), name: name)
        let bytes = greeting.encoded
        #expect(bytes == [0x53, 1, 1, 1, 2, 3, 4, 5, 6, 0xf1, 0xf2, 0xf3, 0xf4, 0xf5, 0xf6] + Array("left".utf8))
        let back = try #require(bytes.withUnsafeBytes { AirGreeting($0) })
        #expect(back.to == greeting.to && back.from == greeting.from && back.name == name)
        for answer in [AirAnswer.accepted, .refused, .absent] {
            #expect(answer.encoded.withUnsafeBytes { AirAnswer($0) } == answer)
        }
    }

    /// Every truncation, and every change of one byte, is refused or read as something within bounds.
    @Test func damagedFormatsAreRefusedOrReadWithinBounds() throws {
        let name = try #require(AirName("left"))
        let address = RadioAddress(value: 1, kind: .random)
        let datagram = AirDatagram.encode(
            from: name, address, isConnectable: true, path: AirPath(), data: [UInt8](repeating: 1, count: 31))
        let greeting = AirGreeting(to: address, from: address, name: name).encoded
        #expect(
            (0..<18).allSatisfy { length in datagram.prefix(length).withUnsafeBytes { AirDatagram($0) == nil } }
                == false)
        for length in 0..<17 { #expect(datagram.prefix(length).withUnsafeBytes { AirDatagram($0) } == nil) }
        for length in 0...15 { #expect(greeting.prefix(length).withUnsafeBytes { AirGreeting($0) } == nil) }
        for (index, value) in (0..<datagram.count).flatMap({ index in (UInt8(0)...255).map { (index, $0) } }) {
            var damaged = datagram
            damaged[index] = value
            damaged.withUnsafeBytes { view in
                guard let read = AirDatagram(view) else { return }
                #expect(13 + read.name.count + read.data.count == view.count)
            }
        }
        let tooLong = datagram + [UInt8](repeating: 0, count: AirDatagram.bytesMax)
        #expect(tooLong.withUnsafeBytes { AirDatagram($0) } == nil)
        #expect((greeting + [UInt8](repeating: 0x61, count: 33)).withUnsafeBytes { AirGreeting($0) } == nil)
    }

    @Test func heldMessagesComeOutInOrderAndKeepTheirLimit() {
        let held = HeldMessages(messageBytesMax: 4)
        for round in 0..<3 {
            for number in 0..<HeldMessages.messagesMax {
                held.free[0] = UInt8(number)
                // Each later one is due earlier: none may overtake.
                held.append(length: 1, due: .init(milliseconds: Int64(1_000 - number)))
            }
            #expect(held.isFull)
            held.append(length: 1, due: .atOnce)
            #expect(held.count == HeldMessages.messagesMax)
            for number in 0..<HeldMessages.messagesMax {
                #expect(held.firstDue == .init(milliseconds: 1_000))
                #expect(Array(held.first) == [UInt8(number)], "round \(round)")
                held.removeFirst()
            }
            #expect(held.count == 0 && held.firstDue == nil)
        }
    }
}
