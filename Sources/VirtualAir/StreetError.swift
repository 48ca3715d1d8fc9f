/// Where a street file is wrong, and what to do. Lines and columns count from 1; a column is a byte.
public struct StreetError: Error, Hashable, Sendable {
    public enum Problem: Hashable, Sendable {
        case unreadable(errno: Int32)
        case tooLong(bytesMax: Int)
        case tooManyPaths(pathsMax: Int)
        case nameExpected(found: String)
        case arrowExpected(found: String)
        case optionUnknown(found: String)
        case optionRepeated(String)
        case numberExpected(option: String, found: String, low: Int, high: Int)
        case hearsItself(String)
        case pathRepeated(from: String, to: String, firstLine: Int)
    }

    public let path: String
    public let line: Int
    public let column: Int
    public let problem: Problem
}

extension StreetError: CustomStringConvertible {
    public var description: String { "\(path):\(line):\(column): \(words)" }

    private var words: String {
        switch problem {
        case .unreadable(let errno): "cannot be read: \(errorWords(errno))"
        case .tooLong(let bytesMax): "longer than \(bytesMax) bytes: shorten it"
        case .tooManyPaths(let pathsMax): "more than \(pathsMax) paths (<-> makes two): shorten it"
        case .nameExpected(let found):
            "\(quoted(found)) where a name belongs: write NAME <-> NAME or NAME -> NAME, names of 1 to "
                + "\(AirName.bytesMax) letters, digits, hyphens or underscores"
        case .arrowExpected(let found):
            "\(quoted(found)) where an arrow belongs: write <-> for both ways or -> for one"
        case .optionUnknown(let found): "\(quoted(found)) is no option: write loss, signal or delay and a number"
        case .optionRepeated(let option): "\(option) is said twice: leave one"
        case .numberExpected(let option, let found, let low, let high):
            "\(quoted(found)) after \(option): write a whole number from \(low) to \(high)"
        case .hearsItself(let name): "\(name) on both sides: a radio does not hear itself; name two"
        case .pathRepeated(let from, let to, let firstLine):
            "\(from) -> \(to) is already said in line \(firstLine): leave one (two ways that differ are two -> lines)"
        }
    }

    private func quoted(_ found: String) -> String { found.isEmpty ? "the line ends" : "\"\(found)\"" }
}
