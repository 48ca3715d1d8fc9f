import Wire

/// Any bytes as advertising data and as an invitation's code as somebody might type it.
func fuzzBeacons(_ bytes: UnsafeRawBufferPointer) {
    if let value = BeaconAdvertisement.find(in: bytes) {
        let again = BeaconValue(
            kind: value.kind, salt: value.salt, maskedHint: value.maskedHint, check: value.check)
        guard again == value else { fatalError() }
    }
    do throws(InvitationCode.TextError) {
        let code = try InvitationCode(String(decoding: bytes, as: UTF8.self))
        guard try InvitationCode(code.text) == code else { fatalError() }
    } catch {}
}
