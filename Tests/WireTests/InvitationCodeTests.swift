import SeededRandom
import Testing
import Wire

@Suite struct InvitationCodeTests {
    @Test func codesAreBase32MostSignificantBitsFirst() throws {
        let bytes = try #require(Bytes10([0x00, 0x44, 0x32, 0x14, 0xc7, 0x42, 0x54, 0xb6, 0x35, 0xcf]))
        #expect(InvitationCode(bytes).text == "0123-4567-89AB-CDEF")
        let last = try #require(Bytes10([0x84, 0x65, 0x3a, 0x56, 0xd7, 0xc6, 0x75, 0xbe, 0x77, 0xdf]))
        #expect(InvitationCode(last).text == "GHJK-MNPQ-RSTV-WXYZ")
    }

    @Test func everyCodeComesBackHoweverItIsTyped() throws {
        var random = SplitMix64(seed: 1)
        for _ in 0..<500 {
            let code = InvitationCode(random.fixed())
            let text = code.text
            #expect(text.utf8.count == 19)
            let plain = text.replacing("-", with: "")
            let typed = [
                text, plain, text.lowercased(), text.replacing("-", with: " "), " " + plain + "- ",
                plain.replacing("0", with: "O").replacing("1", with: "I"),
                plain.replacing("0", with: "o").replacing("1", with: "l"), plain.replacing("1", with: "L"),
            ]
            for text in typed { #expect(try InvitationCode(text) == code) }
        }
    }

    @Test func otherTextsAreRefused() {
        #expect(throws: InvitationCode.TextError.wrongLength) { try InvitationCode("") }
        #expect(throws: InvitationCode.TextError.wrongLength) { try InvitationCode("0123-4567-89AB-CDE") }
        #expect(throws: InvitationCode.TextError.wrongLength) { try InvitationCode("0123-4567-89AB-CDEF0") }
        for text in ["U", "u", "_", "*", "ß", "\u{0}", "\n", "{", "`"] {
            #expect(throws: InvitationCode.TextError.unknownCharacter) { try InvitationCode(text + "123456789ABCDEF") }
        }
    }
}
