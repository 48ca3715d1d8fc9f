import Sealing
import Wire

/// The grants in a flat array by small index, and the way from a device to its grants.
struct GrantTable {
    static let heldMax = 16_384
    /// Indices of removed grants rest this long: longer than any packet lives.
    static let restSeconds: Int64 = 90_000

    private(set) var entries: [GrantEntry] = []
    /// The entries' states once more, packed: all that most packets touch.
    private(set) var states: [GrantState] = []
    /// The contexts of the entries' tag keys, made when first needed; 909 bytes each.
    var tagHashes: [KeyedHash?] = []
    /// Makes the tokens of all grants: each needs few, and contexts are large.
    private let tokenHash = try? KeyedHash(key: SecretBytes(count: KeyedHash.keyLength) { _ in })
    private(set) var heldCount = 0
    private var free: [(index: GrantIndex, from: WallTime)] = []
    private var freeStart = 0
    /// From the mixed recognition value to the first grant of the device's list.
    private var byDevice: FlatIndex
    private var groups: [Bytes16: [GrantIndex]] = [:]
    private let seed: UInt64

    init(seed: UInt64) {
        self.seed = seed
        byDevice = FlatIndex(seed: seed)
    }

    /// The grant's token of `slot`.
    func token(of index: GrantIndex, slot: UInt32) -> UInt64 {
        guard let tokenHash else { return 0 }
        tokenHash.rekey(entries[Int(index)].tokenKey)
        return withUnsafeBytes(of: slot.littleEndian) { tokenHash.tag8(over: $0) }
    }

    @inline(__always)
    subscript(index: GrantIndex) -> GrantEntry {
        get { entries[Int(index)] }
        _modify {
            defer { states[Int(index)] = entries[Int(index)].state }
            yield &entries[Int(index)]
        }
    }

    /// Adds `entry` and returns its index: the one freed longest ago, if it has rested, else a new one.
    mutating func insert(_ entry: GrantEntry, now: WallTime) -> GrantIndex {
        heldCount += 1
        let index: GrantIndex
        if freeStart < free.count,
            free[freeStart].from.advanced(seconds: Self.restSeconds) <= now || entries.count >= 2 * Self.heldMax
        {
            index = free[freeStart].index
            freeStart += 1
            if freeStart > 1_024 {
                free.removeFirst(freeStart)
                freeStart = 0
            }
            self[index] = entry
        } else {
            index = GrantIndex(truncatingIfNeeded: entries.count)
            entries.append(entry)
            states.append(entry.state)
            tagHashes.append(nil)
        }
        return index
    }

    /// Frees `index`, whose grant must have left its device's group before.
    mutating func remove(_ index: GrantIndex, now: WallTime) {
        guard entries[Int(index)].isHeld else { return }
        heldCount -= 1
        self[index].state.isHeld = false
        self[index].state.liveUntil = 0
        self[index].eventHash = nil
        tagHashes[Int(index)] = nil
        free.append((index, now))
    }

    /// The grants for a device that are held and not revoked, in no order that means anything.
    func group(_ device: Bytes16) -> [GrantIndex] { groups[device] ?? [] }

    mutating func join(_ index: GrantIndex) { groups[self[index].record.recognitionValue, default: []].append(index) }

    mutating func leave(_ index: GrantIndex) {
        let device = self[index].record.recognitionValue
        guard var group = groups[device] else { return }
        unlink(device, group)
        group.removeAll { $0 == index }
        self[index].nextOfDevice = -1
        groups[device] = group.isEmpty ? nil : group
    }

    /// Works out anew which grants for `device` suspend or replace each other, after any change among them.
    mutating func relate(_ device: Bytes16) {
        guard var group = groups[device], !group.isEmpty else { return }
        unlink(device, group)
        // By member, newest first: what was passed of the same member is newer.
        group.sort { Self.order(self[$0], self[$1]) }
        var longest: (until: UInt32, member: Int) = (0, -1)
        var longestOfOthers: UInt32 = 0
        var newer: (until: UInt32, member: Int) = (0, -1)
        for index in group {
            let (member, until) = (self[index].member, self[index].liveUntil)
            if newer.member != member { newer = (0, member) }
            self[index].state.newerUntil = newer.until
            newer.until = max(newer.until, until)
            if longest.member == member {
                longest.until = max(longest.until, until)
            } else if until > longest.until || longest.member < 0 {
                longestOfOthers = longest.until
                longest = (until, member)
            } else {
                longestOfOthers = max(longestOfOthers, until)
            }
        }
        for index in group {
            self[index].state.rivalUntil = self[index].member == longest.member ? longestOfOthers : longest.until
        }
        link(device, group)
        groups[device] = group
    }

    /// The grant for a device that counts at `now`: the newest of its owner's that is proven. If none is, any of them.
    func ofDevice(_ device: Bytes16, now: WallTime) -> GrantIndex? {
        var search = byDevice.search(key(device))
        var head = byDevice.next(&search)
        while head >= 0 && entries[Int(head)].record.recognitionValue != device { head = byDevice.next(&search) }
        guard head >= 0 else { return nil }
        var index = head
        // Those proven longest stand first, so the walk ends with the proven ones.
        while index >= 0 && now.seconds < states[Int(index)].liveUntil {
            if states[Int(index)].isProven(at: now) { return index }
            index = entries[Int(index)].nextOfDevice
        }
        return head
    }

    /// A recognition value is a grant's own word, so both halves go into the key and the seed makes it unpredictable.
    @inline(__always)
    private func key(_ device: Bytes16) -> UInt64 {
        device.withUnsafeBytes { bytes in
            let first = bytes.loadUnaligned(as: UInt64.self)
            let second = bytes.loadUnaligned(fromByteOffset: 8, as: UInt64.self)
            return FlatIndex.mix(first, seed: seed) ^ FlatIndex.mix(second, seed: ~seed)
        }
    }

    private mutating func unlink(_ device: Bytes16, _ group: [GrantIndex]) {
        let key = key(device)
        for index in group where byDevice.remove(key, index) { return }
    }

    private mutating func link(_ device: Bytes16, _ group: [GrantIndex]) {
        let list = group.sorted { left, right in
            self[left].liveUntil != self[right].liveUntil
                ? self[left].liveUntil > self[right].liveUntil : self[left].id < self[right].id
        }
        for place in list.indices { self[list[place]].nextOfDevice = place + 1 < list.count ? list[place + 1] : -1 }
        if let head = list.first { byDevice.insert(key(device), head) }
    }

    private static func order(_ left: GrantEntry, _ right: GrantEntry) -> Bool {
        left.member != right.member ? left.member < right.member : isNewer(left, right)
    }

    /// By time of issue, and by id where that is the same, so that all bridges agree.
    static func isNewer(_ left: GrantEntry, _ right: GrantEntry) -> Bool {
        left.record.issued != right.record.issued
            ? left.record.issued > right.record.issued : left.id < right.id
    }
}
