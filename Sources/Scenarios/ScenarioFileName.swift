/// The name of a file that is made for a scenario.
public enum ScenarioFileName {
    /// A scenario's name as the beginning of a file's: letters, digits, `-` and `_`, so that it leads into no other directory
    /// and no shell or option parser takes it for something else; `scenario` where nothing is left.
    public static func stem(_ name: String) -> String {
        let plain = name.unicodeScalars.map { scalar -> Character in
            switch scalar {
            case "a"..."z", "A"..."Z", "0"..."9", "-", "_": Character(scalar)
            default: "-"
            }
        }
        // A name such as `../street` would begin as an option does.
        var stem = plain.drop { $0 == "-" }.prefix(64)
        while stem.last == "-" { stem.removeLast() }
        return stem.isEmpty ? "scenario" : String(stem)
    }

    /// Where the shortest scenario goes that breaks a promise again.
    /// - Parameter number: from 1 on, where files of lower numbers are there already.
    public static func shrunk(_ name: String, seed: UInt64, number: Int = 1) -> String {
        "\(stem(name))-seed-\(seed)-shrunk" + (number > 1 ? "-\(number)" : "") + ".yaml"
    }
}
