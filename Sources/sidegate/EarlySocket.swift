import ArgumentParser

/// `sidegate --socket PATH status` means `sidegate status --socket PATH`: where the daemon is can come before the command,
/// and between `device` and `list`, as `--socket=PATH` too.
enum EarlySocket {
    private static let option = "--socket"

    /// The arguments without the option where it stands before the last word of the command. Without a path it stays, for the
    /// complaint about it; an empty one is for the caller to refuse.
    static func taken(
        from arguments: [String], under root: any ParsableCommand.Type, into socket: inout String?
    ) -> [String] {
        var (command, kept, rest) = (root, [String](), arguments[...])
        while let word = rest.first {
            if word == option, let path = rest.dropFirst().first, !path.hasPrefix("-") {
                socket = path
                rest = rest.dropFirst(2)
            } else if word.hasPrefix(option + "=") {
                socket = String(word.dropFirst(option.count + 1))
                rest = rest.dropFirst()
            } else if let next = command.subcommand(named: word) {
                kept.append(word)
                rest = rest.dropFirst()
                command = next
                guard !command.configuration.subcommands.isEmpty else { break }
            } else {
                break
            }
        }
        return kept + rest
    }
}
