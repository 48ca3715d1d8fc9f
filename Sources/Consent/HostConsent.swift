import Wire

/// What this bridge's host lends at this moment.
@frozen public struct HostConsent: Hashable, Sendable {
    public var optedOut: Bool
    /// Whether the moment lies outside the host's schedule.
    public var scheduleClosed: Bool
    /// Bit n is set if events of the class with raw value n are lent to.
    public var classesLent: UInt8

    public init(optedOut: Bool, scheduleClosed: Bool, classesLent: [EventClass]) {
        self.optedOut = optedOut
        self.scheduleClosed = scheduleClosed
        self.classesLent = classesLent.reduce(0) { $0 | 1 << $1.rawValue }
    }

    /// What a fresh installation lends: nothing.
    public static var nothing: HostConsent { HostConsent(optedOut: true, scheduleClosed: true, classesLent: []) }

    /// Whether nothing at all is lent now.
    @inlinable public var isNo: Bool { optedOut || scheduleClosed }

    /// Whether no packet of others would be taken now.
    @inlinable public var takesNothing: Bool { isNo || classesLent == 0 }

    /// Whether there are classes that are not lent to, whatever the moment.
    @inlinable public var isPartial: Bool { !EventClass.allCases.allSatisfy(lends) }

    @inlinable public func lends(_ eventClass: EventClass) -> Bool { classesLent & 1 << eventClass.rawValue != 0 }
}
