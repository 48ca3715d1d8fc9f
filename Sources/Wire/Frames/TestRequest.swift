/// Asks a neighbour to take up a test advertisement under one of the asking home's own grants, as if it had heard it:
/// {id of the grant 8, random 16}.
@frozen public struct TestRequest: Hashable, Sendable {
    /// The id of the grant's record.
    public var grantID: UInt64
    public var random: Bytes16

    public init(grantID: UInt64, random: Bytes16) {
        self.grantID = grantID
        self.random = random
    }

    /// What an encrypted BTHome v2 frame begins with.
    static let info: UInt8 = 0x41

    /// The service data of the test advertisement: encrypted BTHome by its looks, and random. No key has made it, so
    /// that neither a counter nor a nonce of any device is used.
    public var serviceData: [UInt8] { [Self.info] + random.array }

    /// No device has the address of a test advertisement: a public one of zeros.
    public static let addressKind = AddressKind.public
    public static let address: UInt64 = 0
}
