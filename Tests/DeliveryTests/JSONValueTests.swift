import Foundation
import SeededRandom
import Testing

@testable import Delivery

struct JSONValueTests {
    @Test func objectsAreWrittenWithSortedKeys() {
        let value: JSONValue = .object(["b": .number(-1), "a": .list([.truth(true), .text("x")]), "": .object([:])])
        #expect(value.text == #"{"":{},"a":[true,"x"],"b":-1}"#)
    }

    @Test func anyTextReadsBackAsItWas() throws {
        var generator = SplitMix64(seed: 1)
        for _ in 0..<2000 {
            let bounds: [UInt32] = [0x30, 0x100, 0x3000, 0x1_1000]
            var text = ""
            for _ in 0..<Int.random(in: 0...20, using: &generator) {
                let bound = bounds.randomElement(using: &generator) ?? 0x30
                if let scalar = Unicode.Scalar(UInt32.random(in: 0..<bound, using: &generator)) {
                    text.unicodeScalars.append(scalar)
                }
            }
            let written = JSONValue.list([.text(text)]).text
            let read = try JSONSerialization.jsonObject(with: Data(written.utf8)) as? [String]
            #expect(read.map { $0.map { Array($0.utf8) } } == [Array(text.utf8)])
        }
    }

    @Test(
        arguments: [
            (0, "1970-01-01T00:00:00+00:00"), (951_782_399, "2000-02-28T23:59:59+00:00"),
            (951_782_400, "2000-02-29T00:00:00+00:00"), (951_868_800, "2000-03-01T00:00:00+00:00"),
            (1_684_093_277, "2023-05-14T19:41:17+00:00"), (4_107_542_400, "2100-03-01T00:00:00+00:00"),
            (.max, "2106-02-07T06:28:15+00:00"),
        ] as [(UInt32, String)])
    func timesAreWrittenByTheCalendar(seconds: UInt32, text: String) {
        #expect(UTCText.text(seconds: seconds) == text)
    }
}
