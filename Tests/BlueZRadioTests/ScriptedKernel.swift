import CLinux
import Glibc
import Wire

@testable import BlueZRadio

/// What a scripted kernel does to a command instead of what it asks for.
enum ScriptedAnswer {
    case status(UInt8)
    case silence
}

/// A controller as the management interface shows it.
final class ScriptedController {
    let index: UInt16
    let address: UInt64
    /// What it goes by in the air instead, with privacy; and when it calls, if that is yet another one.
    var privateAddress: UInt64?
    var privateCaller: UInt64?
    var supported: ControllerSettings = [.powered, .lowEnergy, .classic]
    var settings: ControllerSettings = [.powered, .lowEnergy]
    var isBlocked = false
    /// Commands that it does not know.
    var unknown: Set<UInt16> = []
    /// For each command the next answers; when they are used up it does what it is asked to.
    var script: [UInt16: [ScriptedAnswer]] = [:]
    var instances: [UInt8: [UInt8]] = [:]
    /// Instances of other programs.
    var foreignInstances: Set<UInt8> = []
    var instancesMax: UInt8 = 5
    var parametersSet: Set<UInt8> = []
    var hasMeshFeature = false
    var hearsMesh = false
    var monitors: Set<UInt16> = []
    var monitorNext: UInt16 = 1
    var isDiscovering = false
    /// Peers, each address 6 and kind 1.
    var connections: [[UInt8]] = []
    /// It was reset behind the kernel's back: takes every command, and tells nothing.
    var isReset = false
    /// Opcodes of all commands so far.
    var commands: [UInt16] = []

    init(index: UInt16 = 0, address: UInt64) {
        self.index = index
        self.address = address
    }

    var isOn: Bool { settings.isSuperset(of: [.powered, .lowEnergy]) }
    var airAddress: RadioAddress {
        privateAddress.map { RadioAddress(value: $0, kind: .random) } ?? RadioAddress(value: address, kind: .public)
    }
    var callerAddress: RadioAddress {
        privateCaller.map { RadioAddress(value: $0, kind: .random) } ?? airAddress
    }
    var onAir: [[UInt8]] { isOn ? instances.keys.sorted().compactMap { instances[$0] } : [] }
}

/// Speaks the kernel's part of the management interface over socket pairs.
final class ScriptedKernel {
    private weak var air: ScriptedAir?
    var controllers: [ScriptedController]
    private(set) var descriptors: [Int32] = []
    /// It answers nothing at all.
    var isDeaf = false
    var opensFail: BlueZError?
    var isPermitted = true
    /// So many of the next sockets are none that epoll takes.
    var unpollable = 0
    private(set) var opened = 0

    init(air: ScriptedAir, controllers: [ScriptedController]) {
        self.air = air
        self.controllers = controllers
    }

    func open() throws(BlueZError) -> Int32 {
        if let opensFail { throw opensFail }
        if unpollable > 0 {
            unpollable -= 1
            return unpollableDescriptor()
        }
        var ends: [Int32] = [-1, -1]
        guard socketpair(AF_UNIX, nonblocking, 0, &ends) == 0 else {
            throw .system(call: "socketpair", errno: errno)
        }
        let (own, other) = (ends[0], ends[1])
        opened += 1
        if let air { air.locked { descriptors.append(other) } } else { descriptors.append(other) }
        return own
    }

    func closeAll() {
        for descriptor in descriptors { close(descriptor) }
        descriptors.removeAll()
    }

    /// The socket in use, not the spare one.
    func closeFirst() {
        if !descriptors.isEmpty { close(descriptors.removeFirst()) }
    }

    // MARK: Serving

    func serve() {
        var bytes = [UInt8](repeating: 0, count: 1_024)
        for descriptor in descriptors {
            while true {
                let count = recv(descriptor, &bytes, bytes.count, Int32(MSG_DONTWAIT))
                if count == 0 {
                    close(descriptor)
                    descriptors.removeAll { $0 == descriptor }
                }
                guard count >= 6 else { break }
                take(Array(bytes[..<count]), descriptor)
            }
        }
    }

    private func take(_ bytes: [UInt8], _ descriptor: Int32) {
        guard !isDeaf else { return }
        let opcode = UInt16(bytes[0]) | UInt16(bytes[1]) << 8
        let index = UInt16(bytes[2]) | UInt16(bytes[3]) << 8
        let parameters = Array(bytes[6...])
        if index == ManagementPacket.indexNone { return takeGlobal(opcode, descriptor) }
        guard let controller = controllers.first(where: { $0.index == index }) else {
            return status(opcode, index, 0x11, descriptor)
        }
        controller.commands.append(opcode)
        if var script = controller.script[opcode], !script.isEmpty {
            let answer = script.removeFirst()
            controller.script[opcode] = script
            if case .status(let code) = answer { status(opcode, index, code, descriptor) }
            return
        }
        if controller.unknown.contains(opcode) { return status(opcode, index, 0x01, descriptor) }
        if !isPermitted, opcode != ManagementOpcode.readInfo.rawValue {
            return status(opcode, index, 0x14, descriptor)
        }
        carryOut(ManagementOpcode(rawValue: opcode), parameters, controller, descriptor)
    }

