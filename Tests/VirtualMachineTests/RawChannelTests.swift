import BluetoothStreet
import Testing

/// What everything else here stands on, without anything of Sidegate's.
@Suite(.enabled(if: Machine.isHere), .serialized) struct RawChannelTests {
    @Test func rawChannelsCarryAMessageOverAChainAndBack() async throws {
        try await apart {
            let airs = Machine.airs.dropFirst().prefix(3).map { Array($0) }
            let chain = try RawChain(airs: airs)
            let times = try chain.echoes(10, bytes: 200)
            #expect(times.count == 10)
        }
    }
}
