import Devices

/// An enrolled device as the broker sees it, and which measurements it has been seen to send: BTHome does not say
/// beforehand.
public struct DeliveredDevice: Hashable, Sendable {
    /// The device's word in topics: letters, digits, `_` and `-`, for ever the same.
    public let identifier: String
    /// What its owner calls it.
    public var name: String
    /// The names of measurements that may be delivered (`--deliver`); empty: all.
    public var deliver: [String]
    /// What it has been seen to send, in the order of object ids.
    private(set) var entities: [Entity] = []
    /// Its firmware's version, if it has told it.
    private(set) var firmware: String?

    /// A device sends a dozen sorts of measurements; what goes beyond is not shown.
    public static let entitiesMax = 64
    static let identifierBytesMax = 64

    /// One thing that Home Assistant shows: a sort of measurement, and which of several.
    struct Entity: Hashable, Comparable, Sendable {
        /// The lowest object id of that name.
        var objectID: UInt8
        var index: UInt8

        static func < (left: Entity, right: Entity) -> Bool {
            (left.objectID, left.index) < (right.objectID, right.index)
        }
    }

    /// `entitiesText` is what `entitiesText` gave before; what cannot be read of it is passed over. Nil for an identifier
    /// that topics cannot hold.
    public init?(identifier: String, name: String, deliver: [String] = [], entitiesText: String = "") {
        guard !identifier.isEmpty, identifier.utf8.count <= Self.identifierBytesMax,
            identifier.utf8.allSatisfy(Self.isTopicCharacter)
        else { return nil }
        self.identifier = identifier
        self.name = name
        self.deliver = deliver
        for name in deliver {
            if let kind = ObjectTable.kinds(named: name).first { add(Entity(objectID: kind.id, index: 1)) }
        }
        for word in entitiesText.split(separator: " ") {
            let parts = word.split(separator: ":")
            guard parts.count == 2, let id = UInt8(parts[0], radix: 16), let index = UInt8(parts[1]), index > 0,
                let name = ObjectTable.kind(of: id)?.name, ObjectTable.kinds(named: name).first?.id == id
            else { continue }
            add(Entity(objectID: id, index: index))
        }
    }

    /// What is known of the device's measurements, to be stored: `1:1 3a:1 3a:2`.
    public var entitiesText: String {
        entities.map { "\(String($0.objectID, radix: 16)):\($0.index)" }.joined(separator: " ")
    }

    /// The names among `names` that no measurement has.
    public static func unknownNames(in names: [String]) -> [String] {
        names.filter { ObjectTable.kinds(named: $0).isEmpty }
    }

    /// Whether the owner lets measurements of that kind through. The number of a packet serves only to tell packets
    /// apart: it is delivered if it is asked for by name.
    func allows(_ kind: ObjectKind) -> Bool {
        deliver.isEmpty ? kind.name != "packet_id" : deliver.contains(kind.name)
    }

    /// Takes note of what a frame holds. Returns whether the device is to be announced anew.
    mutating func observe(_ reading: Reading) -> Bool {
        let before = self
        for measurement in reading.measurements {
            if case .firmware = measurement.value { firmware = measurement.value.text }
            guard allows(measurement.kind), let index = UInt8(exactly: measurement.index),
                let first = ObjectTable.firstID(named: measurement.kind)
            else { continue }
            let entity = Entity(objectID: first, index: index)
            if !entities.contains(entity), EntityDescription(measurement.kind) != nil { add(entity) }
        }
        return self != before
    }

    private mutating func add(_ entity: Entity) {
        guard entities.count < Self.entitiesMax, !entities.contains(entity) else { return }
        entities.append(entity)
        entities.sort()
    }

    private static func isTopicCharacter(_ character: UInt8) -> Bool {
        switch character {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"):
            true
        default: false
        }
    }
}
