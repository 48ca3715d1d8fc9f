import Simulation
import Testing

/// Times that the Core Specification and controllers' manuals state, to the microsecond.
@Suite struct AirtimeTests {
    @Test func advertisementsTakeWhatTheSpecificationSays() {
        #expect(Airtime.advertisementMicroseconds(dataBytes: 31) == 376)
        #expect(Airtime.advertisementMicroseconds(dataBytes: 0) == 128)
        #expect(Airtime.scanRequestMicroseconds == 176)
        #expect(Airtime.connectRequestMicroseconds == 352)
        #expect(Airtime.advertisingEventMicroseconds(dataBytes: 31) == 3 * 376 + 2 * 400)
    }

    @Test func extendedAdvertisementsTakeWhatTheSpecificationSays() {
        #expect(Airtime.extendedPointerMicroseconds() == 136)
        #expect(Airtime.extendedPointerMicroseconds(phy: .codedEighth) == 376 + 72 * 8 + 27 * 8)
        #expect(Airtime.auxiliaryMicroseconds(dataBytes: 31) == 408)
        #expect(Airtime.auxiliaryMicroseconds(dataBytes: 245) == 2_120)
    }

    /// Volume 6, part B, 4.5.10: connMaxTxTime for 251 bytes and a MIC is 2120 us at one megabit, 1064 at two, 4542 and
    /// 17040 coded; for 27 bytes and a MIC 328 us at one megabit and 2704 coded.
    @Test func dataUnitsTakeWhatTheSpecificationSays() {
        #expect(Airtime.dataUnitMicroseconds(bytes: 251, isEncrypted: true) == 2_120)
        #expect(Airtime.dataUnitMicroseconds(bytes: 251, isEncrypted: true, phy: .twoMegabit) == 1_064)
        #expect(Airtime.dataUnitMicroseconds(bytes: 251, isEncrypted: true, phy: .codedHalf) == 4_542)
        #expect(Airtime.dataUnitMicroseconds(bytes: 251, isEncrypted: true, phy: .codedEighth) == 17_040)
        #expect(Airtime.dataUnitMicroseconds(bytes: 27, isEncrypted: true) == 328)
        #expect(Airtime.dataUnitMicroseconds(bytes: 27, isEncrypted: true, phy: .codedEighth) == 2_704)
        #expect(Airtime.dataUnitMicroseconds(bytes: 251) == 2_088)
    }

    @Test func emptyUnitsHaveNoCheckAndTakeEightyMicroseconds() {
        #expect(Airtime.emptyUnitMicroseconds == 80)
        #expect(Airtime.dataUnitMicroseconds(bytes: 0, isEncrypted: true) == 80)
        #expect(Airtime.dataUnitMicroseconds(bytes: 0, phy: .twoMegabit) == 44)
        #expect(Airtime.idleEventMicroseconds == 310)
        #expect(Airtime.interFrameMicroseconds == 150)
    }
}
