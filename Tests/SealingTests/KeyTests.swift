import Testing
import Wire

@testable import Sealing

struct KeyTests {
    /// RFC 7748, section 6.1.
    @Test func agreementMatchesRFC7748() throws {
        let alice = try AgreementKey(secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let bob = try AgreementKey(secret("5dab087e624a8a4b79e17f8b83800ee66f3bb1292618b6fd1c2f8b27ff88e0eb"))
        #expect(
            alice.publicKey.hexadecimal == "8520f0098930a754748b7ddcb43ef75a0dbf3a0d26381af4eba4a98eaa9b4e6a")
        #expect(
            bob.publicKey.hexadecimal == "de9edb7d7b7dc1b4d35b61c2ece435373f8343c85b78674dadfc7e146f882b4f")
        let expected = bytes("4a5d9d5ba4ce2de1728e3bf480350f25e07e21c947d19e3376f09b3c1e161742")
        #expect(try alice.sharedSecret(with: bob.publicKey).array == expected)
        #expect(try bob.sharedSecret(with: alice.publicKey).array == expected)
    }

    /// What it falls back to with a libcrypto whose contexts copy the peer's key. Several peers in turn, a bad one between.
    @Test func contextThatIsToldOfEachPeerAgreesAlike() throws {
        #expect(Agreement.contextsFollowPeers)
        let own = secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a")
        let key = try AgreementKey(own)
        guard let kept = Agreement(own) else {
            Issue.record("no context")
            return
        }
        for number in 0..<40 {
            let peer = try #require(Bytes32([UInt8](repeating: UInt8(number % 4 == 3 ? 0 : number), count: 32)))
            var secrets: [[UInt8]] = []
            for naming in [true, false, true] {
                var output = [UInt8](repeating: 0, count: 32)
                let derived = output.withUnsafeMutableBytes { kept.derive(with: peer, naming: naming, into: $0) }
                #expect(derived == (number % 4 != 3 && number != 0))
                secrets.append(output)
            }
            guard number % 4 != 3, number != 0 else { continue }
            #expect(try key.sharedSecret(with: peer).array == secrets[0])
            #expect(secrets[1] == secrets[0] && secrets[2] == secrets[0])
        }
    }

    @Test func keyThatManyTasksUseAtOnceAgreesWithEachPeer() async throws {
        let key = try AgreementKey(secret("77076d0a7318a57d3c16c17251b26645df4c2f87ebc0992ab177fba51db92c2a"))
        let peers = try (1...200).map { try #require(Bytes32([UInt8](repeating: UInt8($0), count: 32))) }
        let expected = try peers.map { try key.sharedSecret(with: $0).array }
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for task in 0..<8 {
                group.addTask {
                    try (0..<200).allSatisfy { index in
                        let place = (index * 7 + task * 31) % 200
                        return try key.sharedSecret(with: peers[place]).array == expected[place]
                    }
                }
            }
            for try await areRight in group { #expect(areRight) }
        }
    }

    /// RFC 7748, section 5.2, both single figures.
    @Test(arguments: [
        (
            "a546e36bf0527c9d3b16154b82465edd62144c0ac1fc5a18506a2244ba449ac4",
            "e6db6867583030db3594c1a424b15f7c726624ec26b3353b10a903a6d0ab1c4c",
            "c3da55379de9c6908e94ea4df28d084f32eccf03491c71f754b4075577a28552"
        ),
        (
            "4b66e9d4d1b4673c5ad22691957d6af5c11b6421e0ea01d42ca4169e7918ba0d",
            "e5210f12786811d3f4b7959d0538ae2c31dbe7106fc03c3efc4cd549c715a493",
            "95cbde9476e8907d7aade45cb4b873f88b595a68799fa152e6f8f7647aac7957"
        ),
    ])
    func agreementMatchesSingleFigures(scalar: String, point: String, expected: String) throws {
        #expect(try AgreementKey(secret(scalar)).sharedSecret(with: bytes32(point)).array == bytes(expected))
    }

    /// RFC 7748, section 5.2: a thousand rounds, each with the results of the ones before.
    @Test func agreementMatchesAThousandRounds() throws {
        var scalar = [9] + [UInt8](repeating: 0, count: 31)
        var point = scalar
        for round in 1...1000 {
            let next = try AgreementKey(SecretBytes(scalar)).sharedSecret(with: #require(Bytes32(point))).array
            point = scalar
            scalar = next
            if round == 1 {
                #expect(scalar == bytes("422c8e7a6227d7bca1350b3e2bb7279f7897b87bb6854b783c60e80311ae3079"))
            }
        }
        #expect(scalar == bytes("684cf59ba83309552800ef566f2f4d3c1c3887c49360e3875f2eb94d99532c51"))
    }

    /// All points of small order, and numbers that reduce to them.
    @Test(arguments: [
        String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
        "e0eb7a7c3b41b8ae1656e3faf19fc46ada098deb9c32b1fd866205165f49b800",
        "5f9c95bca3508c24b1d0b1559c83ef5b04445cc4581c8e86d8224eddd09f1157",
        "ec" + String(repeating: "ff", count: 30) + "7f", "ed" + String(repeating: "ff", count: 30) + "7f",
        "ee" + String(repeating: "ff", count: 30) + "7f", String(repeating: "00", count: 31) + "80",
    ])
    func agreementWithAPointOfSmallOrderIsAnInvalidKey(point: String) throws {
        let key = try AgreementKey(SecretBytes([UInt8](repeating: 0x5a, count: 32)))
        let peer = try bytes32(point)
        #expect(throws: SealingError.invalidKey) { try key.sharedSecret(with: peer) }
    }

    @Test(arguments: [0, 31, 33, 64])
    func keyOfAnotherLengthIsInvalid(length: Int) {
        let wrong = SecretBytes([UInt8](repeating: 1, count: length))
        #expect(throws: SealingError.invalidKey) { try AgreementKey(wrong) }
        #expect(throws: SealingError.invalidKey) { try SigningKey(seed: wrong) }
        #expect(throws: SealingError.invalidKey) { try LinkCipher(key: wrong) }
    }

    /// RFC 8032, section 7.1, tests 1 to 3 and SHA(abc).
    static let signatures = [
        (
            "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
            "d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a", "",
            """
            e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46b
            d25bf5f0595bbe24655141438e7a100b
            """
        ),
        (
            "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb",
            "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c", "72",
            """
            92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f11d8c
            387b2eaeb4302aeeb00d291612bb0c00
            """
        ),
        (
            "c5aa8df43f9f837bedb7442f31dcb7b166d38535076f094b85ce3a2e0b4458f7",
            "fc51cd8e6218a1a38da47ed00230f0580816ed13ba3303ac5deb911548908025", "af82",
            """
            6291d657deec24024827e69c3abe01a30ce548a284743a445e3680d7db5ac3ac18ff9b538d16f290ae67f760984dc659
            4a7c15e9716ed28dc027beceea1ec40a
            """
        ),
        (
            "833fe62409237b9d62ec77587520911e9a759cec1d19755b7da901b96dca3d42",
            "ec172b93ad5e563bf4932c70e1245034c35467ef2efd4d64ebf819683467e2bf",
            """
            ddaf35a193617abacc417349ae20413112e6fa4e89a97ea20a9eeee64b55d39a2192992a274fc1a836ba3c23a3feebbd
            454d4423643ce80e2a9ac94fa54ca49f
            """,
            """
            dc2a4459e7369633a52b1bf277839a00201009a3efbf3ecb69bea2186c26b58909351fc9ac90b3ecfdfbc7c66431e030
            3dca179c138ac17ad9bef1177331a704
            """
        ),
    ]

    @Test(arguments: signatures)
    func signatureMatchesRFC8032(seed: String, publicKey: String, message: String, signature: String) throws {
        let key = try SigningKey(seed: secret(seed))
        #expect(key.publicKey.hexadecimal == publicKey)
        let signed = try key.sign(bytes(message))
        #expect(signed.array == bytes(signature))
        #expect(SigningKey.verify(signed, message: bytes(message), publicKey: key.publicKey))
    }

    @Test(arguments: signatures)
    func signatureIsRefusedForEveryFlippedBit(
        seed: String, publicKey: String, message: String, signature: String
    ) throws {
        let (key, signed, message) = (try bytes32(publicKey), bytes(signature), bytes(message))
        for bit in 0..<512 {
            let changed = try #require(Bytes64(flipping(bit: bit, of: signed)))
            #expect(!SigningKey.verify(changed, message: message, publicKey: key))
        }
        let genuine = try #require(Bytes64(signed))
        for bit in 0..<256 {
            let changed = try #require(Bytes32(flipping(bit: bit, of: key.array)))
            #expect(!SigningKey.verify(genuine, message: message, publicKey: changed))
        }
        for bit in 0..<(8 * message.count) {
            #expect(!SigningKey.verify(genuine, message: flipping(bit: bit, of: message), publicKey: key))
        }
        #expect(!SigningKey.verify(genuine, message: message + [0], publicKey: key))
    }

    /// RFC 8032, section 5.1.7: S must be below the group's order, or a second signature could be made of each.
    @Test func signatureWithTheOrderAddedIsRefused() throws {
        let order = bytes("edd3f55c1a631258d69cf7a2def9de1400000000000000000000000000000010")
        let (_, publicKey, message, signature) = Self.signatures[1]
        var changed = bytes(signature)
        var carry = 0
        for index in 0..<32 {
            let sum = Int(changed[32 + index]) + Int(order[index]) + carry
            changed[32 + index] = UInt8(sum & 0xff)
            carry = sum >> 8
        }
        let malleable = try #require(Bytes64(changed))
        #expect(try !SigningKey.verify(malleable, message: bytes(message), publicKey: bytes32(publicKey)))
    }

    /// With R the neutral point and S = 0, libcrypto takes every eighth message or more for signed by such a key.
    @Test(arguments: [
        String(repeating: "00", count: 32), "01" + String(repeating: "00", count: 31),
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "ec" + String(repeating: "ff", count: 30) + "7f", "ed" + String(repeating: "ff", count: 30) + "7f",
        "ee" + String(repeating: "ff", count: 30) + "7f",
    ])
    func signatureUnderAKeyOfSmallOrderIsRefused(point: String) throws {
        var key = try bytes32(point)
        let forged = try #require(Bytes64([1] + [UInt8](repeating: 0, count: 63)))
        for sign in [UInt8(0), 0x80] {
            key[31] = (key[31] & 0x7f) | sign
            for message in 0..<UInt8(200) {
                #expect(!SigningKey.verify(forged, message: [message], publicKey: key))
            }
        }
    }
}
