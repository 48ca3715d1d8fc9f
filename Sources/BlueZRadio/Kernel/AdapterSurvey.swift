import Glibc
import Wire

/// The adapters of this machine and what they can do, as `sidegate doctor` tells it. Asked with commands of the management
/// interface that change nothing; what only the privileged may know is left out for others.
public struct AdapterSurvey: Sendable, Equatable {
    /// As many adapters are looked at.
    public static let adaptersMax = 32

    public struct Adapter: Sendable, Equatable {
        public var index: UInt16
        public var address: RadioAddress
        /// Whether the kernel has found a public address in it, which links need.
        public var hasAddress: Bool
        public var isPowered: Bool
        public var hasLowEnergy: Bool
        /// Whether a bridge can use it, once it is on: as the radio judges.
        public var isFit: Bool
        /// Whether it is on, with its Low Energy: as the radio judges.
        public var isOn: Bool
        /// Whether it goes by addresses that change.
        public var isPrivate: Bool
        /// How many different advertisements it sends at once; nil: only the privileged may know.
        public var advertisingInstancesMax: Int?

        init(_ index: UInt16, _ info: ControllerInfo, _ features: AdvertisingFeatures?) {
            self.index = index
            address = info.address
            hasAddress = info.hasAddress
            isPowered = info.current.contains(.powered)
            hasLowEnergy = info.supported.contains(.lowEnergy)
            isFit = info.isFit
            isOn = info.current.isOn
            isPrivate = info.current.contains(.privacy)
            advertisingInstancesMax = features.map { Int($0.instancesMax) }
        }

        /// As the settings would name it by its place, `hci0`.
        public var name: String { AdapterName.index(index).description }
        /// AA:BB:CC:DD:EE:FF.
        public var addressText: String { addressWords(address) }

        /// Whether `text` of the settings means this adapter.
        public func isNamed(_ text: String) -> Bool {
            AdapterName(text)?.matches(index: index, address: address.value) ?? false
        }
    }

    /// Those that said what they are, the lowest index first.
    public var adapters: [Adapter]
    /// Names of those that are there and did not say.
    public var mute: [String]
    /// The ways of hearing and of being heard that the kernel has, in words; nil: only the privileged may know.
    public var ways: String?

    /// The one that a radio uses where the settings name none: the first that is on, or else the first that can be.
    public var chosen: Adapter? { adapters.first { $0.isFit && $0.isOn } ?? adapters.first(where: \.isFit) }

    /// Asks over `management`, a socket of the management interface that nobody else reads, and waits at most four times
    /// so long in all for the answers. Throws if the kernel does not say which adapters there are.
    public static func take(management: Int32, timeoutMilliseconds: Int) throws(SurveyError) -> AdapterSurvey {
        let conversation = SurveyConversation(descriptor: management, timeoutMilliseconds: timeoutMilliseconds)
        let listed = try conversation.ask(.readIndexList) { indexes($0) } ?? []
        // The kernel names the newest first.
        let asked = listed.sorted().prefix(adaptersMax).map { (index: $0, command: ManagementCommand.readInfo($0)) }
        let infos = try conversation.ask(asked.map(\.command)) { try? ControllerInfo($0) }
        var (told, mute): ([(UInt16, ControllerInfo)], [String]) = ([], [])
        for (index, command) in asked {
            if let info = infos[command]?.value ?? nil {
                told.append((index, info))
            } else if infos[command]?.status != .invalidIndex {
                // It has not gone since the list was made.
                mute.append(AdapterName.index(index).description)
            }
        }
        let features = try conversation.ask(told.map { ManagementCommand.readAdvertisingFeatures($0.0) }) {
            try? AdvertisingFeatures($0)
        }
        let ways = try conversation.ask([KernelWays.command]) { KernelWays($0) }
        return AdapterSurvey(
            adapters: told.map { index, info in
                Adapter(index, info, features[ManagementCommand.readAdvertisingFeatures(index)]?.value ?? nil)
            }, mute: mute, ways: ways[KernelWays.command]?.value?.words)
    }

    /// Count 2, indexes 2 each.
    private static func indexes(_ bytes: UnsafeRawBufferPointer) -> [UInt16] {
        guard bytes.count >= 2 else { return [] }
        let count = min(Int(bytes.integer(at: 0, as: UInt16.self)), (bytes.count - 2) / 2)
        return (0..<count).map { bytes.integer(at: 2 + 2 * $0) }
    }
}
