import Foundation
import Testing

@testable import Settings

@Suite struct RegularFileTests {
    @Test(arguments: [0, 1, 4_095, 4_096, 4_097, 100_000]) func fileIsReadWholeUpToTheLimit(count: Int) throws {
        let folder = try SettingsFolder()
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) }
        try Data(bytes).write(to: URL(fileURLWithPath: folder.path + "/file"))
        #expect(try RegularFile.read(folder.path + "/file", atMost: 200_000) == bytes)
        for limit in [1, 4_096, 5_000, count + 1] {
            #expect(try RegularFile.read(folder.path + "/file", atMost: limit) == Array(bytes.prefix(limit)))
        }
    }

    @Test func fileWhoseSizeSaysNothingIsReadWhole() throws {
        // Its size is 0, and it has a page and more for this process.
        let bytes = try RegularFile.read("/proc/self/smaps", atMost: 2_000_000)
        #expect(bytes.count > 8_192)
        #expect(try RegularFile.read("/proc/self/smaps", atMost: 10_000).count == 10_000)
    }

    @Test func pipeWithoutAWriterAndDirectoryAreRefusedAtOnce() throws {
        let folder = try SettingsFolder()
        #expect(mkfifo(folder.path + "/pipe", 0o600) == 0)
        for name in ["/pipe", "/conf.d"] {
            #expect(throws: RegularFile.Failure.notRegular) {
                try RegularFile.read(folder.path + name, atMost: 100)
            }
        }
        #expect(throws: RegularFile.Failure.system(ENOENT)) {
            try RegularFile.read(folder.path + "/none", atMost: 100)
        }
    }
}
