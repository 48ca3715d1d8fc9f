import BlueZRadio
import Glibc
import Settings

/// Looks at the kernel's Bluetooth, the adapters, and bluetoothd.
struct BluetoothExamination {
    private static let answerMilliseconds = 2_000
    private static let entriesMax = 65_536
    private static let settingsBytesMax = 65_536

    let machine: ExaminedMachine
    let settings: RadioSettings

    func findings() -> [Finding] {
        var findings = adapters()
        findings += blocked(Set(findings.map { String($0.part.split(separator: " ").last ?? "") }))
        findings += bluetoothd()
        return findings
    }

    private static func remedy(_ error: BlueZError) -> String {
        error == .noBluetooth ? "sudo modprobe bluetooth" : "sudo sidegate doctor, or restart the machine"
    }

    // MARK: Adapters

    private func adapters() -> [Finding] {
        let management: Int32
        do throws(BlueZError) {
            management = try machine.opensManagement()
        } catch {
            return [
                Finding("kernel", .bad, "\(error)", remedy: Self.remedy(error))
            ]
        }
        defer { close(management) }
        var findings = [Finding("kernel", .fine, "it has Bluetooth")] + kernelFaults()
        do throws(SurveyError) {
            let survey = try AdapterSurvey.take(
                management: management, timeoutMilliseconds: Self.answerMilliseconds)
            findings += judge(survey)
        } catch {
            let words = String(cString: strerror(error.number))
            findings.append(
                Finding(
                    "adapter", .bad, "the kernel does not tell what adapters there are: \(words)",
                    remedy: "sudo systemctl restart bluetooth, or restart the machine"))
        }
        return findings
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

    /// Those that the settings name, or else the first.
    private func judge(_ survey: AdapterSurvey) -> [Finding] {
        let names = settings.adapters
        if names.isEmpty {
            // As the radio chooses.
            let able = survey.adapters.first { $0.hasLowEnergy && $0.isPowered }
            guard let first = able ?? survey.adapters.first(where: \.hasLowEnergy) ?? survey.adapters.first else {
                return [
                    Finding("adapter", .bad, "there is none", remedy: "plug one in that has Bluetooth 4.0 or later")
                ]
            }
            return judge(first)
        }
        return names.flatMap { name -> [Finding] in
            if let adapter = survey.adapters.first(where: { $0.isNamed(name) }) { return judge(adapter) }
            let there = survey.adapters.map { "\($0.name) (\($0.addressText))" }.joined(separator: ", ")
            return [
                Finding(
                    "adapter \(name)", .bad, "it is not there" + (there.isEmpty ? "" : "; there is \(there)"),
                    remedy: "plug it in, or change radio.bluez.adapters")
            ]
        }
    }

    private func judge(_ adapter: AdapterSurvey.Adapter) -> [Finding] {
        let part = "adapter \(adapter.name)"
        guard adapter.hasLowEnergy else {
            return [
                Finding(part, .bad, "it has no Bluetooth Low Energy", remedy: "plug in one with Bluetooth 4.0 or later")
            ]
        }
        guard adapter.isPowered || settings.powersOn else {
            return [
                Finding(
                    part, .bad, "it is switched off",
                    remedy: "bluetoothctl power on, or set radio.bluez.power_on to true")
            ]
        }
        let slots = adapter.advertisingInstancesMax.map { ", room for \($0) advertisements" } ?? ""
        var findings = [Finding(part, .fine, "\(adapter.addressText), Low Energy\(slots)")]
        if adapter.isPowered && !adapter.isLowEnergyOn {
            findings.append(
                Finding(part, .bad, "its Low Energy is off", remedy: "sudo btmgmt --index \(adapter.index) le on"))
        }
        if !adapter.isPrivate {
            findings.append(
                Finding(
                    part, .note, "its own address stands in every beacon: whoever is near can recognise this bridge",
                    remedy:
                        "set Privacy = device in \(machine.bluetoothdSettings), then sudo systemctl restart bluetooth"))
        }
        return findings
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
