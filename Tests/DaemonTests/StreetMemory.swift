import Foundation

/// Looks for bytes in all that a process can read of its own memory, and in files.
enum StreetMemory {
    private static let chunkBytes = 1 << 20

    /// Which of `needles` stand anywhere in the memory of `processID`; the number of bytes looked at comes with them.
    static func found(_ needles: [String: [UInt8]], in processID: Int32) throws -> (names: Set<String>, bytes: Int) {
        let maps = try String(contentsOfFile: "/proc/\(processID)/maps", encoding: .utf8)
        let descriptor = open("/proc/\(processID)/mem", O_RDONLY)
        guard descriptor >= 0 else { throw StreetFailure("the memory of \(processID) cannot be read") }
        defer { close(descriptor) }
        var names: Set<String> = []
        var bytes = 0
        for line in maps.split(separator: "\n") {
            let words = line.split(separator: " ")
            let ends = words[0].split(separator: "-").compactMap { UInt64($0, radix: 16) }
            guard words[1].hasPrefix("r"), ends.count == 2, !line.hasSuffix("[vvar]"), !line.hasSuffix("[vsyscall]")
            else { continue }
            bytes += look(for: needles, in: descriptor, from: ends[0], to: ends[1], &names)
        }
        return (names, bytes)
    }

    /// Which of `needles` stand in the file, or in any file below the directory, at `path`.
    static func found(_ needles: [String: [UInt8]], below path: String) -> Set<String> {
        var names: Set<String> = []
        var paths = [path]
        for name in FileManager.default.enumerator(atPath: path)?.allObjects as? [String] ?? [] {
            paths.append("\(path)/\(name)")
        }
        for path in paths {
            guard let data = FileManager.default.contents(atPath: path) else { continue }
            data.withUnsafeBytes { note(needles, in: $0, &names) }
        }
        return names
    }

    private static func look(
        for needles: [String: [UInt8]], in descriptor: Int32, from start: UInt64, to end: UInt64,
        _ names: inout Set<String>
    ) -> Int {
        // Chunks overlap, so that nothing hides at a border.
        let overlap = (needles.values.map(\.count).max() ?? 1) - 1
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: chunkBytes + overlap, alignment: 16)
        defer { buffer.deallocate() }
        var place = start
        var total = 0
        while place < end {
            let wanted = Int(min(end - place, UInt64(buffer.count)))
            let count = pread(descriptor, buffer.baseAddress, wanted, off_t(place))
            guard count > 0 else { break }
            total += count
            note(needles, in: UnsafeRawBufferPointer(rebasing: buffer[..<count]), &names)
            place += UInt64(min(count, chunkBytes))
        }
        return total
    }

    private static func note(
        _ needles: [String: [UInt8]], in bytes: UnsafeRawBufferPointer, _ names: inout Set<String>
    ) {
        for (name, needle) in needles where !names.contains(name) && contains(bytes, needle) { names.insert(name) }
    }

    private static func contains(_ bytes: UnsafeRawBufferPointer, _ needle: [UInt8]) -> Bool {
        guard let start = bytes.baseAddress, let first = needle.first else { return false }
        var place = start
        var left = bytes.count - needle.count + 1
        while left > 0, let hit = memchr(place, Int32(first), left) {
            let found = UnsafeRawPointer(hit)
            if memcmp(found, needle, needle.count) == 0 { return true }
            left -= found - place + 1
            place = found + 1
        }
        return false
    }
}
