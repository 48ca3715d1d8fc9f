import BluetoothStreet
import Testing

/// Four radios on one air, without daemons: each hears, is heard, has accepted and has connected, all at once.
@Suite(.enabled(if: Machine.isHere)) struct RadioChainTests {
    private static let messages = 50
    private static let adverts = 5
    private static let outlivedMilliseconds = 45_000

    @Test func radiosInAChainCarryMessagesInOrderAndHearASensorMeanwhile() async throws {
        try await apart {
            let air = try #require(Machine.airs.last)
            let sensor = try Sensor(on: air[4])
            let chain = try RadioChain(adapters: air.prefix(4).map { $0 })
            try chain.hearEachOther(variant: 1)
            let first = try chain.link(0, 1)
            let middle = try chain.link(1, 2)
            let last = try chain.link(2, 3)
            chain.radios[1].sink.passes[first.far] = middle.near
            chain.radios[2].sink.passes[middle.far] = last.near

            // Meanwhile, on a thread of its own: the independent sensor.
            let speech = Tool.Speech { for number in 1...Self.adverts { try sensor.say(number, "1101") } }
            var sent: [[UInt8]] = []
            while sent.count < Self.messages || !speech.isOver {
                let message = [UInt8](repeating: UInt8(truncatingIfNeeded: sent.count), count: 200)
                if sent.count < 250, chain.radios[0].send(first.near, message) == .sent { sent.append(message) }
                chain.run(milliseconds: 50)
            }
            try speech.result()
            try chain.wait("all messages have come") { chain.radios[3].sink.messages.count >= sent.count }
            #expect(chain.radios[3].sink.messages == sent)
            try chain.wait("every radio has heard all that the sensor said") {
                chain.radios.allSatisfy { $0.sink.serviceData.count >= Self.adverts }
            }
            // With every role taken at once, each is still heard by all others.
            try chain.hearEachOther(variant: 2)
            #expect(chain.radios.allSatisfy { $0.sink.ended == 0 })
            // The kernel gives a channel 40 s to be set up: one that is must outlive that.
            chain.run(milliseconds: Self.outlivedMilliseconds)
            #expect(chain.radios.allSatisfy { $0.sink.ended == 0 }, "a link ended by itself")
        }
    }
}
