import ArgumentParser
import Devices
import Settings

/// What a mistyped subcommand was meant to be.
enum Suggestion {
    /// Goes down from `root` along `arguments` to the first word that names no subcommand; nil where none is near to it.
    static func subcommand(for arguments: [String], of root: any ParsableCommand.Type) -> String? {
        var command = root
        for word in arguments {
            guard let next = command.subcommand(named: word) else {
                return Spelling.nearest(
                    to: word, among: command.configuration.subcommands.map { $0.wordOnTheCommandLine })
            }
            command = next
        }
        return nil
    }

    /// ` Did you mean 'battery'?` where that is likely, else nothing.
    static func object(for word: String) -> String {
        let names = ObjectTable.all.map(\.name)
        guard !names.contains(word), let near = Spelling.nearest(to: word, among: names) else { return "" }
        return " Did you mean '\(near)'?"
    }
}

extension ParsableCommand {
    static func subcommand(named word: String) -> (any ParsableCommand.Type)? {
        configuration.subcommands.first { $0.wordOnTheCommandLine == word }
    }

    /// Those without a name of their own are called by their types', all of one word.
    fileprivate static var wordOnTheCommandLine: String {
        configuration.commandName ?? String(describing: Self.self).lowercased()
    }
}
