import RadioInterface
import Wire

extension ConformanceRun {
    mutating func fullTableRefusesAndOthersGoOn() throws {
        try withRadios(3, limits: RadioLimits(channelsMax: 2, acceptsPerSecond: 1_000_000)) { stage in
            let first = try stage.link(1, 0)
            let address = stage.radios[0].address
            // The second one is 0's own: any channel counts.
            _ = try stage.hear(2, by: 0)
            _ = try stage.link(0, 2, stage.radios[2].address)
            stage.recorders[1].forgetHeard()
            let third = try stage.radios[1].connect(
                to: address, timeoutMilliseconds: stage.traits.connectMilliseconds, now: stage.now)
            try stage.expect("a channel too many should end") { stage.recorders[1].end(of: third) != nil }
            let end = stage.recorders[1].end(of: third)
            try met(end == .refused, "a channel too many should be refused, not \(String(describing: end))")
            try met(stage.recorders[0].opened.count == 1, "the full one should not be told of it")
            try stage.pass(1, first.from, 0, first.to, [1])
            stage.radios[1].close(first.from)
            try stage.expect("the close should be seen") { stage.recorders[0].end(of: first.to) != nil }
            let again = try stage.link(1, 0, address)
            try stage.pass(0, again.to, 1, again.from, [2])
        }
    }

    mutating func ownFullTableThrows() throws {
        try withRadios(1, limits: RadioLimits(channelsMax: 3)) { stage in
            let nobody = RadioAddress(value: 0x1234_5678_9abc, kind: .random)
            var channels: [ChannelID] = []
            for _ in 0..<3 {
                channels.append(try stage.radios[0].connect(to: nobody, timeoutMilliseconds: 60_000, now: stage.now))
            }
            do {
                _ = try stage.radios[0].connect(to: nobody, timeoutMilliseconds: 60_000, now: stage.now)
                try met(false, "a channel over the limit should throw")
            } catch let error as RadioError {
                try met(error == .channelsExhausted, "channelsExhausted should be thrown, not \(error)")
            }
            stage.radios[0].close(channels[1])
            _ = try stage.radios[0].connect(to: nobody, timeoutMilliseconds: 60_000, now: stage.now)
        }
    }

    mutating func connectToNobodyTimesOut() throws {
        func hears(listener: Int, sender: Int) -> Bool { false }
        try withRadios(2, hears: hears) { stage in
            try stage.radios[1].advertise([stage.beacon(1)])
            stage.run(milliseconds: 200)
            let nobody = RadioAddress(value: 0x0102_0304_0506, kind: .public)
            for address in stage.traits.everyoneHears ? [nobody] : [stage.radios[1].address, nobody] {
                let start = stage.now
                let channel = try stage.radios[0].connect(to: address, timeoutMilliseconds: 300, now: start)
                try met(stage.send(0, channel, [1]) == .closed, "nothing can be sent before it is connected")
                try stage.expect(10_000, "the connect should end") { stage.recorders[0].end(of: channel) != nil }
                let end = stage.recorders[0].end(of: channel)
                try met(end == .timedOut, "it should time out, not \(String(describing: end))")
                let waited = stage.now.microseconds(since: start)
                try met(waited >= 300_000, "it should take its 300 ms, not \(waited) us")
            }
            try met(stage.recorders[1].opened.isEmpty, "nobody should be told of it")
        }
    }

    mutating func connectToFormerAddressTimesOut() throws {
        try withRadios(2) { stage in
            let former = try stage.hear(0, by: 1)
            try stage.radios[0].advertise([stage.beacon(0, 9)])
            let early = try stage.radios[1].connect(to: former, timeoutMilliseconds: 400, now: stage.now)
            try stage.expect("the new beacon should be heard") {
                stage.recorders[1].heard(stage.beacon(0, 9)) != nil
            }
            let late = try stage.radios[1].connect(to: former, timeoutMilliseconds: 400, now: stage.now)
            for channel in [early, late] {
                try stage.expect("the connect should end") { stage.recorders[1].end(of: channel) != nil }
                let end = stage.recorders[1].end(of: channel)
                try met(end == .timedOut, "it should time out, not \(String(describing: end))")
            }
            try met(stage.recorders[0].opened.isEmpty, "nobody should be told of it")
        }
    }

    /// Both may come up, or one: whoever uses radios keeps one of them.
    mutating func connectsAtTheSameTimeLeaveOneThatWorks() throws {
        try withRadios(2) { stage in
            let first = try stage.hear(0, by: 1)
            let second = try stage.hear(1, by: 0)
            let time = stage.traits.connectMilliseconds
            let mine = try stage.radios[0].connect(to: second, timeoutMilliseconds: time, now: stage.now)
            let theirs = try stage.radios[1].connect(to: first, timeoutMilliseconds: time, now: stage.now)
            func isSettled(_ radio: Int, _ channel: ChannelID) -> Bool {
                stage.recorders[radio].connected.contains(channel) || stage.recorders[radio].end(of: channel) != nil
            }
            try stage.expect("both connects should end one way or the other") {
                isSettled(0, mine) && isSettled(1, theirs)
            }
            stage.run(milliseconds: 50)
            let isMineUp = stage.recorders[0].connected.contains(mine) && stage.recorders[0].end(of: mine) == nil
            let isTheirsUp =
                stage.recorders[1].connected.contains(theirs) && stage.recorders[1].end(of: theirs) == nil
            try met(isMineUp || isTheirsUp, "one of them should be up")
            if isMineUp {
                if isTheirsUp { stage.radios[1].close(theirs) }
                let far = stage.recorders[1].opened[0].channel
                try stage.pass(0, mine, 1, far, [1])
                try stage.pass(1, far, 0, mine, [2])
            } else {
                let far = stage.recorders[0].opened[0].channel
                try stage.pass(1, theirs, 0, far, [1])
                try stage.pass(0, far, 1, theirs, [2])
            }
        }
    }

