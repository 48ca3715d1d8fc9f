import Glibc
import RadioInterface

extension ConformanceRun {
    mutating func garbageLeavesOtherChannelsAlone() throws {
        try withRadiosAndFactory(2, limits: RadioLimits(channelsMax: 4, acceptsPerSecond: 500)) { stage, factory in
            let (near, far) = try stage.link(0, 1)
            for _ in 0..<10 {
                guard let withdraw = factory.disturb(stage.radios[1], count: 50) else {
                    throw Unmet(words: "nothing disturbs it, and no exemption says why")
                }
                defer { withdraw() }
                stage.run(milliseconds: 20)
                try stage.pass(0, near, 1, far, [1])
            }
            let told = stage.recorders[1].opened.count - 1
            if stage.traits.tellsOfStrangers {
                try met(told >= 10, "strangers should be let in where there is room, and not \(told) of 500")
                try stage.expect("all strangers should be gone") { stage.recorders[1].ended.count == told }
            } else {
                try met(told == 0, "a stranger's connection should not be told of")
            }
            try met(stage.recorders[0].ended.isEmpty, "no other channel should end")
            try met(stage.recorders[1].ended.allSatisfy { $0.channel != far }, "no other channel should end")
            let again = try stage.link(0, 1, stage.radios[1].address)
            try stage.pass(0, again.from, 1, again.to, [2])
        }
    }

    mutating func silenceBelowIsToldAndLeavesChannelsAlone() throws {
        try withRadiosAndFactory(2) { stage, factory in
            let (near, far) = try stage.link(0, 1)
            guard let speak = factory.silence(stage.radios[1]) else {
                throw Unmet(words: "nothing silences what it stands on, and no exemption says why")
            }
            // Something that has to be asked for: what a link has stopped need not be taken back.
            try stage.radios[1].advertise([stage.beacon(1, 1)])
            try stage.expect(30_000, "a radio that gets no answer should say that it is down") {
                if case .down(let words) = stage.recorders[1].states.last { !words.isEmpty } else { false }
            }
            try stage.pass(0, near, 1, far, [1])
            try stage.pass(1, far, 0, near, [2])
            speak()
            try stage.expect(30_000, "it should go on when it is answered again") {
                stage.recorders[1].states.last == .up
            }
            try met(stage.recorders.allSatisfy { $0.ended.isEmpty }, "no channel should end")
            stage.radios[0].close(near)
            try stage.expect("the close should be seen") { stage.recorders[1].end(of: far) != nil }
            let again = try stage.link(0, 1)
            try stage.pass(0, again.from, 1, again.to, [3])
        }
    }

    mutating func floodOfConnectsStaysBounded() throws {
        let limits = RadioLimits(channelsMax: 4, acceptsPerSecond: 1_000_000)
        let many = 21
        try withRadios(5, limits: limits) { stage in
            let (near, far) = try stage.link(1, 0)
            let address = stage.radios[0].address
            var asked: [(radio: Int, channel: ChannelID)] = []
            // A radio whose beacons pause for a connect is slow to refuse.
            var rounds = 0
            while rounds < 20 || asked.count < many && rounds < 1_000 {
                rounds += 1
                for radio in 1..<5 {
                    let time = stage.traits.connectMilliseconds
                    // As many as it has places, and no more: one whose connects failed at once would be asked for ever.
                    for _ in 0..<limits.channelsMax {
                        let channel = try? stage.radios[radio].connect(
                            to: address, timeoutMilliseconds: time, now: stage.now)
                        guard let channel else { break }
                        asked.append((radio, channel))
                    }
                }
                stage.run(milliseconds: 10)
                let open = stage.recorders[0].opened.count - stage.recorders[0].ended.count
                try met(open <= 4, "4 channels at most, not \(open)")
                try stage.pass(1, near, 0, far, [1])
            }
            try met(asked.count >= many, "there should have been a flood")
            for (radio, channel) in asked { stage.radios[radio].close(channel) }
            try stage.expect("all but the first should be gone") {
                stage.recorders[0].opened.count - stage.recorders[0].ended.count == 1
            }
            let again = try stage.link(2, 0)
            try stage.pass(2, again.from, 0, again.to, [2])
        }
    }

    mutating func manyConnectsLeakNothing() throws {
        let count = factory.traits.connectsMany
        try withRadios(2) { stage in
            let address = try stage.hear(1, by: 0)
            var before = 0
            var used: Set<ChannelID> = []
            for number in 0..<count {
                let (near, far) = try stage.link(0, 1, address)
                try met(used.insert(near).inserted, "an id should not come round within \(count) channels")
                if number % 100 == 0 { try stage.pass(0, near, 1, far, [1]) }
                // Either side closes, in turn.
                let closer = number % 2
                stage.radios[closer].close(closer == 0 ? near : far)
                try stage.expect("the close should be seen") {
                    stage.recorders[1 - closer].end(of: closer == 0 ? far : near) != nil
                }
                if number == 10 { before = openDescriptors() }
            }
            let after = openDescriptors()
            // Others in this process come and go; a leak would show once a channel.
            try met(after < before + count / 4, "\(before) descriptors should not become \(after)")
        }
    }

    mutating func silentPeerKeepsItsChannel() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            stage.run(milliseconds: stage.traits.silenceMilliseconds)
            try met(stage.recorders[0].ended.isEmpty && stage.recorders[1].ended.isEmpty, "silence should end nothing")
            try stage.pass(0, near, 1, far, [1])
            try stage.pass(1, far, 0, near, [2])
        }
    }

    mutating func peerThatDoesNotPollHoldsNobodyUp() throws {
        try withRadios(3) { stage in
            let (near, far) = try stage.link(0, 2)
            let address = try stage.hear(1, by: 0)
            stage.asleep = [1]
            let channel = try stage.radios[0].connect(to: address, timeoutMilliseconds: 500, now: stage.now)
            for number in UInt8(0)..<20 { try stage.pass(0, near, 2, far, [number]) }
            // A kernel may take the channel for it.
            try stage.expect(10_000, "the connect should come to something") {
                stage.recorders[0].end(of: channel) != nil || stage.recorders[0].connected.contains(channel)
            }
            let end = stage.recorders[0].end(of: channel) ?? .timedOut
            try met(end == .timedOut, "it should be connected or time out, not \(end)")
        }
    }

    mutating func idleRadioSleeps() throws {
        try withRadios(2) { stage in
            let (near, far) = try stage.link(0, 1)
            try stage.pass(0, near, 1, far, [1])
            for radio in stage.radios { try radio.advertise([]) }
            stage.run(milliseconds: 300)
            let before = stage.wakes
            stage.run(milliseconds: 500)
            // One is the end of the time itself.
            try met(stage.wakes - before <= 3, "two idle radios should sleep, not wake \(stage.wakes - before) times")
        }
    }
}

private func openDescriptors() -> Int {
    guard let stream = opendir("/proc/self/fd") else { return 0 }
    defer { closedir(stream) }
    var count = 0
    while readdir(stream) != nil { count += 1 }
    return count
}
