import Wire

/// The packets that were sent over each link and have no answer yet: at most 64 a link, by frame number, oldest first.
/// One whose answer is overdue stays, as a late answer counts too, until the window is full of such: a neighbour that has
/// no allowance for its answers would close the link for good otherwise. A link number over which none was ever sent takes
/// no room.
struct AnswerWindows: ~Copyable {
    private struct Entry {
        var frameNumber: UInt16 = 0
        var sent = Instant.never
        var packet = PacketHandle(slot: -1, generation: 0)
    }

    private struct Window {
        /// Nil before the first packet.
        var entries: UnsafeMutablePointer<Entry>?
        var start = 0
        var count = 0
    }

    private let windows: UnsafeMutablePointer<Window>

    static var windowMax: Int { FrameLayout.packetsUnansweredMax }
    static var memoryBytes: Int { LinkNumbers.countMax * windowMax * MemoryLayout<Entry>.stride }

    init() {
        windows = .allocate(capacity: LinkNumbers.countMax)
        windows.initialize(repeating: Window(), count: LinkNumbers.countMax)
    }

    deinit {
        for link in 0..<LinkNumbers.countMax { windows[link].entries?.deallocate() }
        windows.deallocate()
    }

    @inline(__always)
    func isFull(_ link: LinkNumber) -> Bool { windows[Int(link)].count >= Self.windowMax }
    func count(_ link: LinkNumber) -> Int { windows[Int(link)].count }

    /// Returns false, having done nothing, if 64 packets are unanswered.
    @inline(__always)
    mutating func add(_ frameNumber: UInt16, _ packet: PacketHandle, on link: LinkNumber, now: Instant) -> Bool {
        guard link < 16, !isFull(link) else { return false }
        let entries = windows[Int(link)].entries ?? makeEntries(link)
        entries[place(link, windows[Int(link)].count)] = Entry(frameNumber: frameNumber, sent: now, packet: packet)
        windows[Int(link)].count &+= 1
        return true
    }

    private func makeEntries(_ link: LinkNumber) -> UnsafeMutablePointer<Entry> {
        let entries = UnsafeMutablePointer<Entry>.allocate(capacity: Self.windowMax)
        entries.initialize(repeating: Entry(), count: Self.windowMax)
        windows[Int(link)].entries = entries
        return entries
    }

    /// The packet that was sent in frame `frameNumber`, which is answered herewith. Nil if none was.
    mutating func take(_ frameNumber: UInt16, on link: LinkNumber) -> PacketHandle? {
        guard link < 16, let entries = windows[Int(link)].entries else { return nil }
        for index in 0..<windows[Int(link)].count where entries[place(link, index)].frameNumber == frameNumber {
            let packet = entries[place(link, index)].packet
            // Answers come in order, as a rule: closing the gap from the front moves nothing then.
            for older in stride(from: index, to: 0, by: -1) {
                entries[place(link, older)] = entries[place(link, older &- 1)]
            }
            windows[Int(link)].start = (windows[Int(link)].start &+ 1) % Self.windowMax
            windows[Int(link)].count &-= 1
            return packet
        }
        return nil
    }

    /// Gives up the answers to what was sent before `moment`.
    mutating func giveUp(before moment: Instant, on link: LinkNumber) {
        guard link < 16, let entries = windows[Int(link)].entries else { return }
        while windows[Int(link)].count > 0, entries[place(link, 0)].sent < moment {
            windows[Int(link)].start = (windows[Int(link)].start &+ 1) % Self.windowMax
            windows[Int(link)].count &-= 1
        }
    }

    mutating func removeAll(_ link: LinkNumber) {
        guard link < 16 else { return }
        windows[Int(link)].start = 0
        windows[Int(link)].count = 0
    }

    @inline(__always)
    private func place(_ link: LinkNumber, _ index: Int) -> Int {
        (windows[Int(link)].start &+ index) % Self.windowMax
    }
}
