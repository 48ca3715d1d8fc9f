import Glibc
import Wire

/// The adapters of this machine and what they can do, as `sidegate doctor` tells it. Asked with commands of the management
/// interface that need no privilege; changes nothing.
public struct AdapterSurvey: Sendable, Equatable {
    /// As many adapters are looked at.
    public static let adaptersMax = 32

    public struct Adapter: Sendable, Equatable {
        public var index: UInt16
        public var address: RadioAddress
        public var isPowered: Bool
        public var hasLowEnergy: Bool
        public var isLowEnergyOn: Bool
        /// Whether it goes by addresses that change.
        public var isPrivate: Bool
        /// How many different advertisements it sends at once; nil: only the privileged may know.
        public var advertisingInstancesMax: Int?

        init(_ index: UInt16, _ info: ControllerInfo, _ features: AdvertisingFeatures?) {
            self.index = index
            address = info.address
            isPowered = info.current.contains(.powered)
            hasLowEnergy = info.supported.contains(.lowEnergy)
            isLowEnergyOn = info.current.contains(.lowEnergy)
            isPrivate = info.current.contains(.privacy)
            advertisingInstancesMax = features.map { Int($0.instancesMax) }
        }

        /// As the settings would name it by its place, `hci0`.
        public var name: String { "hci\(index)" }
        /// AA:BB:CC:DD:EE:FF.
        public var addressText: String { addressWords(address) }

        /// Whether `text` of the settings means this adapter.
        public func isNamed(_ text: String) -> Bool {
            AdapterName(text)?.matches(index: index, address: address.value) ?? false
        }
    }

    public var adapters: [Adapter]

    /// Asks over `management`, a socket of the management interface that nobody else reads, and waits at most so long in
    /// all for the answers.
    public static func take(management: Int32, timeoutMilliseconds: Int) throws(SurveyError) -> AdapterSurvey {
        let conversation = SurveyConversation(descriptor: management, timeoutMilliseconds: timeoutMilliseconds)
        let list = try conversation.ask(.readIndexList) { indexes($0) } ?? []
        var adapters: [Adapter] = []
        // The kernel names the newest first.
        for index in list.sorted().prefix(adaptersMax) {
            // It may have gone since the list was made.
            guard let info = try conversation.ask(.readInfo(index), { try? ControllerInfo($0) }) ?? nil else {
                continue
            }
            let features = try conversation.ask(.readAdvertisingFeatures(index)) { try? AdvertisingFeatures($0) }
            adapters.append(Adapter(index, info, features ?? nil))
        }
        return AdapterSurvey(adapters: adapters)
    }

    /// Count 2, indexes 2 each.
    private static func indexes(_ bytes: UnsafeRawBufferPointer) -> [UInt16] {
        guard bytes.count >= 2 else { return [] }
        let count = min(Int(bytes.integer(at: 0, as: UInt16.self)), (bytes.count - 2) / 2)
        return (0..<count).map { bytes.integer(at: 2 + 2 * $0) }
    }
}
