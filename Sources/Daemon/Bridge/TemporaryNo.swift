import Glibc
import Storage

/// A host's no that ends by itself: `sidegate opt-out hosting --until 18:00`.
///
/// It ends when the clock reads its end, and never on the clock's word alone: the clock must be trusted, and
/// - in the same run of the machine as it was said, as much time must have passed on a clock that nobody sets;
/// - after a new start of the machine, the clock must have run evenly for an hour.
/// So a clock that jumps, forwards or back, can only make it last longer. What does not end it: anything else but
/// `sidegate opt-in hosting`.
struct TemporaryNo: Sendable, Equatable {
    /// How far the clock on the wall may have been set meanwhile without any delay.
    static let toleranceSeconds: Int64 = 120
    static let evenSeconds: Int64 = 3_600
    /// The longest that is taken; who wants longer says no without an end.
    static let secondsMax: Int64 = 366 * 86_400

    /// Wall seconds.
    var until: Int64
    /// Wall seconds when it was said.
    var said: Int64
    /// When it was said by the clock that nobody sets.
    var start: BootTime

    /// What stands after `other` has been said too: the later end, for noes add up, and it is reached no sooner than
    /// either would have been by the clock that nobody sets.
    func adding(_ other: TemporaryNo) -> TemporaryNo {
        var sum = start.boot == other.start.boot && passes >= other.passes ? self : other
        sum.until = max(until, other.until)
        // Said before this start of the machine: the clock must run for as long as it would have had to.
        if start.boot != other.start.boot { sum.said = min(sum.said, sum.until - Self.evenSeconds) }
        return sum
    }

    /// When its time has passed by the clock that nobody sets.
    private var passes: Int64 { start.seconds + (until - said) }

    /// Whether it is over. `evenSince` is since when the clock on the wall has run evenly, as far as is known.
    func hasEnded(wall: Int64, now: BootTime, isClockTrusted: Bool, evenSince: BootTime) -> Bool {
        guard isClockTrusted, wall >= until else { return false }
        if now.boot == start.boot {
            return now.seconds - start.seconds >= until - said - Self.toleranceSeconds
        }
        return now.seconds - evenSince.seconds >= Self.evenSeconds
    }
}

/// Seconds since the machine's start, sleep included, and which start that was.
struct BootTime: Sendable, Equatable {
    var boot: String
    var seconds: Int64

    static var now: BootTime {
        var time = timespec()
        clock_gettime(CLOCK_BOOTTIME, &time)
        return BootTime(boot: thisBoot, seconds: Int64(time.tv_sec))
    }

    /// A machine that does not tell is another at each start of the program.
    private static let thisBoot: String = {
        var bytes = [UInt8](repeating: 0, count: 64)
        let descriptor = open("/proc/sys/kernel/random/boot_id", O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return "run \(getpid()) \(SystemRandom.number())" }
        defer { close(descriptor) }
        let count = read(descriptor, &bytes, bytes.count)
        return String(decoding: bytes.prefix(max(0, count)).prefix { $0 != 0x0A }, as: UTF8.self)
    }()
}

/// Since when the clock on the wall has run as evenly as the one that nobody sets.
struct EvenClock: Sendable {
    private var anchor: (wall: Int64, boot: BootTime)?

    /// Looks at both clocks. The result is since when they have agreed, to two minutes.
    mutating func look(wall: Int64, now: BootTime) -> BootTime {
        if let anchor {
            let drift = (wall - anchor.wall) - (now.seconds - anchor.boot.seconds)
            if abs(drift) <= TemporaryNo.toleranceSeconds { return anchor.boot }
        }
        anchor = (wall, now)
        return now
    }
}

extension TemporaryNo {
    init(_ stored: StoredTemporaryNo) {
        self.init(
            until: stored.until, said: stored.said, start: BootTime(boot: stored.boot, seconds: stored.bootSeconds))
    }

    var stored: StoredTemporaryNo {
        StoredTemporaryNo(until: until, said: said, boot: start.boot, bootSeconds: start.seconds)
    }
}
