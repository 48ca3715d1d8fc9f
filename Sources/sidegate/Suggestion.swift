import ArgumentParser
import Settings

/// What a mistyped subcommand was meant to be.
enum Suggestion {
    /// Goes down from `root` along `arguments` to the first word that names no subcommand; nil where none is near to it.
    static func subcommand(for arguments: [String], of root: any ParsableCommand.Type) -> String? {
        var command = root
        for word in arguments {
            let subcommands = command.configuration.subcommands
            guard let next = subcommands.first(where: { name(of: $0) == word }) else {
                return Spelling.nearest(to: word, among: subcommands.map(name))
            }
            command = next
        }
        return nil
    }

    /// Those without a name of their own are called by their types', all of one word.
    private static func name(of command: any ParsableCommand.Type) -> String {
        command.configuration.commandName ?? String(describing: command).lowercased()
    }
}
