/// Looks at the clock: without the time nothing is relayed.
enum ClockExamination {
    static let remedy = "timedatectl set-ntp true"

    /// `isKept`: whether something keeps the clock right; nil where the kernel does not say.
    static func finding(isKept: Bool?) -> Finding {
        switch isKept {
        case true?: Finding("clock", .fine, "it is kept right from outside")
        case false?:
            Finding(
                "clock", .note, "nothing says that it is kept right: chrony, ntpd or systemd-timesyncd would",
                remedy: remedy)
        case nil: Finding("clock", .note, "the kernel does not say whether it is kept right", remedy: remedy)
        }
    }
}
