import Consent
import Testing
import Wire

@testable import Relaying

/// Section 8 of the protocol, sentence by sentence.
@Suite struct CustodyTests {
    typealias Harness = RelayHarness

    @Test func packetIsKeptUntilItsEventIsConfirmedAndAllUpstreamLinksAreTold() {
        var harness = Harness()
        harness.hops.order = [2]
        let packet = Harness.packet(7)
        #expect(harness.offer(packet, from: 0) == .accepted)
        #expect(harness.offer(packet, from: 1) == .accepted)
        let sent = harness.run()
        #expect(sent.map(\.link) == [2])
        var expected = packet
        expected[26] = 7
        #expect(sent.first?.bytes == expected)
        harness.answer(sent[0], .accepted)
        #expect(harness.relay.heldPackets == 1)
        #expect(harness.confirm(7, from: 2) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.confirms.map(\.link).sorted() == [0, 1])
        #expect(harness.confirms.map(\.eventID) == [7, 7])
        #expect(harness.ends.map(\.reason) == [nil])
        #expect(harness.relay.heldPackets == 0)
        #expect(harness.relay.heldBytes == 0)
        #expect(harness.relay.counts == .init(taken: 1, confirmed: 1, dropped: 0, repeated: 1))
    }

    @Test func answerConfirmedEndsCustody() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), from: 0)
        let sent = harness.run()
        harness.answer(sent[0], .confirmed)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.confirms.map(\.link) == [0])
        #expect(harness.relay.counts.confirmed == 1)
    }

    @Test func confirmationOfALinkThatWasNotHandedThePacketIsIgnored() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), from: 0)
        #expect(harness.confirm(7, from: 2) == false)
        harness.run()
        #expect(harness.confirm(7, from: 3) == false)
        #expect(harness.confirm(7, from: 0) == false)
        #expect(harness.confirm(8, from: 2) == false)
        #expect(harness.relay.heldPackets == 1)
        #expect(harness.confirm(7, from: 2) == true)
    }

    @Test(arguments: [Answer.notNow, .refused]) func noLeadsToTheNextBestNeighbourAndThenToWaiting(answer: Answer) {
        var harness = Harness()
        harness.hops.order = [2, 3]
        harness.offer(Harness.packet(7), from: 0)
        let first = harness.run()
        harness.answer(first[0], answer)
        let second = harness.run()
        #expect(second.map(\.link) == [3])
        harness.answer(second[0], answer)
        #expect(harness.runUntil(seconds: 9.9).isEmpty)
        #expect(harness.relay.heldPackets == 1)
        #expect(harness.runUntil(seconds: 0.2).isEmpty)
        #expect(harness.ends.map(\.reason) == [.noRoute])
    }

    @Test func silenceForFiveSecondsLeadsToTheNextBestNeighbour() {
        var harness = Harness()
        harness.hops.order = [2, 3]
        harness.offer(Harness.packet(7), from: 0)
        let sent = harness.runUntil(seconds: 4.9)
        #expect(sent.map(\.link) == [2])
        #expect(harness.runUntil(seconds: 0.2).map(\.link) == [3])
        // The late answer still closes the first neighbour's window, and does not disturb the second's.
        harness.answer(sent[0], .accepted)
        #expect(harness.runUntil(seconds: 4.5).isEmpty)
        #expect(harness.confirm(7, from: 2) == true)
    }

    @Test func lateAcceptanceCountsWhileNobodyElseHasThePacket() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), from: 0)
        let sent = harness.runUntil(seconds: 6)
        #expect(sent.count == 1)
        harness.answer(sent[0], .accepted)
        #expect(harness.runUntil(seconds: 14.9).isEmpty)
        #expect(harness.relay.heldPackets == 1)
        #expect(harness.runUntil(seconds: 2.1).map(\.link) == [2])
    }

    @Test func acceptedPacketIsHandedOnAgainAfter15SecondsDoublingUpTo120() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7), from: 0)
        var sentAt: [Int64] = []
        for _ in 0..<6_000 {
            for sent in harness.run() {
                sentAt.append(harness.now)
                harness.answer(sent, .accepted)
            }
            harness.pass(seconds: 0.1)
        }
        let gaps = zip(sentAt.dropFirst(), sentAt).map { Double($0 - $1) / 1_000_000 }
        let least: [Double] = [15, 30, 60, 120, 120]
        #expect(gaps.count >= 5)
        for (gap, seconds) in zip(gaps, least) {
            #expect(gap >= seconds)
            #expect(gap <= seconds * 1.125 + 0.2)
        }
        #expect(harness.ends.map(\.reason) == [.expired])
    }

    @Test func neighbourThatAcceptsAndNeverConfirmsIsNotTheOnlyOneTried() {
        var harness = Harness()
        harness.hops.order = [1, 2]
        harness.offer(Harness.packet(7), Harness.facts(hold: true))
        var links: [LinkNumber] = []
        for _ in 0..<400 {
            for sent in harness.run() {
                links.append(sent.link)
                harness.answer(sent, .accepted)
            }
            harness.pass(seconds: 1)
        }
        #expect(links == [1, 2, 1, 2, 1, 2].prefix(links.count).map { $0 } && links.count >= 5)
        #expect(harness.confirm(7, from: 1) && harness.relay.heldPackets == 0)
    }

    @Test func linkThatEndsLeadsToTheNextBestNeighbourInEveryState() {
        for state in 0..<3 {
            var harness = Harness()
            harness.hops.order = [2, 3]
            harness.offer(Harness.packet(7), from: 0)
            if state > 0 {
                let sent = harness.run()
                if state == 2 { harness.answer(sent[0], .accepted) }
            }
            harness.relay.linkEnded(2, now: harness.moment)
            #expect(harness.run().map(\.link) == [3])
        }
    }

    @Test func packetWithoutHoldWaitsTenSecondsForARoute() {
        var harness = Harness()
        harness.offer(Harness.packet(7), from: 0)
        #expect(harness.runUntil(seconds: 9.5).isEmpty)
        harness.hops.order = [2]
        harness.relay.routeChanged(100, routes: harness.hops, now: harness.moment)
        #expect(harness.run().map(\.link) == [2])
        harness.hops.order = []
        harness.offer(Harness.packet(8), from: 0)
        #expect(harness.runUntil(seconds: 10.1).isEmpty)
        #expect(harness.ends.map(\.reason) == [.noRoute])
    }

    @Test func packetWithHoldWaitsForARouteUntilItExpires() {
        var harness = Harness()
        harness.offer(Harness.packet(7, minutes: 1_440), Harness.facts(hold: true), from: 0)
        harness.offer(Harness.packet(8, minutes: 1_440), Harness.facts(home: 200, hold: true), from: 0)
        #expect(harness.runUntil(seconds: 80_000).isEmpty)
        #expect(harness.relay.heldPackets == 2)
        harness.hops.order = [2]
        harness.relay.routeChanged(100, routes: harness.hops, now: harness.moment)
        let sent = harness.run()
        #expect(sent.map(\.eventID) == [7])
        harness.answer(sent[0], .accepted)
        harness.hops.order = []
        _ = harness.runUntil(seconds: 7_000)
        #expect(harness.ends.map(\.reason) == [.expired, .expired])
    }

    @Test func heldPacketGoesBackOnlyAfterWaiting() {
        var harness = Harness()
        harness.hops.order = [0]
        harness.offer(Harness.packet(7, minutes: 1_440), Harness.facts(hold: true), from: 0)
        harness.offer(Harness.packet(8), from: 0)
        #expect(harness.runUntil(seconds: 9.9).isEmpty)
        #expect(harness.runUntil(seconds: 0.2).map(\.eventID) == [7])
        #expect(harness.ends.map(\.eventID) == [8])
    }

    @Test func heldPacketThatEverybodyRefusesIsOfferedLessAndLessOften() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.offer(Harness.packet(7, minutes: 1_440), Harness.facts(hold: true), from: 0)
        var times: [Int64] = []
        for _ in 0..<600 {
            for sent in harness.runUntil(seconds: 1) {
                times.append(harness.now / 1_000_000)
                harness.answer(sent, .notNow)
            }
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        let wanted: [Int64] = [10, 20, 40, 60, 60]
        #expect(gaps.count >= 8 && zip(gaps, wanted).allSatisfy { (0...2).contains($0 - $1) }, "\(gaps)")
        #expect(gaps.dropFirst(3).allSatisfy { $0 >= 60 })
        #expect(harness.relay.heldPackets == 1)
    }

    @Test func packetThatItsHomeRefusesGoesToNobodyElseAndIsOfferedLessAndLessOften() {
        var harness = Harness()
        harness.hops.order = [2, 3]
        harness.offer(Harness.packet(7, minutes: 1_440), Harness.facts(home: 100, hold: true), from: 0)
        var times: [Int64] = []
        for _ in 0..<1_300 {
            for sent in harness.runUntil(seconds: 1) {
                #expect(sent.link == 2)
                times.append(harness.now / 1_000_000)
                harness.answer(sent, .refused, from: 100)
            }
        }
        let gaps = zip(times.dropFirst(), times).map { $0 - $1 }
        #expect(gaps.count == 7 && zip(gaps, [10, 20, 40, 80, 160, 320, 640]).allSatisfy { (0...2).contains($0 - $1) })
        #expect(harness.relay.heldPackets == 1)
    }

    @Test func routeThatGoesTakesQueuedPacketsAlong() {
        var harness = Harness()
        harness.hops.order = [2]
        harness.relay.setWritable(2, false)
        harness.offer(Harness.packet(7), from: 0)
        harness.hops.order = [3]
        harness.relay.routeChanged(100, routes: harness.hops, now: harness.moment)
        #expect(harness.run().map(\.link) == [3])
    }

    @Test func linkThatTakesNothingForFiveSecondsLosesItsPackets() {
        var harness = Harness()
        harness.hops.order = [2, 3]
        harness.relay.setWritable(2, false)
        harness.offer(Harness.packet(7), from: 0)
        #expect(harness.runUntil(seconds: 4.9).isEmpty)
        #expect(harness.runUntil(seconds: 0.2).map(\.link) == [3])
    }

    @Test func linkWithSixtyFourUnansweredPacketsGetsNoMore() {
        var harness = Harness()
        harness.hops.order = [2]
        for id in 0..<70 { harness.offer(Harness.packet(UInt64(id)), from: 0) }
        let sent = harness.run()
        #expect(sent.count == 64)
        harness.answer(sent[10], .accepted)
        #expect(harness.run().count == 1)
        harness.pass(seconds: 6)
        // Overdue answers still count: the neighbour may yet owe them.
        #expect(harness.run().isEmpty)
        for packet in sent { harness.answer(packet, .accepted) }
        #expect(harness.run().count == 5)
    }

    @Test func linkWhoseNeighbourNeverAnswersTakesPacketsAgainAfterThirtySeconds() {
        var harness = Harness()
        harness.hops.order = [2]
        for id in 0..<64 { harness.offer(Harness.packet(UInt64(id)), from: 0) }
        #expect(harness.run().count == 64)
        // They go to nobody else meanwhile, and none of them is sent again before.
        #expect(harness.runUntil(seconds: 28).isEmpty)
        harness.offer(Harness.packet(100), from: 0)
        #expect(harness.runUntil(seconds: 8).contains { $0.eventID == 100 })
    }

    @Test func variantsFollowAfterThreeAndSixSecondsUnlessConfirmed() {
        for confirmedAfter in [1.0, 4.0, 7.0] {
            var harness = Harness()
            harness.hops.order = [3]
            for junk in 0..<3 { harness.offer(Harness.packet(7, junk: UInt8(junk)), from: LinkNumber(junk)) }
            #expect(harness.offer(Harness.packet(7, junk: 9), from: 2) == .refused)
            var sentAt: [Int64] = []
            let start = harness.now
            while harness.now < start + Int64(confirmedAfter * 1_000_000) {
                for sent in harness.run() {
                    sentAt.append((harness.now - start) / 100_000)
                    harness.answer(sent, .accepted)
                }
                harness.pass(seconds: 0.1)
            }
            let expected: [Int64] = confirmedAfter < 3 ? [0] : confirmedAfter < 6 ? [0, 30] : [0, 30, 60]
            #expect(sentAt == expected)
            #expect(harness.confirm(7, from: 3) == true)
            harness.run()
            #expect(harness.ends.filter { $0.reason == nil }.count == expected.count)
            #expect(harness.ends.filter { $0.reason == .variants }.count == 3 - expected.count)
            #expect(harness.ends.filter(\.isLast).count == 1)
            #expect(harness.relay.heldPackets == 0)
        }
    }

    @Test func senderOfARefusedVariantLearnsOfTheConfirmation() {
        var harness = Harness(links: 0..<6)
        harness.hops.order = [5]
        for junk in 0..<3 { harness.offer(Harness.packet(7, junk: UInt8(junk)), from: LinkNumber(junk)) }
        #expect(harness.offer(Harness.packet(7, junk: 3), from: 3) == .refused)
        harness.run()
        #expect(harness.confirm(7, from: 5) == true)
        harness.pass(seconds: 1)
        harness.run()
        #expect(harness.confirms.map(\.link).sorted() == [0, 1, 2, 3])
    }

    @Test func junkOfOneLinkCannotKeepAnotherLinksVariantOut() {
        var harness = Harness()
        harness.hops.order = [3]
        for junk in 0..<3 { harness.offer(Harness.packet(7, junk: UInt8(junk)), from: 1) }
        #expect(harness.offer(Harness.packet(7, junk: 9), from: 1) == .refused)
        #expect(harness.offer(Harness.packet(7, junk: 8), from: 2) == .accepted)
        #expect(harness.offer(Harness.packet(7, junk: 7), from: 2) == .refused)
        #expect(harness.offer(Harness.packet(7, junk: 6), from: LinkNumbers.ownRadio) == .accepted)
        harness.run()
        #expect(harness.ends.map(\.reason) == [.variants, .variants])
        #expect(harness.relay.heldPackets == 3)
    }

    @Test func variantThatGetsFurtherDisplacesAnotherOfItsOwnLinkAlone() {
        var harness = Harness()
        harness.hops.order = [3]
        for (junk, limit, link) in [(UInt8(1), UInt8(2), LinkNumber(0)), (2, 1, 1), (3, 1, 0)] {
            #expect(harness.offer(Harness.packet(7, junk: junk), hopLimit: limit, from: link) == .accepted)
        }
        #expect(harness.offer(Harness.packet(7, junk: 4), hopLimit: 1, from: 0) == .refused)
        #expect(harness.offer(Harness.packet(7, junk: 5), hopLimit: 5, from: 0) == .accepted)
        #expect(harness.offer(Harness.packet(7, junk: 6), hopLimit: 2, from: 0) == .refused)
        #expect(harness.offer(Harness.packet(7, junk: 7), hopLimit: 9, from: 1) == .accepted)
        #expect(harness.relay.heldPackets == 3)
        var sent: [UInt8] = []
        for _ in 0..<10 {
            sent += harness.run().map { $0.bytes[40] }
            harness.pass(seconds: 1)
        }
        #expect(Set(sent) == [1, 5, 7])
    }

    @Test func nextVariantTakesItsTurnWhenTheFirstEndsUnsent() {
        var harness = Harness()
        harness.offer(Harness.packet(7, junk: 1, minutes: 1), Harness.facts(hold: true), from: 1)
        harness.offer(Harness.packet(7, junk: 2), Harness.facts(hold: true), from: 2)
        #expect(harness.runUntil(seconds: 45).isEmpty)
        harness.hops.order = [3]
        let sent = harness.runUntil(seconds: 10)
        #expect(sent.map { $0.bytes[40] } == [2])
        #expect(harness.ends.map(\.reason) == [.expired])
    }

    @Test func expiredPacketIsRefused() {
        var harness = Harness()
        harness.pass(seconds: 600)
        #expect(harness.offer(Harness.packet(7, minutes: 10)) == .refused)
        #expect(harness.relay.counts.taken == 0)
    }

    @Test func packetThatTheCapWouldHoldBeyondItsExpiryIsAnsweredNotNow() {
        var harness = Harness(LendingLimits(rateBits: 0, burstBytes: 8_000, monthBytes: 1_000_000))
        #expect(harness.offer(Harness.packet(7)) == .notNow)
    }

    // MARK: Noes

    @Test func nothingOfAThirdPartyIsGivenOutAfterTheHostSaysNo() {
        var harness = Harness()
        harness.hops.order = [2]
        for id in 0..<10 { harness.offer(Harness.packet(UInt64(id)), from: 0) }
        for id in 0..<10 { harness.relay.answer(.accepted, to: UInt16(id), on: 0, isOwn: false, now: harness.moment) }
        harness.relay.setHosting(false, now: harness.moment)
        #expect(harness.relay.heldPackets == 0)
        #expect(harness.run().isEmpty)
        harness.pass(seconds: 1)
        #expect(harness.run().isEmpty)
        #expect(harness.ends.map(\.reason) == Array(repeating: .optedOut, count: 10))
        #expect(harness.answers.map(\.answer) == Array(repeating: .notNow, count: 10))
        #expect(harness.confirms.isEmpty)
        #expect(harness.offer(Harness.packet(60), from: 0) == .notNow)
        #expect(harness.relay.queueMessage(1, bytes: 10, link: 2, isFirst: false, isLent: true) == false)
        #expect(harness.relay.queueMessage(2, bytes: 10, link: 2, isFirst: true, isLent: true) == true)
        harness.relay.setHosting(true, now: harness.moment)
        #expect(harness.offer(Harness.packet(60), from: 0) == .accepted)
    }

    @Test func packetsOfAnEndedGrantAndClassAreDropped() {
        var harness = Harness()
        harness.offer(Harness.packet(1), Harness.facts(grant: 1), from: 0)
        harness.offer(Harness.packet(2), Harness.facts(.telemetry, grant: 2), from: 0)
        harness.offer(Harness.packet(3), Harness.facts(.alarm, grant: 3), from: 0)
        harness.relay.grantEnded(1, reason: .deviceOptedOut, now: harness.moment)
        harness.relay.classEnded(.telemetry, now: harness.moment)
        harness.run()
        #expect(harness.ends.map(\.reason) == [.deviceOptedOut, .classNotLent])
        harness.relay.dropEverything(now: harness.moment)
        #expect(harness.relay.heldPackets == 0)
    }

    // MARK: Room

    @Test func fullPoolGivesUpTheOldestOfTheLowestClass() {
        var harness = Harness()
        for id in 0..<512 {
            let eventClass: EventClass = id < 100 ? .event : id < 200 ? .telemetry : .alarm
            #expect(harness.offer(Harness.packet(UInt64(id)), Harness.facts(eventClass), from: 0) == .accepted)
        }
        #expect(harness.offer(Harness.packet(600), Harness.facts(.alarm), from: 1) == .accepted)
        #expect(harness.offer(Harness.packet(601), Harness.facts(.telemetry), from: 1) == .accepted)
        harness.run()
        #expect(harness.ends.map(\.eventID) == [100, 101])
        #expect(harness.ends.map(\.reason) == [.room, .room])
        for id in 0..<199 {
            #expect(harness.offer(Harness.packet(700 + UInt64(id)), Harness.facts(.alarm), from: 1) == .accepted)
        }
        #expect(harness.offer(Harness.packet(602), Harness.facts(.telemetry), from: 1) == .notNow)
        #expect(harness.offer(Harness.packet(603), Harness.facts(.event), from: 1) == .notNow)
        #expect(harness.offer(Harness.packet(604), Harness.facts(.alarm), from: 1) == .accepted)
        #expect(harness.relay.heldPackets == 512)
    }

    @Test func floodOfOneLinkDisplacesItself() {
        var harness = Harness()
        for id in 0..<20 { harness.offer(Harness.packet(UInt64(id)), from: 1) }
        for id in 100..<2_100 {
            harness.offer(Harness.packet(UInt64(id)), Harness.facts(grant: Int32(id), home: UInt64(id)), from: 2)
        }
        harness.run()
        #expect(harness.ends.allSatisfy { $0.eventID >= 100 })
        #expect(harness.relay.counts.dropped == 2_020 - 512)
        // More ends than are kept for fetching are counted only.
        #expect(harness.ends.count == Relay.endsMax)
    }

    @Test func memoryStaysWithinItsBound() {
        // 117 kB of packets and what is known of each; queues, flows and replies beside them.
        #expect(Custody.memoryBytes <= 256 * 1024)
        #expect(Relay.memoryBytes <= 384 * 1024)
    }
}
