import Sealing
import SeededRandom
import Wire

/// Messages of a handshake, sealed bytes and frames of a link, genuine or spoilt: what is not as it was made, opens nowhere.
func fuzzSealing(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    do {
        switch input.byte() & 3 {
        case 0: try shakeHands(&input)
        case 1: try openHPKE(&input)
        case 2: try openLink(&input)
        default: try openCCM(&input)
        }
    } catch {
        require(false, "keys of the right length were refused")
    }
}

private func key(_ seed: UInt64) throws -> AgreementKey {
    var random = SplitMix64(seed: seed)
    return try AgreementKey(SecretBytes(random.bytes(32)))
}

private func shakeHands(_ input: inout FuzzInput) throws {
    let prologue = Array(input.bytes(atMost: 20))
    let shared = SecretBytes([UInt8](repeating: 3, count: 32))
    let caller = try NoiseHandshake(
        role: .initiator, prologue: prologue, presharedKey: shared, staticKey: key(1), ephemeralKey: key(2))
    let called = try NoiseHandshake(
        role: .responder, prologue: prologue, presharedKey: shared, staticKey: key(3), ephemeralKey: key(4))
    for step in 0..<3 {
        let (writer, reader) = step == 1 ? (called, caller) : (caller, called)
        let genuine = try writer.writeMessage(Array(input.bytes(atMost: 30)))
        var message = genuine
        input.spoil(&message)
        do throws(SealingError) {
            _ = try reader.readMessage(message)
            // Of the first message nothing is authenticated yet: the next one will not open.
            require(message == genuine || step == 0, "a spoilt message was read")
        } catch {
            require(message != genuine || !reader.isReader, "a genuine message was not read")
            require(!reader.isReader && !reader.isWriter && !reader.isFinished, "usable after a failure")
            return
        }
        if message != genuine { return expectNothing(caller, called) }
    }
    require(caller.isFinished && called.isFinished && caller.handshakeHash == called.handshakeHash, "no agreement")
}

/// After a spoilt first message the sides share nothing: the second cannot be read.
private func expectNothing(_ caller: NoiseHandshake, _ called: NoiseHandshake) {
    guard let reply = try? called.writeMessage([]) else { return }
    require((try? caller.readMessage(reply)) == nil, "agreement in spite of a spoilt message")
}

private func openHPKE(_ input: inout FuzzInput) throws {
    let arena = FuzzArena()
    defer { arena.free() }
    let info = Array(input.bytes(atMost: 20))
    let associated = Array(input.bytes(atMost: 30))
    let plaintext = Array(input.bytes(atMost: 100))
    let home = try key(5)
    var genuine = [UInt8](repeating: 0, count: plaintext.count + HPKE.overhead)
    let count = try genuine.withUnsafeMutableBytes { target in
        try HPKE.seal(
            to: home.publicKey, ephemeralKey: key(6), info: arena.view(info), associatedData: arena.view(associated),
            plaintext: arena.view(plaintext), into: target)
    }
    require(count == genuine.count, "sealed length")
    var sealed = genuine
    input.spoil(&sealed)
    if input.bool() { sealed = Array(input.rest()) }
    var opened = [UInt8](repeating: 0xaa, count: 200)
    let length = try? opened.withUnsafeMutableBytes { target in
        try HPKE.open(
            privateKey: home, info: arena.view(info), associatedData: arena.view(associated),
            sealed: arena.view(sealed), into: target)
    }
    require((length != nil) == (sealed == genuine), "opened what was not sealed, or not what was")
    if let length { require(Array(opened[..<length]) == plaintext, "opened to something else") }
}

private func openLink(_ input: inout FuzzInput) throws {
    let arena = FuzzArena()
    defer { arena.free() }
    let secret = SecretBytes([UInt8](repeating: 9, count: 32))
    let (sealing, opening) = (try LinkCipher(key: secret), try LinkCipher(key: secret))
    for _ in 0..<8 where !input.isAtEnd {
        let plaintext = Array(input.bytes(atMost: 100))
        var genuine = [UInt8](repeating: 0, count: plaintext.count + LinkCipher.tagLength)
        _ = try genuine.withUnsafeMutableBytes {
            try sealing.seal(associatedData: arena.view([]), plaintext: arena.view(plaintext), into: $0)
        }
        var sealed = genuine
        input.spoil(&sealed)
        var opened = [UInt8](repeating: 0, count: input.bool() ? 200 : 60)
        let length = try? opened.withUnsafeMutableBytes {
            try opening.open(associatedData: arena.view([]), sealed: arena.view(sealed), into: $0)
        }
        require(length == nil || sealed == genuine, "a spoilt frame opened")
        guard let length else { return }
        require(Array(opened[..<length]) == plaintext, "opened to something else")
    }
}

private func openCCM(_ input: inout FuzzInput) throws {
    let arena = FuzzArena()
    defer { arena.free() }
    let lengths = [4, 8, 16]
    let key = try AESCCM(
        key: SecretBytes([UInt8](repeating: 5, count: 16)), tagLength: lengths[input.below(lengths.count)])
    let nonce = Array(input.bytes(atMost: 16))
    let associated = Array(input.bytes(atMost: 30))
    let sealed = Array(input.rest())
    var opened = [UInt8](repeating: 0, count: 400)
    let length = try? opened.withUnsafeMutableBytes {
        try key.open(
            nonce: arena.view(nonce), associatedData: arena.view(associated), sealed: arena.view(sealed), into: $0)
    }
    guard let length else { return }
    require(length == sealed.count - key.tagLength, "opened length")
}
