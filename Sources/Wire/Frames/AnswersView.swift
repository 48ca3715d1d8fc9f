/// The answer to one packet.
@frozen public struct PacketAnswer: Hashable, Sendable {
    /// The low 16 bits of the nonce with which the packet's message was sealed.
    public var frameNumber: UInt16
    public var answer: Answer

    @inlinable public init(frameNumber: UInt16, answer: Answer) {
        self.frameNumber = frameNumber
        self.answer = answer
    }
}

/// A list of answers in borrowed bytes: 1 to 64 × {frame number 2, answer 1}.
@frozen public struct AnswersView: RandomAccessCollection {
    @usableFromInline let entries: UnsafeRawBufferPointer

    @inlinable init(_ bytes: UnsafeRawBufferPointer) throws(WireError) {
        try FrameView.checkList(bytes.count, entry: FrameLayout.bytesAnswer, 1...FrameLayout.answersMax)
        entries = bytes
    }

    @inlinable public var startIndex: Int { 0 }
    @inlinable public var endIndex: Int { entries.count / FrameLayout.bytesAnswer }

    @inlinable public subscript(index: Int) -> PacketAnswer {
        let offset = index &* FrameLayout.bytesAnswer
        let number = entries.loadUnaligned(fromByteOffset: offset, as: UInt16.self)
        return PacketAnswer(frameNumber: UInt16(littleEndian: number), answer: Answer(byte: entries[offset &+ 2]))
    }
}
