import RadioInterface
import Wire

@testable import VirtualAir

/// Any bytes as a datagram of the virtual air, as a greeting and as its answer: what is read writes itself the same.
func fuzzAir(_ bytes: UnsafeRawBufferPointer) {
    if let datagram = AirDatagram(bytes) {
        guard let name = AirName(bytes: datagram.name) else { return require(false, "a name that is none") }
        let path = AirPath(signalDBm: datagram.signalDBm, delayMilliseconds: datagram.delayMilliseconds)
        let again = AirDatagram.encode(
            from: name, datagram.address, isConnectable: datagram.isConnectable, path: path, data: datagram.data)
        require(bytes.elementsEqual(again), "a datagram written otherwise")
    }
    if let greeting = AirGreeting(bytes) {
        require(bytes.elementsEqual(greeting.encoded), "a greeting written otherwise")
    }
    if let answer = AirAnswer(bytes) { require(bytes.elementsEqual(answer.encoded), "an answer written otherwise") }
    var filled = Array(bytes)
    AirDatagram.fill(&filled, with: AirPath(lossPercent: 3, signalDBm: -70, delayMilliseconds: 500))
    require(filled.count == bytes.count, "a filled datagram of another length")
}

func airSeeds() -> [[UInt8]] {
    guard let name = AirName("middle") else { return [] }
    let address = RadioAddress(value: 0xAABB_CCDD_EEFF, kind: .random)
    return [
        AirDatagram.encode(from: name, address, isConnectable: true, path: AirPath(), data: [2, 1, 6]),
        AirGreeting(to: address, from: address, name: name).encoded, AirAnswer.absent.encoded,
    ]
}

/// Any bytes as a street file.
func fuzzStreet(_ bytes: UnsafeRawBufferPointer) {
    do throws(StreetError) {
        let street = try StreetParser.parse(bytes, path: "street")
        guard let left = AirName("left"), let right = AirName("right") else { return }
        require(street.path(from: left, to: left) == nil, "a radio hears itself")
        if let path = street.path(from: left, to: right) {
            require(path.lossPercent < 100 && path.delayMilliseconds <= 10_000, "a path out of range")
        }
    } catch {
        require(error.line >= 1 && error.column >= 1 && error.column <= bytes.count + 1, "a fault outside the file")
        require(error.description.utf8.count < 400, "a long message")
    }
}

func streetSeeds() -> [[UInt8]] {
    [
        "# a street\nleft <-> middle\nmiddle -> right loss 10 signal -70 delay 20\n",
        "sensor -> left\r\n\tleft <-> right#",
        "left <-> left", "left -> right loss 101", "left -> right\nleft <-> right",
    ].map { Array($0.utf8) }
}
