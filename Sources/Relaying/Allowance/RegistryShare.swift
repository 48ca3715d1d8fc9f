/// How a host's cap is divided: a tenth of rate, burst and month is the registry's, the rest is the packets'.
/// The two parts add up to the cap exactly, so that what each may spend never exceeds it together.
@frozen public struct RegistryShare: Hashable, Sendable {
    public static let divisor: Int64 = 10
    /// The least burst that carries any record as a message: 495 bytes of body. A burst of less than twice that is halved.
    public static let burstBytesMin = Int64(AirtimeBytes.body(495))

    /// Of the rate in bits a second.
    public let packetRateBits: Int64
    public let registryRateBits: Int64
    /// Of the burst in bytes.
    public let packetBurstBytes: Int64
    public let registryBurstBytes: Int64
    /// Of the month in bytes.
    public let packetMonthBytes: Int64
    public let registryMonthBytes: Int64

    public init(_ limits: LendingLimits) {
        registryRateBits = limits.rateBits / Self.divisor
        packetRateBits = limits.rateBits &- registryRateBits
        registryBurstBytes = min(max(limits.burstBytes / Self.divisor, Self.burstBytesMin), limits.burstBytes / 2)
        packetBurstBytes = limits.burstBytes &- registryBurstBytes
        registryMonthBytes = limits.monthBytes / Self.divisor
        packetMonthBytes = limits.monthBytes &- registryMonthBytes
    }
}

/// What a host lends at most.
@frozen public struct LendingLimits: Hashable, Sendable {
    /// Bits a second.
    public let rateBits: Int64
    /// Bytes.
    public let burstBytes: Int64
    /// Bytes in any 31 days.
    public let monthBytes: Int64

    /// 16 kbit/s, 8 kB, 100 MB.
    @inlinable public static var standard: LendingLimits {
        LendingLimits(rateBits: 16_000, burstBytes: 8_000, monthBytes: 100_000_000)
    }

    /// Figures below 0 count as 0, very large ones as the largest that can be kept.
    @inlinable public init(rateBits: Int64, burstBytes: Int64, monthBytes: Int64) {
        self.rateBits = min(max(rateBits, 0), 1 << 31)
        self.burstBytes = min(max(burstBytes, 0), 1 << 31)
        self.monthBytes = min(max(monthBytes, 0), 1 << 53)
    }

    /// Whether nothing is ever lent: allowances begin empty.
    @inlinable public var isNothing: Bool { rateBits == 0 || monthBytes == 0 }
}
