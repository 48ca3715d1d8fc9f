/// Why a virtual radio cannot be, or a device not be heard.
public enum AirError: Error, Hashable, Sendable {
    case nameInvalid(String)
    /// The socket's path does not fit into a Unix socket address.
    case pathTooLong(path: String, bytesMax: Int)
    /// A live process has a radio of that name in that air.
    case nameTaken(name: String, directory: String)
    case airFull(directory: String, radiosMax: Int)
    case directoryUnusable(path: String, errno: Int32)
    case street(StreetError)
    case dataTooLong(bytesMax: Int)
    /// A call to the system failed.
    case system(call: String, errno: Int32)
}

extension AirError: CustomStringConvertible {
    public var description: String {
        switch self {
        case .nameInvalid(let name):
            "\"\(name)\" cannot name a radio: use 1 to \(AirName.bytesMax) letters, digits, hyphens or underscores"
        case .pathTooLong(let path, let bytesMax):
            "\(path): a Unix socket's path stops at \(bytesMax) bytes and this has \(path.utf8.count): "
                + "use a directory with a shorter path"
        case .nameTaken(let name, let directory):
            "a running process has the radio \"\(name)\" in \(directory): stop it, or choose another name"
        case .airFull(let directory, let radiosMax):
            "\(directory) holds \(radiosMax) radios, the most that one air takes: use another directory"
        case .directoryUnusable(let path, let errno):
            "\(path): \(errorWords(errno)): an air is a directory that its radios may write to; make it first"
        case .street(let error): error.description
        case .dataTooLong(let bytesMax): "advertising data is at most \(bytesMax) bytes"
        case .system(let call, let errno): "\(call): \(errorWords(errno))"
        }
    }
}
