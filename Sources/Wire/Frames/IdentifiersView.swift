/// A list of 8-byte identifiers (of events or records) in borrowed bytes, each read little endian.
@frozen public struct IdentifiersView: RandomAccessCollection {
    @usableFromInline let entries: UnsafeRawBufferPointer

    @inlinable package init(_ bytes: UnsafeRawBufferPointer, count: ClosedRange<Int>) throws(WireError) {
        try FrameView.checkList(bytes.count, entry: FrameLayout.bytesIdentifier, count)
        entries = bytes
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { entries.count / FrameLayout.bytesIdentifier }

    @inlinable public subscript(index: Int) -> UInt64 {
        let offset = index &* FrameLayout.bytesIdentifier
        return UInt64(littleEndian: entries.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
    }
}