    private func takeGlobal(_ opcode: UInt16, _ descriptor: Int32) {
        switch ManagementOpcode(rawValue: opcode) {
        case .readVersion: complete(opcode, ManagementPacket.indexNone, [1, 22, 0], descriptor)
        case .readIndexList:
            let list = controllers.flatMap { littleEndian($0.index) }
            complete(opcode, ManagementPacket.indexNone, littleEndian(UInt16(controllers.count)) + list, descriptor)
        default: status(opcode, ManagementPacket.indexNone, 0x01, descriptor)
        }
    }

    private func carryOut(
        _ opcode: ManagementOpcode, _ parameters: [UInt8], _ controller: ScriptedController, _ descriptor: Int32
    ) {
        let index = controller.index
        func done(_ answer: [UInt8] = []) { complete(opcode.rawValue, index, answer, descriptor) }
        func refuse(_ code: UInt8) { status(opcode.rawValue, index, code, descriptor) }
        switch opcode {
        case .readInfo: return done(info(controller))
        case .setPowered:
            if controller.isBlocked { return refuse(0x12) }
            let settings =
                parameters[0] == 1 ? controller.settings.union(.powered) : controller.settings.subtracting(.powered)
            done(littleEndian(settings.rawValue))
            return set(controller, settings)
        case .setLowEnergy:
            done(littleEndian(controller.settings.union(.lowEnergy).rawValue))
            return set(controller, controller.settings.union(.lowEnergy))
        default: break
        }
        guard controller.isOn else { return refuse(0x0f) }
        switch opcode {
        case .readAdvertisingFeatures:
            let used = Set(controller.instances.keys).union(controller.foreignInstances).sorted()
            done([0, 0, 0, 0, 31, 31, controller.instancesMax, UInt8(used.count)] + used)
        case .getConnections:
            done(littleEndian(UInt16(controller.connections.count)) + controller.connections.flatMap { $0 })
        case .setExperimentalFeature:
            controller.hasMeshFeature = true
            done(ManagementCommand.meshFeature + [1, 0, 0, 0])
        case .setMeshReceiver:
            guard controller.hasMeshFeature else { return refuse(0x0c) }
            controller.hearsMesh = parameters[0] == 1
            done()
        case .addPatternMonitor:
            controller.monitors.insert(controller.monitorNext)
            done(littleEndian(controller.monitorNext))
            controller.monitorNext += 1
        case .removeMonitor:
            let handle = UInt16(parameters[0]) | UInt16(parameters[1]) << 8
            controller.monitors.remove(handle) == nil ? refuse(0x11) : done(littleEndian(handle))
        case .startDiscovery:
            if controller.isDiscovering { return refuse(0x0a) }
            controller.isDiscovering = true
            done([6])
            event(ManagementEvent.discovering, index, [6, 1])
        case .stopDiscovery:
            controller.isDiscovering = false
            done([6])
        default: advertise(opcode, parameters, controller, done: { done($0) }, refuse: refuse)
        }
    }

    private func advertise(
        _ opcode: ManagementOpcode, _ parameters: [UInt8], _ controller: ScriptedController,
        done: ([UInt8]) -> Void, refuse: (UInt8) -> Void
    ) {
        let instance = parameters.first ?? 0
        guard instance >= 1, instance <= controller.instancesMax else { return refuse(0x0d) }
        switch opcode {
        case .addAdvertising:
            guard parameters.count == 11 + Int(parameters[9]) else { return refuse(0x0d) }
            controller.instances[instance] = Array(parameters[11...])
        case .addAdvertisingParameters:
            guard parameters.count == 18 else { return refuse(0x0d) }
            controller.parametersSet.insert(instance)
            return done([instance, 0, 31, 31])
        case .addAdvertisingData:
            guard controller.parametersSet.contains(instance), parameters.count == 3 + Int(parameters[1]) else {
                return refuse(0x0d)
            }
            controller.instances[instance] = Array(parameters[3...])
        case .removeAdvertising:
            guard controller.instances.removeValue(forKey: instance) != nil else { return refuse(0x0d) }
        default: return refuse(0x01)
        }
        done([instance])
    }

    private func info(_ controller: ScriptedController) -> [UInt8] {
        var bytes = (0..<6).map { UInt8(truncatingIfNeeded: controller.address >> UInt64(8 * $0)) }
        bytes += [10] + littleEndian(UInt16(0x05f1)) + littleEndian(controller.supported.rawValue)
        bytes += littleEndian(controller.settings.rawValue)
        return bytes + [UInt8](repeating: 0, count: ControllerInfo.byteCount - bytes.count)
    }