    mutating func closeIsSeenByPeerAfterTheLastMessage() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            // Unread messages the other way must not take these with them.
            for number in UInt8(0)..<20 { _ = stage.send(1, far, [number]) }
            for number in UInt8(0)..<20 { try stage.sendWhole(0, near, [number]) }
            stage.radios[0].close(near)
            try met(stage.send(0, near, [1]) == .closed, "a closed channel should take nothing")
            try stage.expect("the peer should see the close") { stage.recorders[1].end(of: far) != nil }
            let end = stage.recorders[1].end(of: far)
            try met(end == .closedByPeer, "it should see closedByPeer, not \(String(describing: end))")
            let received = stage.recorders[1].messages(far)
            try met(received == (0..<20).map { [$0] }, "what was sent should arrive before: \(received.count)")
            try met(stage.send(1, far, [1]) == .closed, "an ended channel should take nothing")
            stage.radios[1].close(far)
            stage.run(milliseconds: 50)
            try met(stage.recorders[1].ended.count == 1, "the end should be told once")
            try met(stage.recorders[0].ended.isEmpty, "whoever closes should be told nothing")
        }
    }

    mutating func closeWhileConnectingTellsNothing() throws {
        try withRadios(2) { stage in
            let address = try stage.hear(1, by: 0)
            let present = try stage.radios[0].connect(to: address, timeoutMilliseconds: 100, now: stage.now)
            let nobody = RadioAddress(value: 0x0102_0304_0506, kind: .public)
            let absent = try stage.radios[0].connect(to: nobody, timeoutMilliseconds: 100, now: stage.now)
            stage.radios[0].close(present)
            stage.radios[0].close(absent)
            stage.run(milliseconds: 400)
            try met(stage.recorders[0].ended.isEmpty, "no end should be told")
            try met(stage.recorders[0].connected.isEmpty, "no connection should be told")
            // The peer may have seen it come; then it has seen it go.
            try met(
                stage.recorders[1].ended.count == stage.recorders[1].opened.count,
                "the peer should be left with nothing")
        }
    }

    mutating func formerChannelReachesNobody() throws {
        try withRadios(2, limits: RadioLimits(channelsMax: 1, acceptsPerSecond: 1_000_000)) { stage in
            let former = try stage.link(0, 1)
            stage.radios[0].close(former.from)
            try stage.expect("the close should be seen") { stage.recorders[1].end(of: former.to) != nil }
            let current = try stage.link(0, 1)
            try met(current.from != former.from && current.to != former.to, "a channel should get an id of its own")
            try met(stage.send(0, former.from, [1]) == .closed, "the former id should take nothing")
            stage.radios[0].close(former.from)
            stage.radios[1].close(former.to)
            for raw in [0, 0xff, UInt32.max] where raw != current.from.rawValue {
                let unknown = ChannelID(rawValue: raw)
                try met(stage.send(0, unknown, [1]) == .closed, "an unknown id should take nothing")
                stage.radios[0].close(unknown)
            }
            try stage.pass(0, current.from, 1, current.to, [2])
            try met(stage.recorders[1].messages(current.to) == [[2]], "nothing else should arrive")
        }
    }

    mutating func stopEndsEverything() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            try met(stage.send(1, far, [5]) == .sent, "a message should be sent")
            stage.radios[1].stop()
            try stage.expect("the peer should see the end") { stage.recorders[0].end(of: near) != nil }
            try met(stage.recorders[0].messages(near) == [[5]], "what was sent should arrive before")
            let told = stage.recorders[1].eventCount
            try met(stage.send(1, far, [1]) == .closed, "a stopped radio should take nothing")
            stage.radios[1].close(far)
            try stage.radios[1].advertise([stage.beacon(1, 1)])
            do {
                _ = try stage.radios[1].connect(to: stage.radios[0].address, timeoutMilliseconds: 10, now: stage.now)
                try met(false, "a stopped radio should not connect")
            } catch let error as RadioError {
                try met(error == .down, "down should be thrown, not \(error)")
            }
            stage.radios[1].stop()
            stage.recorders[0].forgetHeard()
            stage.run(milliseconds: 200)
            try met(stage.recorders[1].eventCount == told, "a stopped radio should tell nothing")
            try met(stage.radios[1].nextDeadline == nil, "a stopped radio should want nothing")
            try met(stage.recorders[0].heard.isEmpty, "a stopped radio should not be heard")
        }
    }
}
