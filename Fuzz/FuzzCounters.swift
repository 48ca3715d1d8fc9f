import Devices

/// Counters in any order, against the window's definition written plainly.
func fuzzCounters(_ bytes: UnsafeRawBufferPointer) {
    var input = FuzzInput(bytes)
    var window = CounterWindow()
    var plain = PlainWindow()
    while !input.isAtEnd {
        let choice = input.byte()
        let counter = plain.counter(&input, isNear: choice & 0x10 != 0)
        let frame = UInt64(input.byte() & 3)
        switch choice & 7 {
        case 0..<5:
            let expected = plain.admit(counter, frame)
            require(window.admit(counter: counter, frame: frame) == expected, "another admission")
        case 5:
            window.withdraw(counter: counter, frame: frame)
            plain.withdraw(counter, frame)
        case 6:
            window = CounterWindow(rows: window.rows)
            plain.restart()
        default:
            if counter == 0 { (window, plain) = (CounterWindow(), PlainWindow()) }
        }
        require(window.highest == plain.highest, "another highest counter")
    }
    let rows = Set(window.rows)
    require(rows.count <= CounterWindow.rowsMax && rows == plain.rows, "other rows")
    for row in rows { require(row.counter >= window.lowestAdmitted, "a row below the window") }
}

private struct PlainWindow {
    var highest: UInt32?
    var frames: [UInt32: [UInt64]] = [:]

    var rows: Set<CounterWindow.Row> {
        Set(frames.flatMap { counter, frames in frames.map { CounterWindow.Row(counter: counter, frame: $0) } })
    }

    func counter(_ input: inout FuzzInput, isNear: Bool) -> UInt32 {
        guard isNear, let highest else { return input.integer() }
        return highest &+ UInt32(truncatingIfNeeded: Int(input.integer(UInt16.self)) - 1_536)
    }

    private func isTooOld(_ counter: UInt32) -> Bool {
        guard let highest else { return false }
        return UInt64(counter) + UInt64(CounterWindow.counters) <= UInt64(highest)
    }

    mutating func admit(_ counter: UInt32, _ frame: UInt64) -> CounterWindow.Admission {
        if isTooOld(counter) { return .tooOld }
        highest = max(highest ?? 0, counter)
        frames = frames.filter { !isTooOld($0.key) }
        let held = frames[counter] ?? []
        if held.contains(frame) { return .replayed }
        if held.count >= CounterWindow.framesPerCounter { return .thirdFrame }
        frames[counter] = held + [frame]
        return .new
    }

    mutating func withdraw(_ counter: UInt32, _ frame: UInt64) {
        frames[counter]?.removeAll { $0 == frame }
        if frames[counter]?.isEmpty == true { frames[counter] = nil }
    }

    mutating func restart() { highest = frames.keys.max() }
}
