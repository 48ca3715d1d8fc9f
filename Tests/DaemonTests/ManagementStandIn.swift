import Foundation
import Glibc

@testable import BlueZRadio

/// Answers the questions of the kernel's management interface that need no privilege, over socket pairs.
final class ManagementStandIn: Sendable {
    struct Controller: Sendable {
        var index: UInt16
        var address: [UInt8] = [0x9a, 0xf2, 0x06, 0xdc, 0x1b, 0x00]
        /// Powered, Low Energy.
        var supported: UInt32 = 1 << 0 | 1 << 9
        var current: UInt32 = 1 << 0 | 1 << 9
        /// It is there, and does not say what it is.
        var isMute = false
        /// What else it does, by opcode, and answers then.
        var does: [UInt16: [UInt8]] = [:]
    }

    private let controllers: [Controller]
    /// The commands that the asker may use; nil: the kernel does not say.
    private let commands: [UInt16]?
    private let isSilent: Bool

    init(_ controllers: [Controller], commands: [UInt16]? = nil, isSilent: Bool = false) {
        self.controllers = controllers
        self.commands = commands
        self.isSilent = isSilent
    }

    /// The asker's end of a pair whose other end is answered until it closes.
    @Sendable func open() throws(BlueZError) -> Int32 {
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, Int32(SOCK_SEQPACKET.rawValue), 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        let answering = ends[1]
        Thread.detachNewThread { self.serve(answering) }
        return ends[0]
    }

    private func serve(_ descriptor: Int32) {
        defer { close(descriptor) }
        var buffer = [UInt8](repeating: 0, count: 512)
        while true {
            let count = recv(descriptor, &buffer, buffer.count, 0)
            guard count >= 6 else { return }
            if isSilent { continue }
            let (opcode, index) = (word(buffer, 0), word(buffer, 2))
            // What belongs to nobody's question comes between.
            send(descriptor, event(0x0004, index, []))
            if opcode == 0x0004, controllers.contains(where: { $0.index == index && $0.isMute }) { continue }
            send(descriptor, answer(opcode, index))
        }
    }

    private func answer(_ opcode: UInt16, _ index: UInt16) -> [UInt8] {
        var parameters: [UInt8]
        let controller = controllers.first { $0.index == index }
        switch (opcode, controller) {
        case (0x0002, _) where commands != nil:
            let commands = commands ?? []
            // One event follows.
            parameters = littleEndian(UInt16(commands.count)) + [1, 0] + commands.flatMap(littleEndian) + [0x57, 0]
        case (0x0003, _):
            parameters = littleEndian(UInt16(controllers.count)) + controllers.flatMap { littleEndian($0.index) }
        case (0x0004, let controller?):
            parameters = controller.address + [9, 2, 0]
            parameters += littleEndian(controller.supported) + littleEndian(controller.current)
            parameters += [UInt8](repeating: 0, count: ControllerInfo.byteCount - parameters.count)
        case (0x003d, .some): parameters = [0, 0, 0, 0, 31, 31, 5, 0]
        default:
            guard let done = controller?.does[opcode] else {
                return event(0x0002, index, littleEndian(opcode) + [0x11])
            }
            parameters = done
        }
        return event(0x0001, index, littleEndian(opcode) + [0] + parameters)
    }

    private func event(_ code: UInt16, _ index: UInt16, _ parameters: [UInt8]) -> [UInt8] {
        littleEndian(code) + littleEndian(index) + littleEndian(UInt16(parameters.count)) + parameters
    }

    private func send(_ descriptor: Int32, _ bytes: [UInt8]) {
        _ = Glibc.send(descriptor, bytes, bytes.count, Int32(MSG_NOSIGNAL))
    }

    private func word(_ bytes: [UInt8], _ offset: Int) -> UInt16 {
        UInt16(bytes[offset]) | UInt16(bytes[offset + 1]) << 8
    }
}
