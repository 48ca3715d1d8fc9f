import Glibc

/// One of the things that any bytes are given to.
struct FuzzTarget {
    let name: StaticString
    /// Longest input in bytes.
    let bytesMax: Int
    /// What the fuzzer starts from, besides nothing.
    var seeds: @Sendable () -> [[UInt8]] = { [] }
    /// Returns, or traps: that is a find.
    let run: @Sendable (UnsafeRawBufferPointer) -> Void
}

/// Called first by libFuzzer's main. The executable is used as
/// ```
/// fuzz list                                      each target's name and longest input
/// fuzz seed TARGET DIRECTORY                     writes the target's seeds
/// fuzz TARGET [option of libFuzzer]... [DIRECTORY | FILE]
/// ```
@_cdecl("LLVMFuzzerInitialize")
public func fuzzInitialize(
    _ count: UnsafeMutablePointer<CInt>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>
) -> CInt {
    let words = (1..<max(1, Int(count.pointee))).compactMap { arguments.pointee[$0].map { String(cString: $0) } }
    switch words.first {
    case "list":
        for target in FuzzTargets.all { print(target.name, target.bytesMax) }
        exit(0)
    case "seed" where words.count == 3:
        guard let target = FuzzTargets.named(words[1]) else { exit(2) }
        for (number, seed) in target.seeds().enumerated() { write(seed, to: "\(words[2])/seed-\(number)") }
        exit(0)
    default:
        guard let name = words.first, let target = FuzzTargets.named(name) else { exit(2) }
        FuzzTargets.chosen = target
        atexit { FuzzReach.print() }
    }
    // The target's name stands where libFuzzer looks for the executable's.
    arguments.pointee[1] = arguments.pointee[0]
    arguments.pointee += 1
    count.pointee -= 1
    return 0
}

@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzOneInput(_ start: UnsafeRawPointer?, _ count: Int) -> CInt {
    FuzzTargets.chosen?.run(UnsafeRawBufferPointer(start: start, count: count))
    return 0
}

/// What must hold whatever the input.
@inline(__always)
func require(_ condition: @autoclosure () -> Bool, _ what: StaticString, line: UInt = #line) {
    if !condition() { fatalError("broken in line \(line): \(what)") }
}

private func write(_ bytes: [UInt8], to path: String) {
    guard let file = fopen(path, "w") else { exit(2) }
    _ = bytes.withUnsafeBytes { fwrite($0.baseAddress, 1, $0.count, file) }
    fclose(file)
}
