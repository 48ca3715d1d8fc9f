import Glibc
import RadioInterface
import Wire

/// A device in an air: something that is heard, and hears nothing.
public enum VirtualEmitter {
    /// Bytes in the longest advertising data.
    public static let dataBytesMax = AirDatagram.dataBytesMax

    /// How one advertisement fared.
    public struct Outcome: Hashable, Sendable {
        /// Radios that got it.
        public var heardBy: [AirName] = []
        /// Radios that the street lets hear this device and that did not get it: lost, dead, or too busy.
        public var missedBy: [AirName] = []
    }

    /// Sends one advertisement to all radios that hear `name` in the air at `path`.
    ///
    /// Where the street names no signal, `signalDBm` is heard; `generator` draws what the street loses.
    /// - Throws: `nameInvalid`, `dataTooLong`, `directoryUnusable`, `street` or `system`.
    public static func emit(
        air path: String, name text: String, address: RadioAddress, signalDBm: Int8 = AirPath.signalDefaultDBm,
        data: [UInt8], using generator: inout some RandomNumberGenerator
    ) throws(AirError) -> Outcome {
        guard let name = AirName(text) else { throw .nameInvalid(text) }
        guard data.count <= dataBytesMax else { throw .dataTooLong(bytesMax: dataBytesMax) }
        let directory = AirDirectory(path: path)
        let street: Street
        do throws(StreetError) { street = try directory.readStreet() } catch { throw .street(error) }
        let socket = try AirSocket.open(SOCK_DGRAM)
        var outcome = Outcome()
        for listener in try directory.radioNames() {
            guard var airPath = street.path(from: name, to: listener) else { continue }
            if !airPath.saysSignal { airPath.signalDBm = signalDBm }
            let datagram = AirDatagram.encode(
                from: name, address, isConnectable: false, path: airPath, data: data)
            if !airPath.loses(using: &generator),
                sends(datagram, on: socket.value, to: try AirSocket.address(directory.datagramPath(listener)))
            {
                outcome.heardBy.append(listener)
            } else {
                outcome.missedBy.append(listener)
            }
        }
        return outcome
    }

    /// A radio that is busy this moment gets a few more chances: a device by itself sends rarely.
    private static func sends(_ datagram: [UInt8], on socket: Int32, to address: sockaddr_un) -> Bool {
        for _ in 0..<20 {
            let number = datagram.withUnsafeBytes { AirSocket.send(socket, $0, to: address) }
            if number != EAGAIN { return number == 0 }
            usleep(2_000)
        }
        return false
    }
}
