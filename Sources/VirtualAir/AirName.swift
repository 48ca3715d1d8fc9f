/// What a radio or a device is called in an air: 1 to 32 letters, digits, hyphens or underscores.
public struct AirName: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// Bytes in the longest name.
    public static let bytesMax = 32

    public let text: String
    /// FNV-1a of the name's bytes: finds a peer without making a string of what came from the air.
    let digest: UInt64

    /// Returns nil unless `text` is a name.
    public init?(_ text: String) {
        var text = text
        let digest = text.withUTF8 { AirName.isName(UnsafeRawBufferPointer($0)) ? AirName.digest($0) : nil }
        guard let digest else { return nil }
        self.text = text
        self.digest = digest
    }

    init?(bytes: UnsafeRawBufferPointer) {
        guard AirName.isName(bytes) else { return nil }
        text = String(decoding: bytes, as: UTF8.self)
        digest = AirName.digest(bytes)
    }

    public var description: String { text }
    public static func < (left: AirName, right: AirName) -> Bool { left.text < right.text }

    func matches(_ bytes: UnsafeRawBufferPointer, digest: UInt64) -> Bool {
        self.digest == digest && text.utf8.elementsEqual(bytes)
    }

    static func digest(_ bytes: some Sequence<UInt8>) -> UInt64 {
        bytes.reduce(0xcbf2_9ce4_8422_2325) { ($0 ^ UInt64($1)) &* 0x100_0000_01b3 }
    }

    static func isName(_ bytes: UnsafeRawBufferPointer) -> Bool {
        !bytes.isEmpty && bytes.count <= bytesMax && bytes.allSatisfy(isNameByte)
    }

    static func isNameByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"):
            true
        default: false
        }
    }
}
