import RadioInterface
import Wire

extension ConformanceRun {
    mutating func messagesKeepBoundariesAndOrder() throws {
        let count = factory.traits.messagesMany
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            var sent = 0
            func message(_ number: Int) -> [UInt8] {
                let length = 1 + number * 37 % stage.radios[0].messageBytesMax
                return (0..<length).map { UInt8(truncatingIfNeeded: number &+ $0) }
            }
            try stage.expect(20_000, "\(count) messages should arrive") {
                while sent < count, stage.send(0, near, message(sent)) == .sent { sent += 1 }
                return stage.recorders[1].messages(far).count >= count
            }
            let received = stage.recorders[1].messages(far)
            let wrong = (0..<count).first { received[$0] != message($0) }
            try met(wrong == nil, "message \(wrong ?? 0) should arrive as sent, in its place")
            try met(received.count == count, "nothing should arrive twice")
            try stage.pass(1, far, 0, near, [1, 2, 3])
        }
    }

    mutating func longestMessagePassesAndLongerIsRefused() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            let longest = stage.radios[0].messageBytesMax
            try met(longest >= 512, "512 bytes should be possible, not just \(longest)")
            try stage.pass(0, near, 1, far, [UInt8](repeating: 0xa5, count: longest))
            for excess in [1, 1_000, 100_000] {
                let outcome = stage.send(0, near, [UInt8](repeating: 1, count: longest + excess))
                try met(outcome == .tooLong, "\(longest + excess) bytes should be tooLong, not \(outcome)")
            }
            try stage.pass(0, near, 1, far, [9])
            try met(stage.recorders[1].messages(far).count == 2, "what is refused should not arrive")
        }
    }

    mutating func emptyMessageGoesNowhere() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            for _ in 0..<10 { try met(stage.send(0, near, []) == .sent, "an empty message should be sent") }
            try stage.pass(0, near, 1, far, [7])
            try met(stage.recorders[1].messages(far) == [[7]], "an empty message should not arrive")
            try met(stage.recorders[1].ended.isEmpty, "an empty message should end nothing")
        }
    }

    mutating func unreadReceiverHoldsSenderBackAndLosesNothing() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            stage.asleep = [1]
            var sent: UInt32 = 0
            func fill() -> SendOutcome {
                for _ in 0..<1_000_000 {
                    let number = sent
                    let message = (0..<50).flatMap { _ in withUnsafeBytes(of: number.littleEndian) { Array($0) } }
                    let outcome = stage.send(0, near, message)
                    guard outcome == .sent else { return outcome }
                    sent += 1
                }
                return .sent
            }
            try met(fill() == .wouldBlock, "a peer that does not read should hold the sender back")
            stage.run(milliseconds: 100)
            // Radios with queues below the socket may have made room once meanwhile.
            while !stage.recorders[0].writable.isEmpty, fill() == .sent {}
            let before = stage.recorders[0].writable.count
            try met(fill() == .wouldBlock, "it should go on holding back")
            try met(stage.send(0, near, [1]) == .wouldBlock, "a short message should not get past")
            // The peer makes room, but the sender has not been told so yet.
            stage.asleep = [0]
            try stage.expect("something should arrive") {
                stage.recorders[1].messages(far).count > (stage.traits.creditIsScarce ? 0 : 10)
            }
            try met(stage.send(0, near, [1]) == .wouldBlock, "nothing should be taken before writable is told")
            stage.asleep = []
            try stage.expect("the sender should be told that it may go on") {
                stage.recorders[0].writable.count > before
            }
            try met(stage.send(0, near, withUnsafeBytes(of: sent.littleEndian) { Array($0) }) == .sent, "it may send")
            sent += 1
            try stage.expect("everything should arrive") { stage.recorders[1].messages(far).count >= Int(sent) }
            stage.run(milliseconds: 50)
            let numbers = stage.recorders[1].messages(far).map { message in
                message.prefix(4).reversed().reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
            }
            try met(numbers == Array(0..<sent), "all \(sent) messages should arrive once and in order")
            try met(stage.recorders[0].writable.count == before + 1, "writable should be told once")
        }
    }

    mutating func sinkMayUseTheRadioThatCallsIt() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            let echo = stage.radios[1]
            var sent: [[UInt8]] = []
            // Sends, changes the beacon, asks for a channel and gives it up, all while it is being told; then closes.
            stage.recorders[1].onMessage = { channel, bytes in
                if echo.send(channel, bytes) == .sent { sent.append(Array(bytes)) }
                try? echo.advertise([[2, 0xff, bytes[0]]])
                let other = RadioAddress(value: 1, kind: .random)
                if let asked = try? echo.connect(to: other, timeoutMilliseconds: 1, now: stage.now) {
                    echo.close(asked)
                }
                if bytes[0] == 2 { echo.close(channel) }
            }
            for number in UInt8(0)...2 { try stage.sendWhole(0, near, [number]) }
            _ = stage.send(0, near, [3])
            try stage.expect("the channel closed from inside should end") {
                stage.recorders[0].end(of: near) != nil
            }
            let echoed = stage.recorders[0].messages(near)
            try met(
                sent.count == 3 || stage.traits.creditIsScarce && sent.first == [0],
                "a channel should take messages from inside: \(sent)")
            try met(echoed == sent, "what was sent from inside, \(sent), should arrive: \(echoed)")
            let received = stage.recorders[1].messages(far)
            try met(received == [[0], [1], [2]], "nothing should be told after a close: \(received)")
            try met(stage.recorders[1].ended.isEmpty, "no end should be told of what is closed from inside")
        }
    }

    mutating func pollKeepsItsLimit() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            stage.pollLimit = 1
            for number in UInt8(0)..<100 { try stage.sendWhole(0, near, [number]) }
            try stage.expect("all should be told, one at a time") { stage.recorders[1].messages(far).count == 100 }
            let before = stage.recorders[1].eventCount
            stage.radios[1].poll(now: stage.now, limit: 0, into: &stage.recorders[1])
            try met(stage.recorders[1].eventCount == before, "a limit of 0 should tell nothing")
        }
        try withRadios(2) { stage in
            stage.pollLimit = 3
            let (near, far) = try stage.link(0, 1)
            for number in UInt8(0)..<100 { try stage.sendWhole(0, near, [number]) }
            try stage.expect("all should be told") { stage.recorders[1].messages(far).count == 100 }
            try met(stage.eventsInPollMax <= 3, "3 events at most in a poll, not \(stage.eventsInPollMax)")
        }
    }
}
