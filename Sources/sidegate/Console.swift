import ControlAPI
import Glibc

/// Standard output and standard error, unbuffered, so that what is piped arrives at once.
enum Console {
    /// A line, or several, on standard output.
    static func say(_ text: String) { write(text + "\n", to: STDOUT_FILENO) }

    /// Text that has its own line breaks, on standard output.
    static func sayAsIs(_ text: String) { write(text, to: STDOUT_FILENO) }

    /// As `say`, where more is to be done though nobody may read it: that nobody reads any more is no failure. The process
    /// is to ignore SIGPIPE.
    /// - Throws: `CommandEnd` where it cannot be written.
    static func tell(_ text: String) throws {
        let trouble = put(text + "\n", STDOUT_FILENO)
        guard trouble == 0 || trouble == EPIPE else { throw unsaid(trouble) }
    }

    /// What went wrong, on standard error.
    static func complain(_ message: String, remedy: String? = nil) {
        var text = "sidegate: " + NameRule.printable(message) + "\n"
        if let remedy { text += "  " + NameRule.printable(remedy) + "\n" }
        write(text, to: STDERR_FILENO)
    }

    static func complainAsIs(_ text: String) { write(text + "\n", to: STDERR_FILENO) }

    /// A question on a terminal; true if it is answered with yes. A usage error where nobody sits at a terminal.
    static func confirm(_ question: String) throws -> Bool {
        guard isatty(STDIN_FILENO) == 1 else {
            throw CommandEnd(ExitMeaning.usage, "there is no terminal to ask at: say --yes if you mean it")
        }
        write(question + " [y/N] ", to: STDERR_FILENO)
        let answer = (readLine() ?? "").lowercased()
        return answer == "y" || answer == "yes"
    }

    /// A question on the terminal, without a line break.
    static func ask(_ question: String) { write(question, to: STDERR_FILENO) }

    /// Whether standard output shows colours (no-color.org).
    private static let hasColour: Bool = {
        let isForbidden = getenv("NO_COLOR").map { $0.pointee != 0 } ?? false
        let isDumb = getenv("TERM").map { String(cString: $0) == "dumb" } ?? true
        return isatty(STDOUT_FILENO) == 1 && !isForbidden && !isDumb
    }()

    enum Colour: Int {
        case bold = 1
        case red = 31
        case green = 32
    }

    static func coloured(_ text: String, _ colour: Colour) -> String {
        hasColour ? "\u{1b}[\(colour.rawValue)m\(text)\u{1b}[0m" : text
    }

    private static func write(_ text: String, to descriptor: Int32) {
        let trouble = put(text, descriptor)
        // That a complaint is read by nobody changes nothing about what it is of, nor about how the command ends.
        guard trouble != 0, descriptor == STDOUT_FILENO else { return }
        // Nobody reads any more: there is nothing left to do.
        if trouble == EPIPE { exit(0) }
        let end = unsaid(trouble)
        if let message = end.message { complain(message) }
        exit(end.code)
    }

    private static func unsaid(_ trouble: Int32) -> CommandEnd {
        CommandEnd(ExitMeaning.refused, "what there is to say cannot be written: \(String(cString: strerror(trouble)))")
    }

    /// 0, or the error that ended it.
    private static func put(_ text: String, _ descriptor: Int32) -> Int32 {
        var bytes = Array(text.utf8)[...]
        while !bytes.isEmpty {
            let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count > 0 {
                bytes = bytes.dropFirst(count)
            } else if errno != EINTR, errno != EAGAIN {
                return errno
            }
        }
        return 0
    }
}
