import BlueZRadio
import Glibc
import Settings

/// Looks at the kernel's Bluetooth, the adapters, and bluetoothd.
struct BluetoothExamination {
    private static let answerMilliseconds = 2_000
    private static let entriesMax = 65_536
    private static let settingsBytesMax = 65_536

    let machine: ExaminedMachine
    /// Nil where the settings cannot be read.
    let settings: RadioSettings?

    /// Rfkill comes before the adapters: one that is blocked cannot be switched on.
    func findings() -> [Finding] {
        let (kernel, adapters) = kernelAndAdapters()
        return kernel + blocked(adapters?.used ?? []) + (adapters?.findings ?? []) + bluetoothd()
    }

    private static func remedy(_ error: BlueZError) -> String {
        error == .noBluetooth ? "sudo modprobe bluetooth" : "sudo sidegate doctor, or restart the machine"
    }

    // MARK: The kernel

    private func kernelAndAdapters() -> (kernel: [Finding], adapters: AdapterExamination?) {
        let management: Int32
        do throws(BlueZError) {
            management = try machine.opensManagement()
        } catch {
            return ([Finding("kernel", .bad, "\(error)", remedy: Self.remedy(error))], nil)
        }
        defer { close(management) }
        let survey: Result<AdapterSurvey, SurveyError>
        do throws(SurveyError) {
            survey = .success(
                try AdapterSurvey.take(management: management, timeoutMilliseconds: Self.answerMilliseconds))
        } catch {
            survey = .failure(error)
        }
        let ways = (try? survey.get())?.ways.map { "; \($0)" } ?? ""
        return (
            [Finding("kernel", .fine, "it has Bluetooth\(ways)")] + kernelFaults(),
            AdapterExamination(survey: survey, settings: settings, machine: machine)
        )
    }

    /// Linux 6.1.192 frees what a call's socket needs when its connection fails, and again when the socket is closed
    /// (l2cap_conn_free in net/bluetooth/l2cap_core.c): docs/bluetooth.md.
    private func kernelFaults() -> [Finding] {
        let version = text(of: machine.kernelVersion, bytesMax: 512) ?? ""
        guard version.split(whereSeparator: { !$0.isNumber && $0 != "." }).contains("6.1.192") else { return [] }
        return [
            Finding(
                "kernel", .bad, "this one, 6.1.192, has a fault that ends a bridge when a call that it made fails",
                remedy:
                    "boot another, on Debian 12 after sudo apt install linux-image-6.12-\(architecture)")
        ]
    }

    /// As Debian names kernels.
    private var architecture: String {
        #if arch(arm64)
        "arm64"
        #else
        "amd64"
        #endif
    }

    // MARK: What is beside it

    /// Switches that keep radios silent (rfkill).
    ///
    /// Only where one keeps the adapter that is used off does it matter.
    private func blocked(_ used: Set<String>) -> [Finding] {
        names(in: machine.radioSwitches).compactMap { entry in
            let place = "\(machine.radioSwitches)/\(entry)"
            guard firstLine(place + "/type") == "bluetooth" else { return nil }
            let name = firstLine(place + "/name") ?? entry
            let verdict = used.contains(name) ? Finding.Verdict.bad : .note
            if firstLine(place + "/hard") == "1" {
                return Finding(
                    "rfkill", verdict, "\(name) is blocked by a switch", remedy: "set the machine's own switch")
            }
            guard firstLine(place + "/soft") == "1" else { return nil }
            return Finding("rfkill", verdict, "\(name) is blocked", remedy: "sudo rfkill unblock bluetooth")
        }
    }

    private func bluetoothd() -> [Finding] {
        let runs = names(in: machine.processes).contains { entry in
            entry.utf8.allSatisfy { (0x30...0x39).contains($0) }
                && firstLine("\(machine.processes)/\(entry)/comm") == "bluetoothd"
        }
        guard runs else {
            return [
                Finding(
                    "bluetoothd", .note, "it does not run: a bridge needs none, but nobody else switches adapters on")
            ]
        }
        var findings = [Finding("bluetoothd", .fine, "it runs, and goes on beside this bridge")]
        if !isEnhancedAttributeOff {
            findings.append(
                Finding(
                    "bluetoothd", .note,
                    "it may open channels of its own on a bridge's links, which some kernels mistake for the bridge's "
                        + "(seen on 6.1): such a link is dead for up to 45 s",
                    remedy: "set Channels = 1 under [GATT] in \(machine.bluetoothdSettings), "
                        + "then sudo systemctl restart bluetooth"))
        }
        return findings
    }

    /// Whether bluetoothd's settings have `Channels = 1` under `[GATT]`. What it does without depends on its version.
    private var isEnhancedAttributeOff: Bool {
        guard let text = text(of: machine.bluetoothdSettings, bytesMax: Self.settingsBytesMax) else { return false }
        var (group, channels) = ("", "")
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.filter { !$0.isWhitespace }
            if words.hasPrefix("[") {
                group = words
            } else if group == "[GATT]", words.hasPrefix("Channels=") {
                // The last one counts.
                channels = String(words.dropFirst("Channels=".count))
            }
        }
        return channels == "1"
    }

    private func names(in directory: String) -> [String] {
        guard let open = opendir(directory) else { return [] }
        defer { closedir(open) }
        var names: [String] = []
        while names.count < Self.entriesMax, let entry = readdir(open) {
            let name = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if !name.hasPrefix(".") { names.append(name) }
        }
        return names.sorted()
    }

    private func firstLine(_ path: String) -> String? {
        text(of: path, bytesMax: 256).map { String($0.prefix { !$0.isNewline }) }
    }

    /// The beginning of a file; nil if there is none or it is empty.
    private func text(of path: String, bytesMax: Int) -> String? {
        let descriptor = Glibc.open(path, O_RDONLY | O_CLOEXEC)
        guard descriptor >= 0 else { return nil }
        defer { close(descriptor) }
        var bytes = [UInt8](repeating: 0, count: bytesMax)
        let count = read(descriptor, &bytes, bytes.count)
        guard count > 0 else { return nil }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }
}
