/// Guesses at what a misspelt word was meant to be.
public enum Spelling {
    private static let wordLengthMaximum = 64

    /// The candidate nearest to `word`, whatever its case; nil when none is near enough to be a likely slip. Ties go to the
    /// first.
    public static func nearest(to word: String, among candidates: [String]) -> String? {
        let typed = word.lowercased()
        guard typed.unicodeScalars.count <= wordLengthMaximum else { return nil }
        var best: (candidate: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(typed, candidate.lowercased())
            if distance <= max(1, candidate.count / 3), distance < best?.distance ?? .max {
                best = (candidate, distance)
            }
        }
        return best?.candidate
    }

    /// Edits (insert, delete, replace, swap neighbours) that turn one word into the other: optimal string alignment.
    static func distance(_ first: String, _ second: String) -> Int {
        let left = Array(first.unicodeScalars)
        let right = Array(second.unicodeScalars)
        if left.isEmpty || right.isEmpty { return max(left.count, right.count) }
        var beforeLast: [Int] = []
        var last = Array(0...right.count)
        for row in 1...left.count {
            var current = [row]
            for column in 1...right.count {
                let replaced = last[column - 1] + (left[row - 1] == right[column - 1] ? 0 : 1)
                var cost = min(last[column] + 1, current[column - 1] + 1, replaced)
                let isSwap =
                    row > 1 && column > 1 && left[row - 1] == right[column - 2] && left[row - 2] == right[column - 1]
                if isSwap { cost = min(cost, beforeLast[column - 2] + 1) }
                current.append(cost)
            }
            (beforeLast, last) = (last, current)
        }
        return last[right.count]
    }
}
