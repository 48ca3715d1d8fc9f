/// What a descriptor in the radio's epoll set is.
enum PollToken {
    case channel(UInt32)
    case management
    case listener(UInt16)

    init(_ value: UInt64) {
        switch value >> 32 {
        case 0: self = .channel(UInt32(truncatingIfNeeded: value))
        case 1: self = .management
        default: self = .listener(UInt16(truncatingIfNeeded: value))
        }
    }

    var value: UInt64 {
        switch self {
        case .channel(let raw): UInt64(raw)
        case .management: 1 << 32
        case .listener(let adapter): 2 << 32 | UInt64(adapter)
        }
    }
}
