/// What is wrong with bytes that the kernel is to have sent.
@frozen public enum ManagementError: Error, Hashable, Sendable {
    /// Shorter than a header, or than what the header or a length field promises.
    case tooShort
    /// Longer than what the header promises.
    case tooLong
    /// An address of a kind that no advertisement has.
    case addressKindUnknown
}

/// One packet of the management interface, in place.
///
/// Layout, little endian: event code 2, controller index 2, length of what follows 2, parameters.
@frozen public struct ManagementPacket {
    public static let headerBytes = 6
    /// The index of what is about no controller.
    public static let indexNone: UInt16 = 0xffff

    public let code: UInt16
    public let index: UInt16
    public let parameters: UnsafeRawBufferPointer

    /// Any bytes. Throws `tooShort`, `tooLong`.
    @inlinable public init(_ bytes: UnsafeRawBufferPointer) throws(ManagementError) {
        guard bytes.count >= Self.headerBytes else { throw .tooShort }
        let length = Int(UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 4, as: UInt16.self)))
        let present = bytes.count &- Self.headerBytes
        guard present >= length else { throw .tooShort }
        guard present == length else { throw .tooLong }
        code = UInt16(littleEndian: bytes.loadUnaligned(as: UInt16.self))
        index = UInt16(littleEndian: bytes.loadUnaligned(fromByteOffset: 2, as: UInt16.self))
        parameters = UnsafeRawBufferPointer(rebasing: bytes[Self.headerBytes...])
    }
}

/// What became of a command: the parameters of Command Complete or Command Status.
struct CommandAnswer {
    let opcode: ManagementOpcode
    let status: ManagementStatus
    /// Empty where the command did not succeed.
    let parameters: UnsafeRawBufferPointer

    /// Nil if `packet` is another event. Throws `tooShort`.
    init?(_ packet: ManagementPacket) throws(ManagementError) {
        guard packet.code == ManagementEvent.commandComplete || packet.code == ManagementEvent.commandStatus else {
            return nil
        }
        guard packet.parameters.count >= 3 else { throw .tooShort }
        opcode = ManagementOpcode(rawValue: packet.parameters.integer(at: 0))
        status = ManagementStatus(rawValue: packet.parameters[2])
        parameters = UnsafeRawBufferPointer(rebasing: packet.parameters[3...])
    }
}

extension UnsafeRawBufferPointer {
    /// The little-endian integer at `offset`, which the caller has checked to be inside.
    @inline(__always)
    func integer<Value: FixedWidthInteger & BitwiseCopyable>(at offset: Int, as type: Value.Type = Value.self) -> Value
    {
        Value(littleEndian: loadUnaligned(fromByteOffset: offset, as: Value.self))
    }
}
