/// How likely a packet is lost for its power, the noise and what else is on the air.
///
/// Bits are wrong with probability 1/2 exp(-g/2), where g is the signal's power over noise and interference, times a
/// factor (binary FSK, non-coherent detection: Proakis, Digital Communications, 4th edition, equation 5.4-47). The
/// factor stands for bandwidth and receiver and is such that at `sensitivityDBm` one packet in ten is lost of those with
/// 37 bytes of payload: the length at which the Core Specification defines sensitivity (volume 6, part A, 4.1). Errors
/// are independent and none is corrected, so a packet of n bits comes through with (1 - b)^n.
public struct FrameErrors: Sendable {
    let noiseMilliwatts: Double
    let halfFactor: Double
    /// Of any packet, whatever its power: somebody else's transmission.
    let interference: Double

    public init(_ plan: RadioPlan) {
        noiseMilliwatts = Mathematics.ratio(decibels: plan.noiseDBm)
        interference = min(max(plan.interference, 0), 1)
        let wrong = 1 - Mathematics.exponential(Mathematics.naturalLogarithm(0.9) / Self.bits(payloadBytes: 37))
        let signalToNoise = Mathematics.ratio(decibels: plan.sensitivityDBm - plan.noiseDBm)
        halfFactor = -Mathematics.naturalLogarithm(2 * wrong) / signalToNoise
    }

    /// Bits of a packet that must be right: access address, header, payload and CRC. A preamble may be damaged.
    @inlinable static func bits(payloadBytes: Int) -> Double { Double((4 + 2 + payloadBytes + 3) * 8) }

    /// ln of the probability that one bit is right: made once for each link, it makes packets cheap.
    public func bitLogarithm(powerDBm: Double, interferenceMilliwatts: Double = 0) -> Double {
        let ratio = Mathematics.ratio(decibels: powerDBm) / (noiseMilliwatts + interferenceMilliwatts)
        return Mathematics.naturalLogarithm(1 - 0.5 * Mathematics.exponential(-halfFactor * ratio))
    }

    /// Probability that a packet with so many bytes of payload is lost.
    public func loss(payloadBytes: Int, bitLogarithm: Double) -> Double {
        1 - (1 - interference) * Mathematics.exponential(Self.bits(payloadBytes: payloadBytes) * bitLogarithm)
    }

    /// Probability that a packet with so many bytes of payload is lost.
    public func loss(payloadBytes: Int, powerDBm: Double, interferenceMilliwatts: Double = 0) -> Double {
        loss(
            payloadBytes: payloadBytes,
            bitLogarithm: bitLogarithm(powerDBm: powerDBm, interferenceMilliwatts: interferenceMilliwatts))
    }
}
