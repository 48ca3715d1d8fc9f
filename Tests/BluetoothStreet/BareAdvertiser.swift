import Foundation

/// Advertises from a controller by HCI commands on a raw socket, so that the moment is known at which it begins: `btmgmt`
/// takes tens of milliseconds to start.
public final class BareAdvertiser {
    /// LE Set Random Address, Advertising Parameters, Data and Enable (Bluetooth Core 4.E.7.8.4, 5, 7, 9), little endian.
    private enum Command {
        static let address: [UInt8] = [0x05, 0x20]
        static let parameters: [UInt8] = [0x06, 0x20]
        static let data: [UInt8] = [0x08, 0x20]
        static let enable: [UInt8] = [0x0a, 0x20]
    }
    private let descriptor: Int32

    /// On an adapter that is switched on and that nobody else advertises from; under the `address` given, a random one
    /// as printed, or else the adapter's own.
    public init(on adapter: String, as address: String? = nil) throws {
        guard let index = UInt8(adapter.dropFirst("hci".count)) else { throw Trouble("no adapter \(adapter)") }
        descriptor = try BareSocket.hci(index: UInt16(index), channel: 0)
        if let address {
            try send(Command.enable, [0])
            try send(Command.address, address.split(separator: ":").compactMap { UInt8($0, radix: 16) }.reversed())
        }
        // Each 100 ms, to nobody in particular, not connectable, on all three channels.
        let kind: UInt8 = address == nil ? 0 : 1
        try send(Command.parameters, [0xa0, 0, 0xa0, 0, 3, kind, 0] + [UInt8](repeating: 0, count: 6) + [7, 0])
    }

    deinit { close(descriptor) }

    /// Has the controller hold `data`, at most 31 bytes, without advertising it.
    public func load(_ data: [UInt8]) throws {
        try send(Command.enable, [0])
        let padding = [UInt8](repeating: 0, count: 31 - data.count)
        try send(Command.data, [UInt8(data.count)] + data + padding)
        // The kernel hands commands over one after the other, each once the former is answered.
        usleep(100_000)
    }

    /// Begins, and returns the time of it, in seconds since 1970.
    public func begin() throws -> Double {
        let now = Date().timeIntervalSince1970
        try send(Command.enable, [1])
        return now
    }

    /// Says nothing more.
    public func end() throws { try send(Command.enable, [0]) }

    private func send(_ command: [UInt8], _ parameters: [UInt8]) throws {
        let packet = [1] + command + [UInt8(parameters.count)] + parameters
        guard write(descriptor, packet, packet.count) == packet.count else {
            throw Trouble("no HCI command: \(String(cString: strerror(errno)))")
        }
    }
}

/// Sockets of the kernel's HCI.
enum BareSocket {
    private static let family: Int32 = 31  // AF_BLUETOOTH
    private static let hciProtocol: Int32 = 1

    /// Bound to an adapter, 0xffff for none, and a channel (`struct sockaddr_hci`).
    static func hci(index: UInt16, channel: UInt16) throws -> Int32 {
        let descriptor = socket(family, Int32(SOCK_RAW.rawValue) | Int32(SOCK_CLOEXEC.rawValue), hciProtocol)
        guard descriptor >= 0 else { throw Trouble("no HCI socket: errno \(errno)") }
        let address = [UInt16(family), index, channel]
        let result = address.withUnsafeBytes { raw in
            raw.withMemoryRebound(to: sockaddr.self) { rebound in
                rebound.baseAddress.map { bind(descriptor, $0, socklen_t(6)) } ?? -1
            }
        }
        guard result == 0 else {
            let number = errno
            close(descriptor)
            throw Trouble("HCI socket: \(String(cString: strerror(number)))")
        }
        return descriptor
    }
}
