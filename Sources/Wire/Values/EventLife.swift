/// How long an event lives, and when its packet expires.
public enum EventLife {
    @inlinable public static var secondsPlain: UInt32 { 600 }
    @inlinable public static var secondsHeld: UInt32 { 86_400 }

    @inlinable public static func seconds(_ bits: ConsentBits) -> UInt32 {
        bits.contains(.hold) ? secondsHeld : secondsPlain
    }

    /// The expiry of an event heard at `time`: its life's end rounded up to a whole minute, in minutes since 1970.
    @inlinable public static func expiryMinute(heard time: WallTime, consentBits: ConsentBits) -> UInt32 {
        let end = UInt64(time.seconds) &+ UInt64(seconds(consentBits))
        return UInt32(truncatingIfNeeded: (end &+ 59) / 60)
    }
}
