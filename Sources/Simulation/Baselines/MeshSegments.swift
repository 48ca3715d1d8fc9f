/// How Bluetooth Mesh cuts a message (Mesh Profile 1.0.1: 3.4.4 network PDU, 3.5.2 lower transport PDU, 3.6.2 upper
/// transport PDU; the same in Mesh Protocol 1.1).
enum MeshSegments {
    /// IVI and NID 1, CTL and TTL 1, sequence number 3, source 2, destination 2.
    static let bytesNetworkHeader = 9
    static let bytesNetworkCheckAccess = 4
    static let bytesNetworkCheckControl = 8
    /// Length and type of the advertisement's only structure.
    static let bytesAdvertisingHeader = 2
    static let bytesTransportCheck = 4
    static let bytesPerSegment = 12
    static let segmentsMax = 32
    /// Of an upper transport PDU that needs no segments.
    static let bytesUnsegmentedMax = 15
    /// A model of a vendor's own.
    static let bytesOpcode = 3

    /// Segments of an access message with so many bytes, its opcode included; 0: it goes unsegmented. Nil: too long.
    static func count(accessBytes: Int) -> Int? {
        let upper = accessBytes + bytesTransportCheck
        if upper <= bytesUnsegmentedMax { return 0 }
        let segments = (upper + bytesPerSegment - 1) / bytesPerSegment
        return segments <= segmentsMax ? segments : nil
    }

    /// Advertising data that carries the whole of an unsegmented access message.
    static func bytesUnsegmented(accessBytes: Int) -> Int {
        bytesAdvertisingHeader + bytesNetworkHeader + 1 + accessBytes + bytesTransportCheck + bytesNetworkCheckAccess
    }

    /// Advertising data that carries one segment: 31 bytes for a full one.
    static func bytes(segment: Int, accessBytes: Int) -> Int {
        let upper = accessBytes + bytesTransportCheck
        let part = min(bytesPerSegment, max(upper - segment * bytesPerSegment, 0))
        return bytesAdvertisingHeader + bytesNetworkHeader + 4 + part + bytesNetworkCheckAccess
    }

    /// Advertising data of a segment acknowledgement: opcode 1, sequence 2, blocks 4.
    static let bytesAcknowledgement = bytesAdvertisingHeader + bytesNetworkHeader + 7 + bytesNetworkCheckControl
}