    // MARK: Telling

    func set(_ controller: ScriptedController, _ settings: ControllerSettings) {
        controller.settings = settings
        if !controller.isOn {
            controller.isReset = false
            controller.connections.removeAll()
            controller.instances.removeAll()
            controller.isDiscovering = false
            controller.hearsMesh = false
        }
        event(ManagementEvent.newSettings, controller.index, littleEndian(settings.rawValue))
    }

    func report(_ payload: [UInt8], from sender: UInt64, to controller: ScriptedController) {
        report(payload, from: RadioAddress(value: sender, kind: .public), to: controller)
    }

    func report(_ payload: [UInt8], from sender: RadioAddress, to controller: ScriptedController) {
        guard controller.isOn, !controller.isReset else { return }
        let address = bytes(sender)
        let signal = UInt8(bitPattern: -60)
        // The kernel puts flags before it.
        let data = payload.count <= 28 ? [2, 1, 6] + payload : payload
        let tail = littleEndian(UInt16(data.count)) + data
        let flags: [UInt8] = [0, 0, 0, 0]
        if controller.hearsMesh {
            event(
                ManagementEvent.meshDeviceFound, controller.index,
                address + [signal] + flags + [UInt8](repeating: 0, count: 8) + tail)
        }
        if !controller.monitors.isEmpty {
            event(ManagementEvent.monitorDeviceFound, controller.index, [0, 0] + address + [signal] + flags + tail)
        }
        if controller.isDiscovering {
            event(ManagementEvent.deviceFound, controller.index, address + [signal] + flags + tail)
        }
    }

    func tellLink(_ one: RadioAddress, _ other: RadioAddress) {
        for (own, peer) in [(one, other), (other, one)] {
            let goesBy = { (controller: ScriptedController) in
                own == controller.airAddress || own == controller.callerAddress
            }
            guard let controller = controllers.first(where: goesBy) else { continue }
            controller.connections.append(bytes(peer))
            event(ManagementEvent.deviceConnected, controller.index, bytes(peer) + [0, 0, 0, 0, 0, 0])
        }
    }

    /// As HCIDEVRESET does: connections are dropped without a word, discovery with one.
    func reset(_ controller: ScriptedController) {
        controller.isReset = true
        controller.connections.removeAll()
        controller.instances.removeAll()
        controller.isDiscovering = false
        event(ManagementEvent.discovering, controller.index, [6, 0])
    }

    func disconnect(_ controller: ScriptedController) {
        for peer in controller.connections {
            event(ManagementEvent.deviceDisconnected, controller.index, peer + [0])
        }
        controller.connections.removeAll()
    }

    /// As the management interface writes an address: public is 1, random 2.
    private func bytes(_ address: RadioAddress) -> [UInt8] {
        (0..<6).map { UInt8(truncatingIfNeeded: address.value >> UInt64(8 * $0)) } + [address.kind == .public ? 1 : 2]
    }

    func endDiscovery(_ controller: ScriptedController) {
        controller.isDiscovering = false
        event(ManagementEvent.discovering, controller.index, [6, 0])
    }

    func event(_ code: UInt16, _ index: UInt16, _ parameters: [UInt8]) {
        raw(littleEndian(code) + littleEndian(index) + littleEndian(UInt16(parameters.count)) + parameters)
    }

    /// Any bytes, to all.
    func raw(_ bytes: [UInt8]) {
        guard !isDeaf else { return }
        for descriptor in descriptors { say(bytes, descriptor) }
    }

    /// Answers what was asked before, to all.
    func answer(_ opcode: ManagementOpcode, _ index: UInt16) {
        for descriptor in descriptors { complete(opcode.rawValue, index, [], descriptor) }
    }

    private func complete(_ opcode: UInt16, _ index: UInt16, _ answer: [UInt8], _ descriptor: Int32) {
        let parameters = littleEndian(opcode) + [0] + answer
        say(
            littleEndian(ManagementEvent.commandComplete) + littleEndian(index) + littleEndian(UInt16(parameters.count))
                + parameters, descriptor)
    }

    private func status(_ opcode: UInt16, _ index: UInt16, _ code: UInt8, _ descriptor: Int32) {
        say(
            littleEndian(ManagementEvent.commandStatus) + littleEndian(index) + [3, 0] + littleEndian(opcode) + [code],
            descriptor)
    }

    private func say(_ bytes: [UInt8], _ descriptor: Int32) {
        bytes.withUnsafeBytes { view in
            _ = send(descriptor, view.baseAddress, view.count, Int32(MSG_DONTWAIT) | Int32(MSG_NOSIGNAL))
        }
    }
}
