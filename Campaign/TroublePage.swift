import Foundation

/// What is wrong with one daemon's clocks and disk: the page that the daemon, with the library `troubles` loaded, shares
/// with the campaign. The words are those of `Troubles.h`.
///
/// Unchecked, for each word is written at once, and by one thread of the campaign.
final class TroublePage: @unchecked Sendable {
    private static let bytes = 4_096
    private let path: String
    private let words: UnsafeMutablePointer<Int64>

    /// Beside the programs.
    private static let library = "\(Machine.programs)/libtroubles.so"

    init(_ path: String) throws {
        self.path = path
        guard access(Self.library, R_OK) == 0 else {
            throw CampaignFailure("there is no \(Self.library): swift build --product troubles makes it")
        }
        let descriptor = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        defer { close(descriptor) }
        guard descriptor >= 0, ftruncate(descriptor, off_t(Self.bytes)) == 0,
            let place = mmap(nil, Self.bytes, PROT_READ | PROT_WRITE, MAP_SHARED, descriptor, 0), place != MAP_FAILED
        else { throw CampaignFailure("\(path) cannot be mapped") }
        words = place.bindMemory(to: Int64.self, capacity: Self.bytes / 8)
    }

    deinit { munmap(words, Self.bytes) }

    /// What a daemon needs in its environment to live with this page.
    var environment: [String] {
        ["LD_PRELOAD=\(Self.library)", "SIDEGATE_TROUBLES=\(path)"]
    }

    /// How far all clocks are ahead of the machine's.
    var steadySeconds: Int64 {
        get { words[0] / 1_000_000_000 }
        set { words[0] = newValue * 1_000_000_000 }
    }

    /// How far the clock on the wall is ahead of the others.
    var wallSeconds: Int64 {
        get { words[1] / 1_000_000_000 }
        set { words[1] = newValue * 1_000_000_000 }
    }

    var isDiskFull: Bool {
        get { words[2] != 0 }
        set { words[2] = newValue ? 1 : 0 }
    }

    /// The daemon is killed instead of its so many-th sync from now on; 0 for never.
    var diesAtSync: Int {
        get { Int(words[3]) }
        set { words[3] = Int64(newValue) }
    }

    /// What of the log was written and never synced, once the daemon is dead.
    var unsynced: Range<Int> { Int(words[4])..<max(Int(words[4]), Int(words[5])) }

    /// For the next daemon.
    func forgetUnsynced() { words[5] = words[4] }
}
