import Wire

/// Takes what a radio has to tell. Called synchronously from `Radio.poll`, on the caller's thread.
///
/// A method may call `send`, `close`, `connect` and `advertise` of the radio that calls it, but not `poll` or `stop`.
/// Bytes are valid during the call only.
public protocol RadioEventSink {
    /// An advertisement. Repetitions come through, at least ten a second if there are as many. What is neither BTHome nor a
    /// beacon may be left out.
    /// `data` is the whole advertising data (AD structures, Bluetooth Core 3.C.11): at most 31 bytes, or 229 extended.
    mutating func heard(address: RadioAddress, signalDBm: Int8, data: UnsafeRawBufferPointer)

    /// A peer opened `channel`; it is ready for use. `address` is what the peer goes by at this moment.
    mutating func opened(_ channel: ChannelID, from address: RadioAddress)

    /// A channel asked for by `Radio.connect` is ready for use.
    mutating func connected(_ channel: ChannelID)

    /// One whole message, 1 to `messageBytesMax` bytes.
    mutating func received(_ channel: ChannelID, _ bytes: UnsafeRawBufferPointer)

    /// `send` takes messages again. Told once after each run of `wouldBlock`.
    mutating func writable(_ channel: ChannelID)

    /// The channel is gone; the last that is told of it. Not told of channels closed from this side.
    mutating func ended(_ channel: ChannelID, _ end: ChannelEnd)

    /// The radio's state is another than the one last told. The first is told by the first `poll`.
    mutating func changed(_ state: RadioState)
}
