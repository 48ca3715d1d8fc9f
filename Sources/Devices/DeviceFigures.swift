import Wire

/// What a home knows of how a device has been heard: how many of its frames were opened, how many are missing between
/// them, and after what time without any it counts as silent.
///
/// **Missing.** A device counts its frames, by the counter of its encryption. A gap below a new highest counter is that
/// many frames missed, until they arrive late. Where both frames bear BTHome's packet id, which rises once an event, it
/// tells events from repetitions: the smaller of both gaps counts. A gap wider than `gapMax` is a restart and not counted.
///
/// **Silent.** After three times the longest pause of the last one to two weeks, but never sooner than 2 hours, or 72 for
/// a device that sends only when something happens and for one known for less than a day; after 14 days in any case. A
/// pause counts for no more than the time after which the device was silent, so that one long outage does not make the
/// home patient for weeks, while a device that has come to send less often is learnt after a silence or two.
public struct DeviceFigures: Hashable, Sendable {
    public static let gapMax: UInt32 = 1024
    public static let floorSeconds: Int64 = 2 * 3600
    public static let floorSecondsTriggered: Int64 = 72 * 3600
    public static let ceilingSeconds: Int64 = 14 * 86_400
    static let pausesPerSilence: Int64 = 3
    static let spanSeconds: Int64 = 7 * 86_400
    static let youngSeconds: Int64 = 86_400
    /// Sums stop here.
    static let figureMax: Int64 = 1 << 53

    /// Frames opened and frames missed since the device was enrolled.
    public var received: Int64 = 0
    public var missed: Int64 = 0
    /// The highest counter, and the packet id that came with it.
    public var counter: UInt32?
    public var packetID: UInt8?
    /// Whether its last frame said that it sends only when something happens.
    public var isTriggerBased = false
    /// Wall seconds.
    public var firstHeard: Int64?
    public var lastHeard: Int64?
    /// The longest pause since `pausesSince`, and the longest of the span before.
    public var longestPauseSeconds: Int64 = 0
    public var longestPauseBeforeSeconds: Int64 = 0
    public var pausesSince: Int64 = 0

    public init() {}

    /// These as they can be, whatever a disk or a file says: times in 0...`UInt32.max`, pauses up to their ceiling.
    public var bounded: DeviceFigures {
        var bounded = self
        bounded.received = min(max(0, received), Self.figureMax)
        bounded.missed = min(max(0, missed), Self.figureMax)
        bounded.firstHeard = firstHeard.map { Int64(UInt32(clamping: $0)) }
        bounded.lastHeard = lastHeard.map { Int64(UInt32(clamping: $0)) }
        bounded.longestPauseSeconds = min(max(0, longestPauseSeconds), Self.ceilingSeconds)
        bounded.longestPauseBeforeSeconds = min(max(0, longestPauseBeforeSeconds), Self.ceilingSeconds)
        bounded.pausesSince = Int64(UInt32(clamping: pausesSince))
        return bounded
    }

    /// One frame, as it was opened.
    public struct Frame: Hashable, Sendable {
        public var counter: UInt32
        public var packetID: UInt8?
        /// Whether a frame with this counter was opened before.
        public var isSecondOfCounter: Bool
        public var isTriggerBased: Bool
        public var heard: WallTime

        public init(
            counter: UInt32, packetID: UInt8?, isSecondOfCounter: Bool, isTriggerBased: Bool, heard: WallTime
        ) {
            self.counter = counter
            self.packetID = packetID
            self.isSecondOfCounter = isSecondOfCounter
            self.isTriggerBased = isTriggerBased
            self.heard = heard
        }
    }

    /// Takes an opened frame into account.
    public mutating func note(_ frame: Frame) {
        count(frame)
        isTriggerBased = frame.isTriggerBased
        hear(at: Int64(frame.heard.seconds))
    }

    /// The owner says that the device counts anew: there is no gap to the next frame.
    public mutating func resetCounter() {
        counter = nil
        packetID = nil
    }

    private mutating func count(_ frame: Frame) {
        var isRepetition = false
        if let counter, frame.counter > counter {
            let gap = frame.counter - counter - 1
            if gap <= Self.gapMax { missed = min(missed + Int64(gap), Self.figureMax) }
            if gap < 256, let packetID, let newer = frame.packetID {
                let events = newer &- packetID
                isRepetition = events == 0
                missed -= Int64(gap) - min(Int64(gap), max(0, Int64(events) - 1))
            }
        } else if counter != nil, !frame.isSecondOfCounter {
            missed = max(0, missed - 1)
        }
        if !isRepetition { received = min(received + 1, Self.figureMax) }
        if frame.counter >= counter ?? 0 {
            counter = frame.counter
            packetID = frame.packetID
        }
    }

    private mutating func hear(at time: Int64) {
        guard let last = lastHeard, firstHeard != nil else {
            firstHeard = time
            lastHeard = max(lastHeard ?? time, time)
            pausesSince = time
            return
        }
        guard time > last else { return }
        let pause = min(time - last, silentAfterSeconds)
        if time - pausesSince >= Self.spanSeconds {
            longestPauseBeforeSeconds = longestPauseSeconds
            longestPauseSeconds = 0
            pausesSince = time
        }
        longestPauseSeconds = max(longestPauseSeconds, pause)
        lastHeard = time
    }

    /// After so long without a frame the device counts as silent.
    public var silentAfterSeconds: Int64 {
        let pause = max(longestPauseSeconds, longestPauseBeforeSeconds)
        let age = (lastHeard ?? 0) - (firstHeard ?? lastHeard ?? 0)
        let floor = isTriggerBased || age < Self.youngSeconds ? Self.floorSecondsTriggered : Self.floorSeconds
        return min(max(Self.pausesPerSilence * min(pause, Self.ceilingSeconds), floor), Self.ceilingSeconds)
    }

    /// Whether the device has been silent for too long; one that was never heard is not silent, but unknown.
    public func isSilent(at now: WallTime) -> Bool {
        guard let lastHeard else { return false }
        return Int64(now.seconds) - lastHeard > silentAfterSeconds
    }
}
