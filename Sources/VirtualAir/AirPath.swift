/// What the way from one radio's antenna to another's does to what is sent.
@frozen public struct AirPath: Hashable, Sendable {
    /// Of 100 advertisements or link-layer packets, how many do not arrive.
    public var lossPercent: UInt8
    public var signalDBm: Int8
    /// Whether the street gave the signal; otherwise a device's own may take its place.
    public var saysSignal: Bool
    public var delayMilliseconds: UInt16

    /// The signal where nothing is said of it.
    public static let signalDefaultDBm: Int8 = -60

    public init(lossPercent: UInt8 = 0, signalDBm: Int8? = nil, delayMilliseconds: UInt16 = 0) {
        self.lossPercent = min(lossPercent, 100)
        self.signalDBm = signalDBm ?? AirPath.signalDefaultDBm
        saysSignal = signalDBm != nil
        self.delayMilliseconds = delayMilliseconds
    }

    /// A path that loses everything is none.
    var carries: Bool { lossPercent < 100 }
    var isClear: Bool { lossPercent == 0 && delayMilliseconds == 0 }

    func loses(using generator: inout some RandomNumberGenerator) -> Bool {
        lossPercent > 0 && generator.next(upperBound: UInt64(100)) < UInt64(lossPercent)
    }
}
