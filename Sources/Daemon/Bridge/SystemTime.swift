import CLinux
import Glibc
import Storage
import Wire

/// The machine's two clocks and its source of random bytes.
enum SystemTime {
    static var now: Moment {
        Moment(
            instant: EventLoopThread.now, wall: WallTime(seconds: UInt32(clamping: WallClock.unixMilliseconds / 1000)))
    }
}

enum SystemRandom {
    /// Writes random bytes over the whole of `buffer`. It waits, once after the machine's start, until there are any.
    static func fill(_ buffer: UnsafeMutableRawBufferPointer) {
        var count = 0
        while count < buffer.count {
            let drawn = getrandom(buffer.baseAddress.map { $0 + count }, buffer.count - count, 0)
            // The kernel only fails here when a signal comes in between.
            if drawn > 0 { count += drawn }
        }
    }
}

extension SystemRandom {
    /// A secret of `count` random bytes.
    static func secret(_ count: Int) -> StoredSecret {
        let bytes = UnsafeMutableRawBufferPointer.allocate(byteCount: count, alignment: 1)
        defer {
            if let start = bytes.baseAddress { explicit_bzero(start, bytes.count) }
            bytes.deallocate()
        }
        fill(bytes)
        return StoredSecret(bytes)
    }

    static func number() -> UInt64 {
        var number: UInt64 = 0
        withUnsafeMutableBytes(of: &number, fill)
        return number
    }
}
