/// One thing that is wrong with the settings: where it is, what it is and what to do about it.
public struct SettingsProblem: Error, Sendable, Equatable, CustomStringConvertible {
    /// The closed list of what can be wrong.
    public enum Kind: String, Sendable, CaseIterable {
        case missing, unreadable, tooLarge, notText, notYAML, refusedForm
        case unknownKey, duplicateKey, wrongType, outOfRange, contradiction
    }

    /// The kind of problem.
    public let kind: Kind
    /// The file's path as it was opened.
    public let file: String
    /// Where in the file; nil where the file itself is the problem (missing, unreadable).
    public let position: SettingsPosition?
    /// What is wrong: a sentence without its full stop.
    public let what: String
    /// What to do about it: a sentence without its full stop.
    public let remedy: String

    package init(
        kind: Kind, file: String, position: SettingsPosition?, what: String, remedy: String
    ) {
        (self.kind, self.file, self.position) = (kind, file, position)
        (self.what, self.remedy) = (what, remedy)
    }

    /// `file:line:column: what. remedy.`, the form that editors and people know from compilers.
    public var description: String {
        let place = position.map { "\(file):\($0.line):\($0.column)" } ?? file
        return "\(place): \(what). \(remedy)\(remedy.hasSuffix("?") ? "" : ".")"
    }
}

/// A place in a file. Line and column count from 1; columns are Unicode scalars.
public struct SettingsPosition: Sendable, Hashable, Comparable {
    public let line: Int
    public let column: Int

    public init(line: Int, column: Int) {
        self.line = line
        self.column = column
    }

    public static func < (left: SettingsPosition, right: SettingsPosition) -> Bool {
        (left.line, left.column) < (right.line, right.column)
    }
}

/// What is wrong with one value: of a list, everything that is.
struct SettingsFaults: Error, Equatable {
    let faults: [SettingsFault]

    init(_ faults: [SettingsFault]) { self.faults = faults }

    init(kind: SettingsProblem.Kind, position: SettingsPosition, what: String, remedy: String) {
        faults = [SettingsFault(kind: kind, position: position, what: what, remedy: remedy)]
    }
}

/// A problem before anyone has said in which file it is.
package struct SettingsFault: Error, Equatable {
    package let kind: SettingsProblem.Kind
    package let position: SettingsPosition
    package let what: String
    package let remedy: String

    package init(kind: SettingsProblem.Kind, position: SettingsPosition, what: String, remedy: String) {
        (self.kind, self.position, self.what, self.remedy) = (kind, position, what, remedy)
    }

    package func problem(in file: String) -> SettingsProblem {
        SettingsProblem(kind: kind, file: file, position: position, what: what, remedy: remedy)
    }
}
