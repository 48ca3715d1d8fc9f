extension [UInt8] {
    /// Calls `body` with the bytes in place; unlike `withUnsafeBytes` it keeps the type of what `body` throws.
    func withRawBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        try span.bytes.withUnsafeBytes(body)
    }

    /// An array of at most `count` bytes, of which `fill` writes the first and returns how many.
    static func filled<Failure: Error>(
        count: Int, _ fill: (UnsafeMutableRawBufferPointer) throws(Failure) -> Int
    ) throws(Failure) -> [UInt8] {
        var bytes = [UInt8](repeating: 0, count: count)
        var span = bytes.mutableSpan
        var raw = span.mutableBytes
        let written = try raw.withUnsafeMutableBytes(fill)
        bytes.removeLast(count - written)
        return bytes
    }
}
